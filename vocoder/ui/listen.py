"""The tab *Listen*: the recording, the flow and Griffin-Lim side by side."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr
import numpy as np

from vocoder.explorer import spectrogram
from vocoder.ui import engine, pictures, texts
from vocoder.ui.colours import system_colour
from vocoder.ui.engine import Session
from vocoder.ui.files import wav_for_page
from vocoder.ui.parts import Note, card_head, figures, number_cell, player, seed_box, temperature_slider
from vocoder.ui.sounds import SETTINGS, Sound

SYSTEMS = {
    "flow": (texts.FLOW, texts.FLOW_LINE),
    "griffin-lim": (texts.GRIFFIN_LIM, texts.GRIFFIN_LIM_LINE),
}
OF_THE_FLOW = ("flow", "measures", "flow_picture")  # what moves with the temperature and the seed


@dataclass(frozen=True)
class Tab:
    """The components that listeners read, and those that show a session, by the names that `show` uses."""

    temperature: gr.Slider
    seed: gr.Number
    checkpoint: gr.Dropdown
    view: dict[str, gr.components.Component]


def build(session: Session) -> Tab:
    """Lays the tab out, showing `session`."""
    shown = show(session)
    view: dict[str, gr.components.Component] = {}
    with gr.Row(elem_id="cards", equal_height=True):
        with gr.Column(elem_classes="card", min_width=300):
            Note(card_head("original", texts.ORIGINAL, texts.ORIGINAL_LINE))
            view["original"] = player(shown["original"], "original", texts.ORIGINAL, "original")
            view["original_picture"] = Note(shown["original_picture"])
            view["legend"] = Note(shown["legend"])
            view["about"] = Note(shown["about"], elem_id="about")
        with gr.Column(elem_classes="card", min_width=300):
            Note(card_head("flow", *SYSTEMS["flow"]))
            view["flow"] = player(shown["flow"], "flow", texts.FLOW, "flow")
            view["flow_picture"] = Note(shown["flow_picture"])
            temperature = temperature_slider(session.temperature, "temperature")
            with gr.Row(elem_classes="seed-row"):
                seed = seed_box(session.seed, "seed")
            checkpoint = gr.Dropdown(
                list(engine.checkpoints()), value=session.checkpoint, label=texts.CHECKPOINT, elem_id="checkpoint",
                interactive=True,
            )  # fmt: skip
        with gr.Column(elem_classes="card", min_width=300):
            Note(card_head("griffin-lim", *SYSTEMS["griffin-lim"]))
            view["griffin_lim"] = player(shown["griffin_lim"], "griffin-lim", texts.GRIFFIN_LIM, "griffin-lim")
            view["griffin_lim_picture"] = Note(shown["griffin_lim_picture"])
            Note(f'<p class="about">{texts.GRIFFIN_LIM_ABOUT}</p><p class="look">{texts.LOOK_LISTEN_HTML}</p>')
    view["measures"] = figures(shown["measures"], texts.MEASURED, "measures")
    return Tab(temperature, seed, checkpoint, view)


def show(session: Session) -> dict[str, Any]:
    """Writes a session's sounds and draws its pictures: every value of the tab by name."""
    sound, guessed = session.sound, session.results["griffin-lim"].samples
    return show_flow(session) | {
        "original": None if sound.samples is None else _wav(sound.samples, "original"),
        "griffin_lim": _wav(guessed, "griffin-lim"),
        "about": _about(sound),
        "original_picture": _original_picture(sound, session.top),
        "griffin_lim_picture": _picture(guessed, session.top, texts.GRIFFIN_LIM),
        "legend": pictures.level_legend(session.top),
    }


def show_flow(session: Session) -> dict[str, Any]:
    """The values that move with the temperature and the seed, those of `OF_THE_FLOW`."""
    samples = session.results["flow"].samples
    return {
        "flow": _wav(samples, f"flow-temperature-{session.temperature:g}-seed-{session.seed}"),
        "measures": _measures(session),
        "flow_picture": _picture(samples, session.top, texts.FLOW),
    }


def _wav(samples: np.ndarray, name: str) -> str:
    return wav_for_page(samples, SETTINGS.sample_rate, name)


def _picture(samples: np.ndarray, top: float, name: str) -> str:
    drawn = spectrogram(samples, SETTINGS.sample_rate)
    return pictures.spectrogram(drawn, top, texts.SPECTROGRAM_ALT.format(name=name), SETTINGS.fmax)


def _original_picture(sound: Sound, top: float) -> str:
    if sound.samples is None:
        return pictures.mel(sound.mel, sound.seconds, texts.MEL_ALT)
    return _picture(sound.samples, top, sound.name)


def _about(sound: Sound) -> str:
    note = texts.MEL_ONLY if sound.samples is None else sound.note
    return f'<p class="about"><b>{escape(sound.name)}</b>, {sound.seconds:.1f} s. {escape(note)}</p>'


def _measures(session: Session) -> dict[str, Any]:
    """The table under the cards: a row a system, a column a measure."""
    rows = []
    for name, (title, _) in SYSTEMS.items():
        result = session.results[name]
        speed = result.real_time_factor
        cells = [
            number_cell(speed, ".0f" if speed >= 10 else ".1f", texts.TIMES),
            number_cell(result.spectral_distance, ".2f"),
            number_cell(result.log_mel_error, ".3f", " Np"),
        ]
        rows.append({"name": title, "colour": system_colour(name), "hint": "", "cells": cells})
    return {"head": [{"text": text, "hint": hint} for text, hint in texts.MEASURES], "rows": rows}
