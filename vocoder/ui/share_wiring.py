"""What the row under the tabs does: recipes of what is open, and all of it as one file."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr
import numpy as np

from vocoder.audio import read_recording, to_int16
from vocoder.errors import InputError, WeightsError
from vocoder.explorer.recipe import Recipe, from_query
from vocoder.ui import engine, precomputed, shelf
from vocoder.ui import texts as shell
from vocoder.ui.session import Session
from vocoder.ui.share import Row
from vocoder.ui.shared import Desk, Update, whole
from vocoder.ui.sounds import Sound
from vocoder.ui.texts import share as texts
from vocoder.ui.work import Working, in_sentences, watched

if TYPE_CHECKING:
    from vocoder.explorer.bundle import Shown

PLACE = "() => window.explorer.share.place()"
COPY = "(text) => { window.explorer.share.copy(text); }"
LINK = """(query) => {
  const link = window.explorer.share.linked(query, location.href);
  window.explorer.share.copy(link);
  return link;
}"""
SAVE = "() => { window.explorer.share.save(); }"


class Wiring:
    """The listeners. A recipe says what is open, and not what the controls say while something is under way."""

    def __init__(self, desk: Desk, row: Row, ways_back: list[gr.components.Component]) -> None:
        self.desk, self.row = desk, row
        self.ways_back = ways_back  # their temperature and their seed

    def connect(self) -> None:
        """Attaches every listener to what sets it off."""
        desk, row = self.desk, self.row
        place = [row.tab, row.region]
        for button, listener, js in (
            (row.link, self.share_link, LINK),
            (row.python, self.share_python, COPY),
            (row.command, self.share_command, COPY),
        ):
            placed = button.click(None, js=PLACE, outputs=place)
            told = placed.then(listener, [*place, *desk.who], row.text, api_name=listener.__name__, queue=False)
            told.success(None, row.text, row.text if js is LINK else None, js=js)
        placed = row.everything.click(None, js=PLACE, outputs=place)
        packed = desk.on(placed.then, self.download_everything, [*place, *self.ways_back, *desk.who], [row.bundle])
        packed.success(None, js=SAVE)

    @in_sentences
    def share_link(self, tab: str, region: str, session: Session | None, example: str | None) -> Iterator[gr.Textbox]:
        """The query of a link to what is open in this session, with a tab and a part to loop ("start_end", seconds)."""
        yield gr.Textbox(f"?{self._recipe(tab, region, session, example).to_query()}", visible=True)

    @in_sentences
    def share_python(self, tab: str, region: str, session: Session | None, example: str | None) -> Iterator[gr.Textbox]:
        """A program that writes the very samples of what is open in this session."""
        yield gr.Textbox(self._recipe(tab, region, session, example).to_python(), visible=True)

    @in_sentences
    def share_command(
        self, tab: str, region: str, session: Session | None, example: str | None
    ) -> Iterator[gr.Textbox]:
        """Commands that write the very samples of what is open in this session."""
        yield gr.Textbox(self._recipe(tab, region, session, example).to_command(), visible=True)

    @in_sentences
    def download_everything(
        self, tab: str, region: str, temperature: float, seed: float, session: Session | None, example: str | None
    ) -> Iterator[Update]:
        """All that is shown, as a ZIP file: sounds, mel, latents, figures, settings."""
        from vocoder.explorer.bundle import Shown

        recipe = self._recipe(tab, region, session, example)
        session = self.desk.open(session, example)
        sound, seen = session.sound, None
        if sound.samples is not None:
            seen = precomputed.inside(session, temperature, whole(seed))
            if seen is None:
                seen = yield from self.desk.follow(engine.look(session, temperature, whole(seed)))
        shown = Shown(
            recipe=recipe,
            mel=sound.mel,
            sounds=on_the_page(session),
            analysis=seen.session.analysis if seen else None,
            again=seen.again if seen else {},
            scaled=temperature,
            fresh=whole(seed),
            top=session.top,
        )
        folder = Path(os.environ["GRADIO_TEMP_DIR"]) / secrets.token_hex(8)
        folder.mkdir(mode=0o700)
        target = folder / f"vocoder-{sound.example or 'own-sound'}.zip"
        yield from self.desk.follow(_packing(target, shown))
        label = texts.BUNDLE.format(name=target.name, megabytes=target.stat().st_size / 1e6)
        yield {self.row.bundle: gr.DownloadButton(label, value=str(target), visible=True)}

    def _recipe(self, tab: str, region: str, session: Session | None, example: str | None) -> Recipe:
        place, ignored = from_query({"tab": tab, "region": region})
        if ignored:
            raise InputError(texts.NO_PLACE)
        return recipe_of(self.desk.open(session, example), place)


def _packing(target: Path, shown: Shown) -> Iterator[Working | Path]:
    from vocoder.explorer.bundle import write_bundle

    yield from watched(texts.PACKING, lambda progress: write_bundle(target, shown, progress))
    yield target


def recipe_of(session: Session, place: Recipe) -> Recipe:
    """How to hear a session again, at the tab and the part that `place` has."""
    sound = session.sound
    checkpoint, commit = shelf.origin(session.checkpoint)
    return Recipe(
        example=sound.example,
        upload="" if sound.example else _hash(sound),
        given="mel" if sound.samples is None else "recording",
        systems=tuple(session.results),
        checkpoint=checkpoint,
        weights=weights(session.checkpoint),
        revision=commit,
        temperature=session.temperature,
        seed=session.seed,
        region=place.region,
        tab=place.tab,
    )


def weights(checkpoint: str) -> str:
    """The SHA-256 of a checkpoint's tensors; "" for one that says nothing of it."""
    try:
        return engine.card(checkpoint).sha256
    except WeightsError:
        return ""


def on_the_page(session: Session) -> dict[str, np.ndarray]:
    """The very samples (N,) of the files that the page plays, by "original" and by system."""
    files = {name: Path(recording.path) for name, recording in session.shown.items()}
    if not all(path.is_file() for path in files.values()):
        raise InputError(shell.FORGOTTEN)
    return {name: read_recording(path).samples for name, path in files.items()}


def _hash(sound: Sound) -> str:
    content = sound.mel.astype("<f4") if sound.samples is None else to_int16(sound.samples).astype("<i2")
    return hashlib.sha256(content.tobytes()).hexdigest()
