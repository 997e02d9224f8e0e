"""What happens on the tab *Models*: looking, loading, uploading, and the way back to what was in use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import gradio as gr

from vocoder.errors import InputError, WeightsError
from vocoder.ui import engine, listen, models, shelf
from vocoder.ui.models import Tab, said
from vocoder.ui.session import Session
from vocoder.ui.shared import Desk, Update
from vocoder.ui.sounds import SETTINGS
from vocoder.ui.texts import models as texts
from vocoder.ui.wiring import Wiring as Ears
from vocoder.ui.work import Progress, Working, in_sentences, watched
from vocoder.weights.hub import Cache, obtain, wanted

DOWNLOADS = {"concurrency_id": "download", "concurrency_limit": 4}  # beside the computing, which goes on
MOST_MODELS = 8  # of one visitor


class Wiring:
    """The listeners of this tab. What a visitor has loaded lives in his `gr.State`."""

    def __init__(self, desk: Desk, tab: Tab, ears: Ears) -> None:
        self.desk, self.tab, self.heard, self.ears = desk, tab, ears, ears.ears

    def connect(self, opening: gr.Tab) -> None:
        """Attaches every listener to what sets it off; `opening` is the tab itself."""
        desk, tab, ears = self.desk, self.tab, self.ears
        using = [tab.mine, ears.checkpoint, ears.systems]
        lists = [tab.loaded, tab.known]
        desk.on(opening.select, self.list_models, using, lists, **DOWNLOADS)
        filled = [tab.mine, *lists, tab.message, ears.checkpoint, ears.systems]
        asked = [tab.load.click, tab.name.submit]
        named = desk.on(partial(gr.on, asked), self.load_model, [tab.name, *using], filled, **DOWNLOADS)
        sent = desk.on(tab.files.upload, self.load_upload, [tab.files, *using], filled, **DOWNLOADS)
        for ended in (sent.then, sent.failure):
            ended(None, js="() => null", outputs=[tab.files])
        settings = [ears.systems, ears.temperature, ears.seed, ears.checkpoint, *desk.who]
        shown = [desk.state, *(ears.view[name] for name in listen.OF_THE_SYSTEMS)]
        eyes = self.heard.eyes
        looking = [eyes.temperature, eyes.seed, *desk.who]
        for event, visibility in ((named, "public"), (sent, "undocumented")):
            used = desk.on(event.success, self.hear_loaded, settings, shown, api_visibility=visibility)
            self.heard.restore(used.failure)
            desk.on(
                used.success, self.heard.look_inside, looking, [desk.state, *eyes.view.values()],
                api_visibility="undocumented",
            )  # fmt: skip

    @in_sentences
    def list_models(self, mine: list[str], checkpoint: str, systems: list[str]) -> Iterator[Update]:
        """Lists what is loaded in this session, and the known checkpoints of the world, if the Hub is there."""
        yield from self.desk.follow(_asked())
        yield self._lists(mine, checkpoint, systems)

    @in_sentences
    def load_model(self, name: str, mine: list[str], checkpoint: str, systems: list[str]) -> Iterator[Update]:
        """Loads a checkpoint by an id of the list, `org/name` or `org/name:file`, either with `@revision`."""
        yield from self._take(partial(_from_hub, name.strip()), mine, checkpoint, systems)

    @in_sentences
    def load_upload(
        self, files: list[str] | None, mine: list[str], checkpoint: str, systems: list[str]
    ) -> Iterator[Update]:
        """Loads a checkpoint in this project's format: its two files, or a .zip of them."""
        yield from self._take(partial(_from_files, files or []), mine, checkpoint, systems)

    @in_sentences
    def hear_loaded(
        self,
        systems: list[str],
        temperature: float,
        seed: float,
        checkpoint: str,
        session: Session | None,
        example: str | None,
    ) -> Iterator[Update]:
        """What is open in this session, with the model that was loaded last."""
        opened = self.desk.open(session, example)
        if "flow" in opened.results and checkpoint != opened.checkpoint:
            yield from self.heard.hear_flow(temperature, seed, checkpoint, session, example)
        else:
            yield from self.heard.choose_systems(systems, temperature, seed, checkpoint, session, example)

    def _take(
        self, bring: Callable[[], Iterator[Working | str]], mine: list[str], checkpoint: str, systems: list[str]
    ) -> Iterator[Update]:
        """Brings a model, reads it and puts it to use; where that fails, what was in use stays, and it is said."""
        tab, name = self.tab, ""
        try:
            if len(mine) >= MOST_MODELS:
                raise WeightsError(texts.TOO_MANY.format(count=MOST_MODELS))
            name = yield from self.desk.follow(bring())
            model = yield from self.desk.follow(_read(name))
        except InputError as error:
            shelf.discard(name)
            yield {tab.message: said(texts.FAILED.format(reason=error, name=checkpoint), failed=True)}
            raise
        mine = [*(known for known in mine if known != name), name]
        if model.invertible:
            checkpoint = name
            systems = systems if "flow" in systems else ["flow", *systems][: engine.MOST_SYSTEMS]
        else:
            others = [system for system in systems if system != model.system]
            systems = [*others[: engine.MOST_SYSTEMS - 1], model.system]
        yield self._lists(mine, checkpoint, systems) | {
            tab.mine: mine,
            tab.message: said(texts.DONE.format(name=models.titled(model))),
            self.ears.checkpoint: gr.Dropdown(_flows(mine), value=checkpoint),
            self.ears.systems: gr.CheckboxGroup(_systems(mine), value=systems),
        }

    def _lists(self, mine: list[str], checkpoint: str, systems: list[str]) -> Update:
        away = texts.UNREACHABLE.format(reason=shelf.why_away()) if shelf.why_away() else ""
        return {
            self.tab.loaded: models.loaded_list(mine, checkpoint, systems, engine.device_name()),
            self.tab.known: models.known_list(away),
        }


def _asked() -> Iterator[Working | str]:
    yield (yield from watched(texts.ASKING, lambda progress: shelf.why_away(ask=True)))


def _from_hub(name: str) -> Iterator[Working | str]:
    thing = wanted(name) if name else None
    if thing is None:
        raise WeightsError(texts.NO_NAME)

    def bring(progress: Progress) -> Path:
        return obtain(thing.name, cache=Cache(), limits=shelf.LIMITS, progress=progress)

    yield from watched(texts.DOWNLOADING.format(name=thing.name), bring)
    yield thing.name


def _from_files(files: list[str]) -> Iterator[Working | str]:
    if not files:
        raise WeightsError(texts.NO_FILE)
    name = yield from watched(texts.TAKING, lambda progress: shelf.upload(files))
    yield name


def _read(name: str) -> Iterator[Working | shelf.Model]:
    """The model itself, loaded once to see that it holds together; `load_system` keeps it for the next step."""
    folder = shelf.model_folder(name)
    if folder is None:
        raise WeightsError(texts.GONE.format(name=name))
    model = shelf.describe(name, folder)
    if model.numbers > shelf.MOST_NUMBERS:
        raise WeightsError(texts.TOO_LARGE.format(name=name, most=shelf.MOST_NUMBERS // 10**6))

    def read(progress: Progress) -> None:
        from vocoder.systems import load_system, system_of

        made = load_system(system_of(folder), checkpoint=folder).info.mel
        if (made.sample_rate, made.hop) != (SETTINGS.sample_rate, SETTINGS.hop):
            raise WeightsError(texts.OTHER_SOUND.format(name=name, rate=made.sample_rate))

    yield from watched(texts.CHECKING.format(name=name), read)
    yield model


def _flows(mine: list[str]) -> list[str]:
    own = [model.id for model in models.models(mine) if model.invertible and model.id in mine]
    return [*engine.checkpoints(), *own]


def _systems(mine: list[str]) -> list[tuple[str, str]]:
    own = [(models.titled(model), model.system) for model in models.models(mine) if not model.invertible]
    return [*listen.offer(engine.rows())[0], *own]
