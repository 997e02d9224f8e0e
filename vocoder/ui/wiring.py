"""What happens when something on the page is moved. Every listener is an endpoint of the API too, by its own name."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import Any, NamedTuple, TypeVar

import gradio as gr

from vocoder.errors import InputError, SettingsError
from vocoder.ui import engine, inside, listen, texts
from vocoder.ui.engine import Session
from vocoder.ui.parts import COMPUTE, LARGEST_SEED, Note
from vocoder.ui.sounds import Sound, examples, open_example, open_mel, open_recording
from vocoder.ui.work import Working, in_sentences

T = TypeVar("T")
WAITING = Working(texts.WAITING).strip()  # on the strip until the work begins
Update = dict[gr.components.Component, Any]


class Inputs(NamedTuple):
    """Where a sound comes from."""

    example: gr.Radio
    recording: gr.Audio
    mel: gr.File


class Wiring:
    """The listeners of a page. What a visitor has open lives in his `gr.State`; nothing of it lives here."""

    def __init__(self, inputs: Inputs, ears: listen.Tab, eyes: inside.Tab, strip: Note, first: Session) -> None:
        self.inputs, self.ears, self.eyes, self.strip = inputs, ears, eyes, strip
        self.first = first  # what is open for everybody who has not opened anything yet
        self.state = gr.State(None)

    def connect(self) -> list[Any]:
        """Attaches every listener to what sets it off; returns the events that can be cancelled."""
        inputs, ears, eyes, state = self.inputs, self.ears, self.eyes, self.state
        settings = [ears.temperature, ears.seed, ears.checkpoint]
        heard = [self.strip, state, *ears.view.values()]
        said = [inputs.recording.upload, inputs.recording.stop_recording]
        example = _on(inputs.example.input, self.listen_to_example, [inputs.example, *settings], heard)
        recording = _on(partial(gr.on, said), self.listen_to_recording, [inputs.recording, *settings], heard)
        mel = _on(inputs.mel.upload, self.listen_to_mel, [inputs.mel, *settings], heard)
        for event, taken in ((recording, inputs.recording), (mel, inputs.mel)):
            event.success(None, js="() => [null, null]", outputs=[taken, inputs.example])
            event.failure(None, js="() => null", outputs=[taken])

        who = [state, inputs.example]
        moved = [ears.temperature.release, ears.seed.change]
        of_the_flow = [self.strip, state, *(ears.view[name] for name in listen.OF_THE_FLOW)]
        flow = _on(partial(gr.on, moved), self.hear_flow, [*settings, *who], of_the_flow)
        other = _on(
            ears.checkpoint.input, self.hear_flow, [*settings, *who], of_the_flow, api_visibility="undocumented"
        )

        seen = [self.strip, state, *eyes.view.values()]
        looks = [
            _on(event.success, self.look_inside, [eyes.temperature, eyes.seed, *who], seen, api_visibility=visibility)
            for event, visibility in ((example, "public"), *((e, "undocumented") for e in (recording, mel, other)))
        ]
        scaled = [self.strip, eyes.view["scaled"], eyes.view["scaled_distance"]]
        fresh = [self.strip, eyes.view["fresh"], eyes.view["fresh_distance"]]
        samples = [
            _on(eyes.temperature.release, self.sample_scaled, [eyes.temperature, *who], scaled),
            _on(eyes.seed.change, self.sample_fresh, [eyes.seed, *who], fresh),
        ]
        return [example, recording, mel, flow, other, *looks, *samples]

    @in_sentences
    def listen_to_example(self, example: str, temperature: float, seed: float, checkpoint: str) -> Iterator[Update]:
        """Opens an example. Returns the original, the flow's and Griffin-Lim's copies, and a table of measures."""
        yield from self._listen(open_example(example), temperature, seed, checkpoint)

    @in_sentences
    def listen_to_recording(self, recording: str, temperature: float, seed: float, checkpoint: str) -> Iterator[Update]:
        """Opens a sound file. Returns the original, the flow's and Griffin-Lim's copies, and a table of measures."""
        yield from self._listen(open_recording(recording), temperature, seed, checkpoint)

    @in_sentences
    def listen_to_mel(self, mel: str, temperature: float, seed: float, checkpoint: str) -> Iterator[Update]:
        """Opens a log-mel (80, T). Returns no original, the flow's and Griffin-Lim's sounds, and a table."""
        yield from self._listen(open_mel(mel), temperature, seed, checkpoint)

    @in_sentences
    def hear_flow(
        self, temperature: float, seed: float, checkpoint: str, session: Session | None, example: str | None
    ) -> Iterator[Update]:
        """Runs the flow again on what is open in this session, or on the example. Returns its copy and the table."""
        session = self._open(session, example)
        session = yield from self._follow(engine.hear_flow(session, checkpoint, temperature, _whole(seed)))
        yield {self.state: session.light()} | _named(self.ears.view, listen.show_flow(session))

    @in_sentences
    def look_inside(
        self, temperature: float, seed: float, session: Session | None, example: str | None
    ) -> Iterator[Update]:
        """Turns the open recording into latents. Returns the numbers, and what the latents give when run backwards:
        kept as they are, scaled by the temperature, and drawn afresh from the seed."""
        session = self._open(session, example)
        if session.sound.samples is None:
            yield _named(self.eyes.view, inside.show_nothing())
            return
        seen = yield from self._follow(engine.look(session, temperature, _whole(seed)))
        yield {self.state: seen.session.light()} | _named(self.eyes.view, inside.show(seen))

    @in_sentences
    def sample_scaled(self, temperature: float, session: Session | None, example: str | None) -> Iterator[Update]:
        """The way back from the open recording's latents times the temperature."""
        yield from self._again("scaled", temperature, 0, self._open(session, example))

    @in_sentences
    def sample_fresh(self, seed: float, session: Session | None, example: str | None) -> Iterator[Update]:
        """The way back from fresh noise with the open recording's mel."""
        yield from self._again("fresh", 1.0, _whole(seed), self._open(session, example))

    def _listen(self, sound: Sound, temperature: float, seed: float, checkpoint: str) -> Iterator[Update]:
        session = yield from self._follow(engine.hear(sound, checkpoint, temperature, _whole(seed)))
        yield {self.state: session.light()} | _named(self.ears.view, listen.show(session))

    def _again(self, mode: str, temperature: float, seed: int, session: Session) -> Iterator[Update]:
        result = yield from self._follow(engine.again(session, mode, temperature, seed))
        yield _named(self.eyes.view, inside.show_again(mode, result))

    def _open(self, session: Session | None, example: str | None) -> Session:
        """The visitor's session; one who never opened anything has the first example open, as his page shows."""
        if session is not None:
            return session
        if example == next(iter(examples())):
            return self.first
        raise InputError(texts.FORGOTTEN)

    def _follow(self, steps: Iterator[Working | T]) -> Generator[Update, None, T]:
        """Shows on the strip how far the work is; returns its result."""
        for step in steps:
            if not isinstance(step, Working):
                yield {self.strip: WAITING}
                return step
            yield {self.strip: step.strip()}
        raise RuntimeError("The work ended without a result.")


def _named(view: dict[str, gr.components.Component], values: dict[str, Any]) -> Update:
    return {view[name]: value for name, value in values.items()}


def _whole(seed: float | None) -> int:
    if seed is None or not 0 <= seed <= LARGEST_SEED or seed != int(seed):
        raise SettingsError(texts.NOT_A_SEED)
    return int(seed)


def _on(
    trigger: Callable[..., Any], listener: Callable[..., Iterator[Update]], inputs: list, outputs: list, **how: Any
) -> Any:
    """Attaches a listener whose work shows on the strip; all such work is done one at a time, for whoever asks."""
    name = listener.__name__
    begin = f"(...values) => {{ window.explorer.begin('{name}'); return values; }}"
    event = trigger(
        fn=listener, inputs=inputs, outputs=outputs, api_name=name, js=begin, show_progress="hidden",
        trigger_mode="always_last", concurrency_limit=1, concurrency_id=COMPUTE, **how,
    )  # fmt: skip
    for ended in (event.then, event.failure):
        ended(None, js=f"() => {{ window.explorer.end('{name}'); }}")
    return event
