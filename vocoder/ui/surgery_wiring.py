"""What happens on *Latent surgery*: it is filled when first looked at, and operations are done, undone and redone."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from vocoder.errors import SettingsError
from vocoder.explorer.operation import Operation
from vocoder.ui import surgery_drawing as drawing
from vocoder.ui import surgery_work as work
from vocoder.ui.parts import number_cell
from vocoder.ui.player import Track, payload
from vocoder.ui.session import Session
from vocoder.ui.shared import Desk, Update, whole
from vocoder.ui.sounds import SETTINGS, examples, find_example
from vocoder.ui.surgery import CONTROLS, Tab, about_of
from vocoder.ui.texts import surgery as texts
from vocoder.ui.work import in_sentences

MOST = 12  # operations at once
FILL = "() => { window.explorer.fillTab('surgery', %s); }"  # see assets/latents.js
Row = dict[str, Any]


@dataclass(frozen=True)
class Memory:
    """What one visitor has done. Operations and their figures only: every sound can be made again."""

    opened: tuple[int, str, str]  # a fingerprint of the mel, the checkpoint, the other recording
    done: tuple[Operation, ...] = ()
    undone: tuple[Operation, ...] = ()  # the next to be redone is the last
    rows: tuple[Row, ...] = ()  # of the table: of nothing done, and of every operation


class Wiring:
    """The listeners of this tab."""

    def __init__(self, desk: Desk, tab: Tab) -> None:
        self.desk, self.tab = desk, tab

    def connect(self, opening: gr.Tab) -> None:
        """Attaches every listener to what sets it off; `opening` is the tab itself."""
        desk, tab = self.desk, self.tab
        result = [tab.memory, tab.done, tab.result, tab.measures, tab.undo, tab.redo, tab.clear]
        looked = [tab.strip_seed, tab.other, tab.memory, *desk.who]
        moved = [tab.refresh.click, tab.other.input]
        desk.on(partial(gr.on, moved), self.exchange_latents, looked, [tab.other, tab.exchanged, tab.strip, *result])
        for event in desk.opened:
            event.success(None, js=FILL % "false")
        opening.select(None, js=FILL % "true")
        desk.on(tab.strip_seed.change, self.hear_temperatures, [tab.strip_seed, *desk.who], [tab.strip])

        stack = [tab.other, tab.memory, *desk.who]
        desk.on(tab.do.click, self.operate, [tab.kind, *tab.controls.values(), *stack], result)
        for button, listener in (
            (tab.undo, self.undo_operation), (tab.redo, self.redo_operation), (tab.clear, self.clear_operations)
        ):  # fmt: skip
            desk.on(button.click, listener, stack, result)
        tab.kind.input(
            self._show_controls, tab.kind, [tab.about, *tab.controls.values()], show_progress="hidden", queue=False,
            api_visibility="private",
        )  # fmt: skip

    @in_sentences
    def exchange_latents(
        self, seed: float, other: str, memory: Memory | None, session: Session | None, example: str | None
    ) -> Iterator[Update]:
        """The open recording and another with their own and with each other's z, and noise at six temperatures.
        Returns the six, and the recording before any operation with its figures."""
        session = self.desk.open(session, example)
        other = self._other(session, other)
        if memory is not None and memory.opened == self._opened(session, other):
            yield {self.tab.memory: memory}
            return
        found = yield from self.desk.follow(work.exchange(session, other))
        yield {self.tab.exchanged: drawing.exchange(found), self.tab.other: other}
        yield from self._temperatures(session, whole(seed))
        yield from self._result(session, other, Memory(self._opened(session, other)))

    @in_sentences
    def hear_temperatures(self, seed: float, session: Session | None, example: str | None) -> Iterator[Update]:
        """The open sound's mel with one noise at six temperatures."""
        yield from self._temperatures(self.desk.open(session, example), whole(seed))

    @in_sentences
    def operate(
        self, kind: str, bits: float, factor: float, shape: str, start: float, stop: float, amount: float, way: str,
        frames: float, semitones: float, delay: float, seed: float, other: str, memory: Memory | None,
        session: Session | None, example: str | None,
    ) -> Iterator[Update]:  # fmt: skip
        """One more operation on the open recording's z or mel; of the settings those that this kind has are used."""
        session, other, memory = self._patient(session, example, other, memory)
        if len(memory.done) >= MOST:
            raise SettingsError(texts.TOO_MANY)
        settings = (bits, factor, shape, start, stop, amount, way, frames, semitones, delay, whole(seed))
        yield from self._result(session, other, memory, (kind, dict(zip(self.tab.controls, settings, strict=True))))

    @in_sentences
    def undo_operation(
        self, other: str, memory: Memory | None, session: Session | None, example: str | None
    ) -> Iterator[Update]:
        """The recording as it was before the last operation."""
        session, other, memory = self._patient(session, example, other, memory)
        if not memory.done:
            raise SettingsError(texts.NOTHING_TO_UNDO)
        before = Memory(memory.opened, memory.done[:-1], (*memory.undone, memory.done[-1]), memory.rows[:-2])
        yield from self._result(session, other, before)

    @in_sentences
    def redo_operation(
        self, other: str, memory: Memory | None, session: Session | None, example: str | None
    ) -> Iterator[Update]:
        """The operation that was undone last, once more."""
        session, other, memory = self._patient(session, example, other, memory)
        if not memory.undone:
            raise SettingsError(texts.NOTHING_TO_REDO)
        after = Memory(memory.opened, (*memory.done, memory.undone[-1]), memory.undone[:-1], memory.rows)
        yield from self._result(session, other, after)

    @in_sentences
    def clear_operations(
        self, other: str, memory: Memory | None, session: Session | None, example: str | None
    ) -> Iterator[Update]:
        """The recording as it was before any operation."""
        session, other, memory = self._patient(session, example, other, memory)
        yield from self._result(session, other, Memory(memory.opened))

    def _result(
        self, session: Session, other: str, memory: Memory, added: tuple[str, dict[str, Any]] | None = None
    ) -> Iterator[Update]:
        """Makes and shows the sound after a visitor's operations, and one more if it is `added`."""
        tab = self.tab
        outcome = yield from self.desk.follow(work.operate(session, other, memory.done, added))
        rows = (*memory.rows, _row(outcome, find_example(other).title))
        undone = () if added else memory.undone
        memory = Memory(memory.opened, outcome.operations, undone, rows)
        yield {
            tab.memory: memory,
            tab.done: drawing.done(outcome.operations, find_example(other).title),
            tab.result: _tracks(outcome),
            tab.measures: {"head": [{"text": text, "hint": hint} for text, hint in texts.MEASURES], "rows": list(rows)},
            tab.undo: gr.Button(interactive=bool(memory.done)),
            tab.redo: gr.Button(interactive=bool(memory.undone)),
            tab.clear: gr.Button(interactive=bool(memory.done)),
        }

    def _temperatures(self, session: Session, seed: int) -> Iterator[Update]:
        sounds = yield from self.desk.follow(work.strip(session, seed))
        tracks = [
            Track(f"t{round(10 * value)}", texts.TEMPERATURE.format(value=value), sound, colour=colour)
            for value, sound, colour in zip(work.TEMPERATURES, sounds, drawing.HEAT, strict=True)
        ]
        yield {self.tab.strip: payload(tracks, top=session.top)}

    def _patient(
        self, session: Session | None, example: str | None, other: str, memory: Memory | None
    ) -> tuple[Session, str, Memory]:
        """What is open, and what has been done to it; operations on another sound are forgotten."""
        session = self.desk.open(session, example)
        other = self._other(session, other)
        opened = self._opened(session, other)
        return session, other, memory if memory is not None and memory.opened == opened else Memory(opened)

    def _opened(self, session: Session, other: str) -> tuple[int, str, str]:
        return zlib.crc32(session.sound.mel.tobytes()), session.checkpoint, other

    def _other(self, session: Session, other: str) -> str:
        """The other recording; the first one that is another, where the open one was chosen."""
        find_example(other)
        if other != session.sound.example:
            return other
        return next(name for name in examples() if name != other)

    def _show_controls(self, kind: str) -> list[Any]:
        return [about_of(kind), *(gr.update(visible=name in CONTROLS[kind]) for name in self.tab.controls)]


def _tracks(outcome: work.Outcome) -> dict[str, Any]:
    """Before and after, each with its latents."""
    patient, effect = outcome.patient, outcome.effect
    tracks = [Track("operated", texts.AFTER, effect.samples, latents=effect.latents.z, colour="#2f86d0")]
    if patient.recording is not None:
        before = Track("original", texts.BEFORE, patient.recording, latents=patient.latents.z)
        tracks.insert(0, before)
    return payload(tracks, chosen="operated")


def _row(outcome: work.Outcome, other: str) -> Row:
    """What the last operation did, as a row of the table."""
    effect = outcome.effect
    title = drawing.said(outcome.operations[-1], other) if outcome.operations else texts.UNTOUCHED
    if not outcome.operations and outcome.patient.recording is None:
        title = texts.UNTOUCHED_MEL
    cells = [
        number_cell(effect.spectral_distance, ".2f"),
        number_cell(effect.signal_to_noise, ".1f", " dB"),
        number_cell(effect.log_mel_error, ".3f", " Np"),
        number_cell(effect.distance, ".3f"),
        number_cell(effect.bits, ".2f"),
    ]
    kilobits = effect.kilobits(SETTINGS.sample_rate)
    if kilobits is not None:
        cells[-1]["text"] += f" ({kilobits:.0f} kbit/s)"
    return {"name": title, "colour": "", "hint": "", "cells": cells}
