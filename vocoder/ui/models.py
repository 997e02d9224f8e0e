"""The tab *Models*: what is loaded for a visitor, and what else there is in the world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import gradio as gr

from vocoder.errors import WeightsError
from vocoder.melsettings import MelSettings
from vocoder.ui import engine, shelf
from vocoder.ui.parts import Note
from vocoder.ui.shelf import Model
from vocoder.ui.texts import models as texts
from vocoder.weights.catalogue import Entry, catalogue
from vocoder.weights.hub import Cache

FILE_TYPES = [".zip", ".safetensors", ".json"]


@dataclass(frozen=True)
class Tab:
    """The components that listeners read, and those that they fill."""

    name: gr.Textbox
    load: gr.Button
    files: gr.File
    mine: gr.State  # of list[str], the ids of what this visitor has loaded
    loaded: Note
    known: Note
    message: Note


def build(checkpoint: str) -> Tab:
    """Lays the tab out, with the bundled checkpoints; whether the Hub is there is asked when the tab is opened."""
    Note(f'<p class="idea">{texts.IDEA}</p>')
    with gr.Column(elem_id="models"):
        with gr.Row(equal_height=True):
            with gr.Column(elem_classes="card", min_width=300):
                Note(f"<h3>{texts.LOADED}</h3><p>{texts.LOADED_LINE}</p>")
                loaded = Note(loaded_list([], checkpoint), elem_id="models-loaded")
            with gr.Column(elem_classes="card", min_width=300):
                Note(f"<h3>{texts.ANOTHER}</h3>")
                name = gr.Textbox(
                    label=texts.NAME, info=texts.NAME_INFO, elem_id="model-name", max_lines=1, max_length=300
                )
                load = gr.Button(texts.LOAD, elem_id="load-model", size="sm")
                files = gr.File(
                    label=texts.OWN, file_types=FILE_TYPES, file_count="multiple", elem_id="own-model", height=56
                )
                message = Note("", elem_id="model-message")
        with gr.Column(elem_classes="card"):
            Note(f"<h3>{texts.CATALOGUE}</h3><p>{texts.CATALOGUE_LINE}</p>")
            known = Note(
                known_list(texts.UNSEEN), elem_id="models-catalogue",
                js_on_load="window.explorer.models(element);",
            )  # fmt: skip
    return Tab(name, load, files, gr.State([]), loaded, known, message)


def models(mine: Sequence[str]) -> list[Model]:
    """The bundled flows, and what a visitor has loaded, as far as it is still here."""
    found = []
    for name, folder in [*engine.checkpoints().items(), *((name, shelf.model_folder(name)) for name in mine)]:
        try:
            if folder is not None:
                found.append(shelf.describe(name, folder))
        except WeightsError:
            continue
    return found


def loaded_list(mine: Sequence[str], checkpoint: str, systems: Sequence[str] = (), device: str = "") -> str:
    """What is loaded for a visitor, as HTML; what is in use is marked."""
    rows = []
    for model in models(mine):
        used = model.id == checkpoint or model.system in systems
        where = (
            texts.YOUR_UPLOAD if model.id.startswith(shelf.UPLOADED) else texts.FROM.format(source=model.card.source)
        )
        facts = [
            texts.FAMILIES.get(model.family, model.family),
            _parameters(model.card.parameters),
            texts.MEGABYTES.format(size=_megabytes(model.size / 1e6)),
            texts.LICENCE.format(licence=model.card.licence),
            _mel(model.mel),
            *([texts.COMPUTED_ON.format(device=device)] if device else []),
        ]
        mark = f'<b class="used">{texts.CHOSEN}</b>' if used else ""
        rows.append(_row(titled(model), [*facts, where], mark))
    return f'<ul class="models">{"".join(rows)}</ul>'


def known_list(unreachable: str) -> str:
    """The catalogue as HTML. `unreachable` is why the Hub cannot be reached, empty where it can."""
    cache = Cache()
    rows = []
    for entry in catalogue().values():
        here = shelf.kept(entry.id, cache)
        obstacle = _elsewhere(entry) if entry.elsewhere else "" if here else unreachable
        facts = [
            texts.FAMILIES[entry.family],
            _size(entry),
            texts.LICENCE.format(licence=entry.licence),
            _mel(entry.mel),
            entry.reference or entry.source,
            *([entry.trust] if entry.reference else []),
            *([texts.HERE] if here else []),
        ]
        if obstacle:
            rows.append(_row(entry.title, facts, f'<em class="why">{escape(obstacle)}</em>', entry.note, "away"))
            continue
        title = escape(texts.LOAD_THIS.format(title=entry.title))
        word = texts.LOAD if here else f"{texts.DOWNLOAD} · {_size(entry)}"
        button = f'<button type="button" data-model="{entry.id}" aria-label="{title}">{escape(word)}</button>'
        rows.append(_row(entry.title, facts, button, entry.note))
    return f'<ul class="models">{"".join(rows)}</ul>'


def said(text: str, failed: bool = False) -> str:
    """A sentence about the last thing that was asked for, also for those who do not see it."""
    role = "alert" if failed else "status"
    return f'<p class="said{" failed" if failed else ""}" role="{role}">{escape(text)}</p>'


def titled(model: Model) -> str:
    """Its title and its id, for people."""
    title = model.card.title or model.card.name
    return title if title == model.id else f"{title} ({model.id})"


def _row(title: str, facts: Sequence[str], action: str, note: str = "", kind: str = "") -> str:
    listed = "".join(f"<span>{escape(fact)}</span>" for fact in facts)
    told = f"<p>{escape(note)}</p>" if note else ""
    head = f'<strong>{escape(title)}</strong><p class="facts">{listed}</p>'
    return f'<li class="{kind}"><div>{head}{told}</div>{action}</li>'


def _elsewhere(entry: Entry) -> str:
    return texts.ELSEWHERE.format(file=entry.file, source=entry.source)


def _parameters(count: int) -> str:
    if count < 100_000:
        return texts.FEW_PARAMETERS.format(thousands=f"{count / 1000:.1f}")
    return texts.PARAMETERS.format(millions=f"{count / 1e6:.1f}")


def _size(entry: Entry) -> str:
    if entry.megabytes is None:
        return texts.SIZE_UNKNOWN
    return texts.ABOUT_MEGABYTES.format(size=_megabytes(entry.megabytes))


def _megabytes(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def _mel(mel: MelSettings) -> str:
    return texts.MEL.format(bands=mel.bands, fmax=f"{mel.fmax:g}", hop=mel.hop, rate=mel.sample_rate)
