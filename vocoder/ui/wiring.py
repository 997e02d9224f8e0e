"""What happens when something on *Listen* or *Look inside* is moved. Every listener has its own name in the API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import gradio as gr

from vocoder.ui import engine, inside, listen, precomputed
from vocoder.ui.session import Session
from vocoder.ui.shared import Desk, Update, named, whole
from vocoder.ui.sounds import Sound, open_example, open_mel, open_recording
from vocoder.ui.work import in_sentences


class Wiring:
    """The listeners of these two tabs. What a visitor has open lives in his `gr.State`; nothing of it lives here."""

    def __init__(self, desk: Desk, ears: listen.Tab, eyes: inside.Tab) -> None:
        self.desk, self.ears, self.eyes = desk, ears, eyes

    def connect(self) -> None:
        """Attaches every listener to what sets it off."""
        desk, inputs, ears, eyes, state = self.desk, self.desk.inputs, self.ears, self.eyes, self.desk.state
        settings = [ears.temperature, ears.seed, ears.checkpoint]
        chosen = [*settings, ears.systems]
        heard = [state, *ears.view.values()]
        said = [inputs.recording.upload, inputs.recording.stop_recording]
        example = desk.on(inputs.example.input, self.listen_to_example, [inputs.example, *chosen], heard)
        recording = desk.on(partial(gr.on, said), self.listen_to_recording, [inputs.recording, *chosen], heard)
        mel = desk.on(inputs.mel.upload, self.listen_to_mel, [inputs.mel, *chosen], heard)
        desk.opened += [example, recording, mel]
        for event, taken in ((recording, inputs.recording), (mel, inputs.mel)):
            event.success(None, js="() => [null, null]", outputs=[taken, inputs.example])
            event.failure(None, js="() => null", outputs=[taken])

        moved = [ears.temperature.release, ears.seed.change]
        of_the_flow = [state, *(ears.view[name] for name in listen.OF_THE_SYSTEMS)]
        adding = desk.on(ears.systems.input, self.choose_systems, [ears.systems, *settings, *desk.who], of_the_flow)
        moving = desk.on(partial(gr.on, moved), self.hear_flow, [*settings, *desk.who], of_the_flow)
        other = desk.on(
            ears.checkpoint.input, self.hear_flow, [*settings, *desk.who], of_the_flow, api_visibility="undocumented"
        )

        for event in (example, adding, moving, other):
            self.restore(event.failure)

        seen = [state, *eyes.view.values()]
        looking = [eyes.temperature, eyes.seed, *desk.who]
        desk.on(example.success, self.look_inside, looking, seen)
        for event in (*(event for event in desk.opened if event is not example), other):
            desk.on(event.success, self.look_inside, looking, seen, api_visibility="undocumented")
        again = [state, eyes.view["again"]]
        desk.on(eyes.temperature.release, self.sample_scaled, [eyes.temperature, *desk.who], again)
        desk.on(eyes.seed.change, self.sample_fresh, [eyes.seed, *desk.who], again)

    def restore(self, trigger: Callable[..., Any], **how: Any) -> None:
        """After `trigger` the controls say again what is open; what could not be done, or was cancelled, is not."""
        ears = self.ears
        controls = [self.desk.inputs.example, ears.systems, ears.temperature, ears.seed, ears.checkpoint]
        how = {"api_visibility": "undocumented", "queue": False, "show_progress": "hidden"} | how
        trigger(self.what_is_open, self.desk.state, controls, **how)

    def list_systems(self) -> tuple[Any, str]:
        """The systems that can be compared here, and why others cannot."""
        choices, missing = listen.offer(engine.rows())
        return gr.CheckboxGroup(choices), missing

    @in_sentences
    def listen_to_example(
        self, example: str, temperature: float, seed: float, checkpoint: str, systems: list[str]
    ) -> Iterator[Update]:
        """Opens an example. Returns the original and the systems' copies of it, and a table of measures."""
        session = precomputed.session(example, checkpoint, temperature, whole(seed), systems)
        if session is None:
            yield from self._listen(open_example(example), temperature, seed, checkpoint, systems)
        else:
            yield self._shown(session, listen.show)

    @in_sentences
    def listen_to_recording(
        self, recording: str, temperature: float, seed: float, checkpoint: str, systems: list[str]
    ) -> Iterator[Update]:
        """Opens a sound file. Returns it and the systems' copies of it, and a table of measures."""
        yield from self._listen(open_recording(recording), temperature, seed, checkpoint, systems)

    @in_sentences
    def listen_to_mel(
        self, mel: str, temperature: float, seed: float, checkpoint: str, systems: list[str]
    ) -> Iterator[Update]:
        """Opens a log-mel (80, T). Returns what the systems make of it, and a table."""
        yield from self._listen(open_mel(mel), temperature, seed, checkpoint, systems)

    @in_sentences
    def choose_systems(
        self,
        systems: list[str],
        temperature: float,
        seed: float,
        checkpoint: str,
        session: Session | None,
        example: str | None,
    ) -> Iterator[Update]:
        """Other systems for what is open in this session, one to five. Returns the copies and the table."""
        session = self.desk.open(session, example)
        choosing = engine.choose(session, systems, checkpoint, temperature, whole(seed))
        yield self._shown((yield from self.desk.follow(choosing)), listen.show_systems)

    @in_sentences
    def hear_flow(
        self, temperature: float, seed: float, checkpoint: str, session: Session | None, example: str | None
    ) -> Iterator[Update]:
        """Runs the flow again on what is open in this session, or on the example. Returns the copies and the table."""
        session = self.desk.open(session, example)
        hearing = engine.hear_flow(session, checkpoint, temperature, whole(seed))
        yield self._shown((yield from self.desk.follow(hearing)), listen.show_systems)

    def what_is_open(self, session: Session | None) -> tuple[str | None, list[str], float, int, str]:
        """The example, systems, temperature, seed and checkpoint of what this session has open."""
        session = session or self.desk.first
        example = session.sound.example or None
        return example, list(session.results), session.temperature, session.seed, session.checkpoint

    @in_sentences
    def look_inside(
        self, temperature: float, seed: float, session: Session | None, example: str | None
    ) -> Iterator[Update]:
        """Turns the open recording into latents. Returns the numbers, and the recording beside what the latents give
        when run backwards: kept as they are, scaled by the temperature, and drawn afresh from the seed."""
        session = self.desk.open(session, example)
        if session.sound.samples is None:
            yield named(self.eyes.view, inside.show_nothing())
            return
        seen = precomputed.inside(session, temperature, whole(seed))
        if seen is None:
            seen = yield from self.desk.follow(engine.look(session, temperature, whole(seed)))
        session = inside.written(seen.session, seen.again)
        yield {self.desk.state: session} | named(self.eyes.view, inside.show(session))

    @in_sentences
    def sample_scaled(self, temperature: float, session: Session | None, example: str | None) -> Iterator[Update]:
        """The way back from the open recording's latents times the temperature, beside the recording and the others."""
        yield from self._again("scaled", temperature, 0, self.desk.open(session, example))

    @in_sentences
    def sample_fresh(self, seed: float, session: Session | None, example: str | None) -> Iterator[Update]:
        """The way back from fresh noise with the open recording's mel, beside the recording and the others."""
        yield from self._again("fresh", 1.0, whole(seed), self.desk.open(session, example))

    def _listen(
        self, sound: Sound, temperature: float, seed: float, checkpoint: str, systems: list[str]
    ) -> Iterator[Update]:
        hearing = engine.hear(sound, checkpoint, temperature, whole(seed), systems)
        yield self._shown((yield from self.desk.follow(hearing)), listen.show)

    def _shown(self, session: Session, show: Callable[[Session], dict[str, Any]]) -> Update:
        """The session in the visitor's hands, and its values on the page."""
        session = listen.written(session)
        return {self.desk.state: session} | named(self.ears.view, show(session))

    def _again(self, mode: str, temperature: float, seed: int, session: Session) -> Iterator[Update]:
        result = yield from self.desk.follow(engine.again(session, mode, temperature, seed))
        session = inside.written(session, {mode: result})
        yield {self.desk.state: session, self.eyes.view["again"]: inside.show_again(session)}
