"""The tab *Step by step*: a recording becomes noise, and noise speech, one step of the network at a time.

It is laid out empty and filled when it is first looked at. All steps come in one answer; the slider moves in the
browser.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import gradio as gr

from vocoder.ui import engine
from vocoder.ui.engine import GPU_SECONDS, on_gpu
from vocoder.ui.files import wav_for_page
from vocoder.ui.parts import Figures, Note, figures, number_cell, seed_box, temperature_slider
from vocoder.ui.session import Session
from vocoder.ui.shared import Desk, Update, whole
from vocoder.ui.sounds import SETTINGS, Sound
from vocoder.ui.steps_drawing import draw, name_of, played
from vocoder.ui.steps_payload import payload
from vocoder.ui.texts import steps as texts
from vocoder.ui.work import Progress, Working, in_sentences, watched

if TYPE_CHECKING:
    from vocoder.explorer.steps import Journey

FIRST_TEMPERATURE, FIRST_SEED = 0.8, 0
FILL = "() => { window.explorer.fillTab('steps', %s); }"  # see assets/latents.js

Shown = tuple[int, str, float, int]  # what is drawn: a fingerprint of the mel, the checkpoint, temperature, seed


@dataclass(frozen=True)
class Tab:
    """The components that the listener reads, and those that it fills."""

    temperature: gr.Slider
    seed: gr.Number
    refresh: gr.Button  # never seen: pressed by the page when another sound is opened while the tab is
    shown: gr.State  # of Shown | None
    drawing: Note
    table: Figures


def build() -> Tab:
    """Lays the tab out."""
    Note(f'<p class="idea">{texts.IDEA}</p>')
    with gr.Column(elem_id="steps"):
        refresh = gr.Button("", elem_id="steps-refresh", elem_classes="unseen")
        drawing = Note(
            "", elem_id="steps-drawing", apply_default_css=False, js_on_load="window.explorer.steps(element, watch);"
        )
        with gr.Column(elem_classes="card", elem_id="steps-noise"):
            Note(f"<h3>{texts.BACK_FROM}</h3>")
            temperature = temperature_slider(FIRST_TEMPERATURE, "steps-temperature")
            with gr.Row(elem_classes="seed-row"):
                seed = seed_box(FIRST_SEED, "steps-seed")
        with gr.Accordion(texts.TABLE, open=False, elem_id="steps-all"):
            table = figures({"head": [], "rows": []}, texts.TABLE, "steps-table")
            meanings = "".join(f"<dt>{title}</dt><dd>{hint}</dd>" for title, hint in texts.MEASURES.values())
            Note(f"<dl>{meanings}</dl>")
        Note(f'<p class="about">{texts.HONEST}</p>')
    return Tab(temperature, seed, refresh, gr.State(None), drawing, table)


class Wiring:
    """The listener of this tab."""

    def __init__(self, desk: Desk, tab: Tab) -> None:
        self.desk, self.tab = desk, tab

    def connect(self, opening: gr.Tab) -> None:
        """Attaches it to what sets it off; `opening` is the tab itself."""
        desk, tab = self.desk, self.tab
        moved = [tab.refresh.click, tab.temperature.release, tab.seed.change]
        inputs = [tab.temperature, tab.seed, tab.shown, *desk.who]
        desk.on(partial(gr.on, moved), self.watch_steps, inputs, [tab.shown, tab.drawing, tab.table])
        for event in desk.opened:
            event.success(None, js=FILL % "false")
        opening.select(None, js=FILL % "true")

    @in_sentences
    def watch_steps(
        self, temperature: float, seed: float, shown: Shown | None, session: Session | None, example: str | None
    ) -> Iterator[Update]:
        """The open recording on its way to noise, and noise of the seed and temperature on its way back to sound.
        Returns a table: a row a step, with its distance from a Gaussian, log-determinant and bits per sample."""
        session = self.desk.open(session, example)
        wanted = (zlib.crc32(session.sound.mel.tobytes()), session.checkpoint, temperature, whole(seed))
        if shown == wanted:
            yield {self.tab.shown: wanted}
            return
        data = yield from self.desk.follow(watch(session.sound, session.checkpoint, temperature, wanted[3]))
        yield {self.tab.shown: wanted, self.tab.drawing: draw(data), self.tab.table: table_of(data)}


@on_gpu(duration=GPU_SECONDS)
def watch(sound: Sound, checkpoint: str, temperature: float, seed: int) -> Iterator[Working | dict[str, Any]]:
    """Both ways of a sound as the data that `draw` draws, its sounds written for the page."""
    yield (yield from watched(texts.WATCHING, partial(_watch, sound, checkpoint, temperature, seed)))


def _watch(sound: Sound, checkpoint: str, temperature: float, seed: int, progress: Progress) -> dict[str, Any]:
    from vocoder.explorer.steps import receptive_field, watch_back, watch_forward

    flow = engine.flow(checkpoint)
    there: Journey | None = None
    if sound.samples is not None:
        there = watch_forward(flow, sound.samples, lambda done: progress(0.5 * done))
    back = watch_back(
        flow, sound.mel, length=sound.length, seed=seed, temperature=temperature,
        progress=lambda done: progress(0.5 + 0.5 * done),
    )  # fmt: skip
    fields = tuple(receptive_field(flow, number) for number in range(1, flow.settings.flows + 1))
    return payload(there, back, fields, SETTINGS.sample_rate, address_of)


def address_of(samples: Any, name: str) -> str:
    """Writes a sound for the page; returns where the page finds it, relative to its own address."""
    return f"gradio_api/file={wav_for_page(samples, SETTINGS.sample_rate, name)}"


def table_of(data: dict[str, Any]) -> dict[str, Any]:
    """All steps of both ways in numbers: the value of a `Figures`."""
    rows = []
    for way in ("there", "back"):
        for station in data[way]["stations"] if data[way] else ():
            cells = [
                number_cell(station["distance"], ".3f"),
                number_cell(station["std"], ".2f"),
                number_cell(station["log_det"], ",.0f"),
                number_cell(station["bits"], ".2f"),
                {"value": station["decibels"], "text": played(station)},
            ]
            name = f"{texts.WAYS[way]}: {name_of(station)}"
            rows.append({"name": name, "colour": "", "hint": "", "cells": cells})
    head = [{"text": title, "hint": hint} for title, hint in (("", ""), *texts.MEASURES.values())]
    return {"head": head, "rows": rows}
