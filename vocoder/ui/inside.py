"""The tab *Look inside*: a recording as Gaussian noise, in pictures and numbers, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr

from vocoder.explorer import Analysis, Synthesis, spectrogram
from vocoder.ui import listen, pictures, texts
from vocoder.ui.parts import Note, figures, number_cell, seed_box, temperature_slider
from vocoder.ui.player import Track, player, recording
from vocoder.ui.player_payload import Payload, Recording
from vocoder.ui.session import Session
from vocoder.ui.sounds import SETTINGS

WAYS_BACK = {  # title, line, and one of three blues: all are the flow's
    "same": (texts.SAME, texts.SAME_LINE, "#4169c8"),
    "scaled": (texts.SCALED, texts.SCALED_LINE, "#5b8aa8"),
    "fresh": (texts.FRESH, texts.FRESH_LINE, "#2f86d0"),
}
PICTURES = ("recording", "latents", "histogram", "quantiles")


@dataclass(frozen=True)
class Tab:
    """The components that listeners read, and those that show a recording, by the names that `show` uses."""

    temperature: gr.Slider
    seed: gr.Number
    view: dict[str, gr.components.Component]


def build(session: Session) -> Tab:
    """Lays the tab out, showing a session that has been looked into and `written`."""
    shown = show(session)
    view: dict[str, gr.components.Component] = {}
    Note(f'<p class="idea">{texts.INSIDE_IDEA_HTML}</p>')
    view["nothing"] = Note(f'<p class="idea">{texts.NO_RECORDING}</p>', visible=False)
    with gr.Column(elem_id="inside") as view["body"]:
        for pair in (PICTURES[:2], PICTURES[2:]):
            with gr.Row(elem_classes="pair", equal_height=True):
                for name in pair:
                    with gr.Column(elem_classes="card", min_width=300):
                        view[name] = Note(shown[name], elem_id=f"picture-{name}")
        with gr.Row(elem_classes="pair", equal_height=True):
            with gr.Column(elem_classes="card", min_width=300):
                Note(f"<h3>{texts.NUMBERS}</h3>")
                view["numbers"] = figures(shown["numbers"], texts.NUMBERS, "numbers")
            with gr.Column(elem_classes="card", min_width=300):
                Note(_definitions())
        with gr.Column(elem_classes="card"):
            view["round_trip"] = Note(shown["round_trip"], elem_id="round-trip")
        Note(f'<h2>{texts.AGAIN}</h2><p class="idea">{texts.AGAIN_LOOK}</p>')
        view["again"] = player(shown["again"], "again", label=texts.WAYS_BACK)
        with gr.Row(equal_height=True):
            with gr.Column(elem_classes="card", min_width=300):
                Note(f"<h3>{texts.SCALED}</h3>")
                temperature = temperature_slider(texts.SCALED_FIRST, "z-temperature")
            with gr.Column(elem_classes="card", min_width=300):
                Note(f"<h3>{texts.FRESH}</h3>")
                with gr.Row(elem_classes="seed-row"):
                    seed = seed_box(texts.FRESH_FIRST, "z-seed")
    return Tab(temperature, seed, view)


def written(session: Session, again: Mapping[str, Synthesis]) -> Session:
    """The session with ways back, by mode, in files beside those that are in files already; without samples."""
    kept = {mode: way for mode, way in session.again.items() if Path(way.path).is_file()}
    new = {mode: _recorded(mode, result, session.top) for mode, result in again.items()}
    return replace(listen.written(session), again=kept | new)


def show(session: Session) -> dict[str, Any]:
    """Every value of the tab by name, of a session that has been looked into and `written`."""
    analysis = session.analysis
    if analysis is None:
        raise ValueError("The session has not been looked into.")
    values = {"nothing": gr.HTML(visible=False), "body": gr.Column(visible=True), "numbers": _numbers(analysis)}
    values |= {"round_trip": _round_trip(analysis), "again": show_again(session)}
    return values | _pictures(session, analysis)


def show_nothing() -> dict[str, Any]:
    """What to show of a session without a recording."""
    return {"nothing": gr.HTML(visible=True), "body": gr.Column(visible=False)}


def show_again(session: Session) -> dict[str, Any]:
    """The player's value: the recording, and its ways back."""
    original = replace(session.shown["original"], note=texts.READ_LINE)
    ways = [session.again[mode] for mode in WAYS_BACK if mode in session.again]
    return Payload((original, *ways), SETTINGS.fmax, None, None).as_json()


def _recorded(mode: str, result: Synthesis, top: float) -> Recording:
    """A way back as the player takes it, with its distance from the recording under its title."""
    title, line, colour = WAYS_BACK[mode]
    distance = texts.DISTANCE.format(value=number_cell(result.spectral_distance, ".2f")["text"])
    return recording(Track(mode, title, result.samples, f"{line} {distance}", colour, name=f"{mode}-z"), top)


def _pictures(session: Session, analysis: Analysis) -> dict[str, str]:
    seconds = analysis.mel.shape[1] * SETTINGS.hop / SETTINGS.sample_rate
    drawn = spectrogram(analysis.samples, SETTINGS.sample_rate)
    alt = texts.SPECTROGRAM_ALT.format(name=session.sound.name)
    recording = pictures.spectrogram(drawn, session.top, alt, SETTINGS.fmax) + pictures.level_legend(session.top)
    latents = pictures.latents(analysis.z, seconds, texts.LATENTS_ALT) + pictures.signed_legend()
    histogram = pictures.histogram(*analysis.histogram, texts.HISTOGRAM_ALT)
    quantiles = pictures.quantiles(*analysis.qq, texts.QUANTILES_ALT)
    drawings = {"recording": recording, "latents": latents, "histogram": histogram, "quantiles": quantiles}
    return {name: _captioned(figure, *texts.INSIDE_PICTURES[name]) for name, figure in drawings.items()}


def _captioned(figure: str, title: str, look: str) -> str:
    return f'<h3>{title}</h3>{figure}<p class="look">{look}</p>'


def _numbers(analysis: Analysis) -> dict[str, Any]:
    """The table of numbers: a row a number, with what a Gaussian would have beside it."""
    found = {
        "mean": analysis.z_mean,
        "std": analysis.z_std,
        "kurtosis": analysis.z_kurtosis,
        "log_det": analysis.log_det,
        "bits_per_sample": analysis.bits_per_sample,
        "latents": analysis.z.size,
        "round_trip_db": analysis.round_trip_db,
        "round_trip_steps": analysis.round_trip_max_lsb,
    }
    rows = []
    for name, (title, unit, form, expected, hint) in texts.NUMBER_ROWS.items():
        cells = [number_cell(found[name], form, unit), {"value": expected, "text": f"{expected}"}]
        rows.append({"name": title, "colour": "", "hint": hint, "cells": cells})
    head = [{"text": "", "hint": ""}, {"text": texts.THIS_SOUND, "hint": ""}, {"text": texts.GAUSSIAN, "hint": ""}]
    return {"head": head, "rows": rows}


def _round_trip(analysis: Analysis) -> str:
    """The two errors in large figures, and what they mean."""
    decibels = number_cell(analysis.round_trip_db, ".0f", " dB")["text"]
    steps = number_cell(analysis.round_trip_max_lsb, ".2g")["text"]
    pair = ((decibels, texts.ROUND_TRIP_DECIBELS), (steps, texts.ROUND_TRIP_STEPS))
    large = "".join(f"<p><strong>{figure}</strong><span>{meaning}</span></p>" for figure, meaning in pair)
    words = f'<div><h3>{texts.ROUND_TRIP}</h3><p class="look">{texts.ROUND_TRIP_LOOK}</p></div>'
    return f'<div class="large">{words}{large}</div>'


def _definitions() -> str:
    rows = "".join(f"<dt>{title}</dt><dd>{hint}</dd>" for title, _, _, _, hint in texts.NUMBER_ROWS.values())
    return f"<h3>{texts.DEFINITIONS}</h3><dl>{rows}</dl>"
