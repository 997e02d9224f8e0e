"""The tab *Look inside*: a recording as Gaussian noise, in pictures and numbers, and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from vocoder.explorer import Analysis, Synthesis, spectrogram
from vocoder.ui import pictures, texts
from vocoder.ui.files import wav_for_page
from vocoder.ui.parts import Note, card_head, figures, number_cell, player, seed_box, temperature_slider
from vocoder.ui.session import Inside, Session
from vocoder.ui.sounds import SETTINGS

CARDS = {
    "same": ("original", texts.SAME, texts.SAME_LINE),
    "scaled": ("flow", texts.SCALED, texts.SCALED_LINE),
    "fresh": ("flow", texts.FRESH, texts.FRESH_LINE),
}
PICTURES = ("recording", "latents", "histogram", "quantiles")


@dataclass(frozen=True)
class Tab:
    """The components that listeners read, and those that show a recording, by the names that `show` uses."""

    temperature: gr.Slider
    seed: gr.Number
    view: dict[str, gr.components.Component]


def build(inside: Inside) -> Tab:
    """Lays the tab out, showing `inside`."""
    shown = show(inside)
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
        with gr.Row(elem_id="again", equal_height=True):
            for mode, (system, title, line) in CARDS.items():
                with gr.Column(elem_classes="card", min_width=300):
                    Note(card_head(system, title, line))
                    view[mode] = player(shown[mode], system, title, f"again-{mode}")
                    view[f"{mode}_distance"] = Note(shown[f"{mode}_distance"])
                    if mode == "scaled":
                        temperature = temperature_slider(texts.SCALED_FIRST, "z-temperature")
                    if mode == "fresh":
                        with gr.Row(elem_classes="seed-row"):
                            seed = seed_box(texts.FRESH_FIRST, "z-seed")
    return Tab(temperature, seed, view)


def show(inside: Inside) -> dict[str, Any]:
    """Writes the sounds and draws the pictures: every value of the tab by name."""
    analysis = inside.session.analysis
    if analysis is None:
        raise ValueError("The session has not been looked into.")
    values = {"nothing": gr.HTML(visible=False), "body": gr.Column(visible=True), "numbers": _numbers(analysis)}
    values |= {"round_trip": _round_trip(analysis)} | _pictures(inside.session, analysis)
    for mode, result in inside.again.items():
        values |= show_again(mode, result)
    return values


def show_nothing() -> dict[str, Any]:
    """What to show of a session without a recording."""
    return {"nothing": gr.HTML(visible=True), "body": gr.Column(visible=False)}


def show_again(mode: str, result: Synthesis) -> dict[str, Any]:
    """The player of one way to sample again, and how far it is from the recording."""
    distance = texts.DISTANCE.format(value=number_cell(result.spectral_distance, ".2f")["text"])
    return {
        mode: wav_for_page(result.samples, SETTINGS.sample_rate, f"{mode}-z"),
        f"{mode}_distance": f'<p class="about">{distance}</p>',
    }


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
