"""What happens on *The phase problem*: it is filled when first looked at, and again where something is moved."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import gradio as gr

from vocoder.ui import phase_show as show
from vocoder.ui.phase import LONGEST_RUN, Tab
from vocoder.ui.session import Session
from vocoder.ui.shared import Desk, Update, named
from vocoder.ui.sounds import Sound, examples, open_example
from vocoder.ui.texts import phase as texts
from vocoder.ui.work import Progress, Working, in_sentences, watched

if TYPE_CHECKING:
    from vocoder.explorer.phase import Choice
    from vocoder.explorer.phase_frames import Frames

T = TypeVar("T")
REFRESH = "() => { window.explorer.refreshPhase(); }"  # see assets/phase.js
Steps = Generator[Update, None, T]


@dataclass(frozen=True)
class Memory:
    """What a visitor's tab shows, so that looking at it again costs nothing."""

    shown: tuple[int, float, str]  # a fingerprint of the samples, the overlap, the source of the magnitudes
    rows: show.Rows  # of the table


class Wiring:
    """The listeners of this tab."""

    def __init__(self, desk: Desk, tab: Tab) -> None:
        self.desk, self.tab = desk, tab

    def connect(self, opening: gr.Tab) -> None:
        """Attaches every listener to what sets it off; `opening` is the tab itself."""
        desk, tab = self.desk, self.tab
        kept = [tab.overlap, tab.source]
        choice = [tab.choice, tab.iterations, tab.noise]
        slopes = [tab.map_noise, tab.ahead]
        outputs = [tab.memory, *tab.view.values()]
        everything = [*kept, *choice, *slopes, tab.iteration, tab.memory, *desk.who]
        moved = [tab.refresh.click, tab.overlap.input, tab.source.input]
        desk.on(partial(gr.on, moved), self.see_phase_problem, everything, outputs)
        opening.select(None, js=REFRESH)
        for event in desk.opened:
            event.success(None, js=REFRESH)

        heard = [tab.memory, *self._view("sounds", "chosen_phase", "measures", "loss")]
        moved = [tab.choice.input, tab.iterations.release, tab.noise.release]
        desk.on(partial(gr.on, moved), self.choose_phase, [*choice, *kept, tab.memory, *desk.who], heard)
        again = self._view("iterated")
        desk.on(tab.iteration.release, self.hear_iteration, [tab.iteration, *kept, *desk.who], again)
        maps = self._view("slopes", *(f"map_{column}" for column in texts.ESTIMATES))
        moved = [tab.map_noise.release, tab.ahead.input]
        desk.on(partial(gr.on, moved), self.see_slopes, [*slopes, *kept, *desk.who], maps)
        desk.on(tab.again.click, self.race_solvers, [], self._view("race", "racers"))

    @in_sentences
    def see_phase_problem(
        self, overlap: float, source: str, choice: str, iterations: float, noise: float, map_noise: float,
        ahead: bool, iteration: float, memory: Memory | None, session: Session | None, example: str | None,
    ) -> Iterator[Update]:  # fmt: skip
        """Everything on the tab, for the open recording: pictures, sounds of a chosen phase, of Griffin-Lim and of the
        phase's slopes, tables of measures and of solvers."""
        sound = self.desk.open(session, example).sound
        if sound.samples is None:
            yield {self.tab.memory: None} | named(self.tab.view, show.nothing())
            return
        frames = yield from self._frames(sound, overlap, source)
        shown = (zlib.crc32(frames.samples.tobytes()), overlap, source)
        if memory is not None and memory.shown == shown:
            yield {self.tab.memory: memory}
            return
        yield named(self.tab.view, show.recording(frames))
        rows = yield from self._choose(frames, sound, {}, choice, iterations, noise)
        yield from self._strip(frames, int(iteration))
        yield from self._slopes(frames, map_noise, ahead)
        if memory is None:  # the race is the same for every sound
            yield from self._race()
        yield {self.tab.memory: Memory(shown, rows)}  # at the very end: what was cancelled is done again

    @in_sentences
    def choose_phase(
        self, choice: str, iterations: float, noise: float, overlap: float, source: str, memory: Memory | None,
        session: Session | None, example: str | None,
    ) -> Iterator[Update]:  # fmt: skip
        """The open recording's magnitudes with a phase of one's choice: both sounds, and a table of measures."""
        sound = self.desk.open(session, example).sound
        frames = yield from self._frames(sound, overlap, source)
        shown = (zlib.crc32(frames.samples.tobytes()), overlap, source)
        rows = memory.rows if memory is not None and memory.shown == shown else {}
        rows = yield from self._choose(frames, sound, rows, choice, iterations, noise)
        if memory is not None:
            yield {self.tab.memory: Memory(shown, rows)}

    @in_sentences
    def hear_iteration(
        self, iteration: float, overlap: float, source: str, session: Session | None, example: str | None
    ) -> Iterator[Update]:
        """The sound after so many iterations of Griffin-Lim, and the recording."""
        frames = yield from self._frames(self.desk.open(session, example).sound, overlap, source)
        yield from self._iteration(frames, int(iteration))

    @in_sentences
    def see_slopes(
        self, noise: float, ahead: bool, overlap: float, source: str, session: Session | None, example: str | None
    ) -> Iterator[Update]:
        """The phase's slopes, true (with noise), by the gradient theorem and by a network: the sounds they give."""
        frames = yield from self._frames(self.desk.open(session, example).sound, overlap, source)
        yield from self._slopes(frames, noise, ahead)

    @in_sentences
    def race_solvers(self) -> Iterator[Update]:
        """Times every solver of one frame's least squares. Returns a table."""
        yield from self._race()

    def _frames(self, sound: Sound, overlap: float, source: str) -> Steps[Frames]:
        from vocoder.errors import AudioError
        from vocoder.explorer.phase_frames import frames

        samples = sound.samples
        if samples is None:
            raise AudioError(texts.NO_RECORDING)

        def cut(_: Progress) -> Frames:
            return frames(samples, overlap=float(overlap), from_mel=source == "mel")

        return (yield from self._watch(texts.CUTTING, cut))

    def _choose(
        self, frames: Frames, sound: Sound, rows: show.Rows, name: str, iterations: float, noise: float
    ) -> Steps[show.Rows]:
        """Shows a choice; returns the rows of the table, of which the first is the true phase's."""
        from vocoder.explorer.phase import Choice, choose
        from vocoder.explorer.phase_derivatives import bundled_network
        from vocoder.explorer.phase_frames import measure

        network = bundled_network(frames) if name == "network" else None
        if name == "network" and network is None:
            yield named(self.tab.view, show.unavailable(texts.NO_NETWORK))
            return rows
        choice = Choice(name, iterations=int(iterations), noise=float(noise))
        title, row, line = self._words(choice, sound)
        other = open_example(_other(sound)).samples if name == "other" else None
        work = partial(choose, frames, choice, other=other, network=network)
        phase = yield from self._watch(texts.CHOOSING, lambda progress: work(progress=progress))
        samples = frames.sound(phase)
        yield named(self.tab.view, show.chosen(frames, phase, samples, title, line))
        if not rows:  # the table always has the true phase to be compared with
            best = yield from self._watch(texts.MEASURING, lambda _: measure(frames, frames.sound(frames.phase)))
            rows = {texts.CHOICES["true"][1]: best}
        if name != "true":
            found = yield from self._watch(texts.MEASURING, lambda _: measure(frames, samples))
            rows = {known: values for known, values in rows.items() if known != row} | {row: found}
        yield named(self.tab.view, show.measures(frames, rows))
        return rows

    def _words(self, choice: Choice, sound: Sound) -> tuple[str, str, str]:
        """A choice on its player, in its row, and in a sentence."""
        title, row, line = texts.CHOICES[choice.name]
        fields: dict[str, Any] = {
            "iterations": choice.iterations, "noise": choice.noise, "other": examples()[_other(sound)].title
        }  # fmt: skip
        return title, row.format(**fields), line.format(**fields)

    def _strip(self, frames: Frames, heard: int) -> Steps[None]:
        from vocoder.explorer.phase_iterations import STOPS, iterate

        run = yield from self._watch(texts.ITERATING, lambda progress: iterate(frames, STOPS, progress=progress))
        magnitudes = {stop: frames.magnitudes_of(run.sounds[stop]) for stop in STOPS}
        yield named(self.tab.view, show.strip(frames, run, magnitudes))
        yield from self._iteration(frames, heard)

    def _iteration(self, frames: Frames, number: int) -> Steps[None]:
        from vocoder.explorer.phase import Choice, choose

        choice = Choice("griffin-lim", iterations=min(max(number, 0), LONGEST_RUN))
        phase = yield from self._watch(texts.ITERATING, lambda progress: choose(frames, choice, progress=progress))
        yield named(self.tab.view, show.iteration(frames, choice.iterations, frames.sound(phase)))

    def _slopes(self, frames: Frames, noise: float, ahead: bool) -> Steps[None]:
        from vocoder.explorer import phase_derivatives as d

        network = d.bundled_network(frames, look_ahead=int(ahead))

        def read(progress: Progress) -> dict[str, d.Estimate]:
            truth = d.true_derivatives(frames, noise=float(noise))
            found = {"noisy": d.estimate(frames, truth, noise=float(noise), progress=progress)}
            theory = d.analytic_derivatives(frames, look_ahead=int(ahead))
            found["analytic"] = d.estimate(frames, theory, progress=progress)
            if network is not None:
                found["network"] = d.estimate(frames, d.network_derivatives(frames, network), progress=progress)
            return found

        found = yield from self._watch(texts.MAPPING, read)
        yield named(self.tab.view, show.slopes(frames, found))

    def _race(self) -> Steps[None]:
        from vocoder.explorer.phase_race import BINS, race

        racers = yield from self._watch(texts.RACING, race)
        yield named(self.tab.view, show.race(racers, BINS))

    def _watch(self, doing: str, work: Callable[[Progress], T]) -> Steps[T]:
        def steps() -> Iterator[Working | T]:
            yield (yield from watched(doing, work))

        return (yield from self.desk.follow(steps()))

    def _view(self, *names: str) -> list[gr.components.Component]:
        return [self.tab.view[name] for name in names]


def _other(sound: Sound) -> str:
    """The first example that is not the open one."""
    return next(name for name, example in examples().items() if example.title != sound.name)
