"""The tab *Listen*: a recording, and what the flow and other systems make of its mel-spectrogram, on one clock."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from vocoder.ui import engine, pictures, texts
from vocoder.ui.parts import Note, figures, number_cell, seed_box, temperature_slider
from vocoder.ui.player import Track, player, recording
from vocoder.ui.player_payload import Payload
from vocoder.ui.session import MOST_SYSTEMS, Session
from vocoder.ui.sounds import SETTINGS, Sound

if TYPE_CHECKING:
    from vocoder.systems import SystemInfo

OF_THE_SYSTEMS = ("compare", "measures")  # what moves with the systems, the temperature and the seed


@dataclass(frozen=True)
class Tab:
    """The components that listeners read, and those that show a session, by the names that `show` uses."""

    systems: gr.CheckboxGroup
    temperature: gr.Slider
    seed: gr.Number
    checkpoint: gr.Dropdown
    missing: Note  # the systems that are not here, and why
    view: dict[str, gr.components.Component]


def build(session: Session) -> Tab:
    """Lays the tab out, showing a session that has been `written`."""
    shown = show(session)
    view: dict[str, gr.components.Component] = {}
    view["about"] = Note(shown["about"], elem_id="about")
    view["compare"] = player(shown["compare"], "compare", prefix="", label=texts.COMPARE)
    with gr.Row(equal_height=True, elem_id="settings"):
        with gr.Column(elem_classes="card", min_width=300, scale=3):
            systems = gr.CheckboxGroup(
                [(words(name)[0], name) for name in texts.BUNDLED], value=list(session.results),
                label=texts.COMPARED, info=texts.COMPARED_INFO.format(most=MOST_SYSTEMS), elem_id="systems",
                interactive=True,
            )  # fmt: skip
            missing = Note("", elem_id="missing")
            Note(f'<p class="look">{texts.LOOK_LISTEN_HTML}</p>')
        with gr.Column(elem_classes="card", min_width=300, scale=2):
            temperature = temperature_slider(session.temperature, "temperature")
            with gr.Row(elem_classes="seed-row"):
                seed = seed_box(session.seed, "seed")
            checkpoint = gr.Dropdown(
                list(engine.checkpoints()), value=session.checkpoint, label=texts.CHECKPOINT, elem_id="checkpoint",
                interactive=True,
            )  # fmt: skip
    view["measures"] = figures(shown["measures"], texts.MEASURED, "measures")
    return Tab(systems, temperature, seed, checkpoint, missing, view)


def written(session: Session) -> Session:
    """The session with its new sounds in files and without their samples; files that are there already stay."""
    shown = {}
    if session.sound.samples is not None:
        old = session.shown.get("original")
        track = Track("original", texts.ORIGINAL, session.sound.samples, texts.ORIGINAL_LINE)
        shown["original"] = old if old and Path(old.path).is_file() else recording(track, session.top)
    for name, result in session.results.items():
        if not len(result.samples):
            shown[name] = session.shown[name]
            continue
        title, line = words(result.system)
        file = f"flow-temperature-{session.temperature:g}-seed-{session.seed}" if name == "flow" else name
        shown[name] = recording(Track(name, title, result.samples, line, name=file), session.top)
    return replace(session, shown=shown).light()


def show(session: Session, region: tuple[float, float] | None = None) -> dict[str, Any]:
    """Every value of the tab by name, of a session that has been `written`; `region` is a part to loop, in seconds."""
    sound = session.sound
    picture = "" if sound.samples is not None else pictures.mel(sound.mel, sound.seconds, texts.MEL_ALT)
    return show_systems(session, region) | {"about": _about(sound) + picture}


def show_systems(session: Session, region: tuple[float, float] | None = None) -> dict[str, Any]:
    """The values that move with the systems and the flow's settings, those of `OF_THE_SYSTEMS`."""
    compared = Payload(tuple(session.shown.values()), SETTINGS.fmax, None, region)
    return {"compare": compared.as_json(), "measures": _measures(session)}


def offer(rows: list[SystemInfo]) -> tuple[list[tuple[str, str]], str]:
    """The choices of the systems that are here, and a sentence about each that is not."""
    choices = [(words(row.name)[0], row.name) for row in rows if row.available]
    missing = [(words(row.name)[0], row.reason) for row in rows if not row.available]
    sentences = [escape(texts.MISSING.format(title=title, reason=reason)) for title, reason in missing]
    listed = re.sub("`(.+?)`", r"<code>\1</code>", "".join(f"<li>{sentence}</li>" for sentence in sentences))
    return choices, f"<details><summary>{texts.NOT_HERE}</summary><ul>{listed}</ul></details>" if missing else ""


def words(system: str) -> tuple[str, str]:
    """A system's name for people, and what it does in a sentence."""
    if system in texts.SYSTEMS:
        return texts.SYSTEMS[system]
    return next((row.title for row in engine.rows() if row.name == system), system), ""


def _about(sound: Sound) -> str:
    note = texts.MEL_ONLY if sound.samples is None else sound.note
    return f'<p class="about"><b>{escape(sound.name)}</b>, {sound.seconds:.1f} s. {escape(note)}</p>'


def _measures(session: Session) -> dict[str, Any]:
    """The table under the player: a row a system, a column a measure."""
    rows = []
    for name, result in session.results.items():
        speed = result.real_time_factor
        cells = [
            number_cell(speed, ".0f" if speed >= 10 else ".1f", texts.TIMES),
            number_cell(result.spectral_distance, ".2f"),
            number_cell(result.log_mel_error, ".3f", " Np"),
        ]
        rows.append(
            {"name": session.shown[name].title, "colour": session.shown[name].colour, "hint": "", "cells": cells}
        )
    return {"head": [{"text": text, "hint": hint} for text, hint in texts.MEASURES], "rows": rows}
