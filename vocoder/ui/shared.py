"""What every tab shares: the sound that is open, the strip that shows the work, and how listeners are attached."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

import gradio as gr

from vocoder.errors import InputError, SettingsError
from vocoder.ui import texts
from vocoder.ui.parts import COMPUTE, LARGEST_SEED, Note
from vocoder.ui.session import Session
from vocoder.ui.sounds import examples
from vocoder.ui.work import Working

T = TypeVar("T")
WAITING = Working(texts.WAITING).strip()  # on the strip until the work begins
Update = dict[gr.components.Component, Any]


class Inputs(NamedTuple):
    """Where a sound comes from."""

    example: gr.Radio
    recording: gr.Audio
    mel: gr.File


@dataclass
class Desk:
    """What the tabs share. What a visitor has open lives in `state`; nothing of a visitor lives here."""

    inputs: Inputs
    strip: Note
    state: gr.State  # of Session | None
    first: Session  # what is open for everybody who has not opened anything yet
    opened: list[Any] = field(
        default_factory=list
    )  # events after which another sound is open: tabs chain on `.success`
    running: list[Any] = field(default_factory=list)  # every event that the Cancel button stops

    @property
    def who(self) -> list[gr.components.Component]:
        """The last inputs of every listener that works on what is open: session and example, for `open`."""
        return [self.state, self.inputs.example]

    def open(self, session: Session | None, example: str | None) -> Session:
        """The visitor's session; one who never opened anything has the first example open, as his page shows."""
        if session is not None:
            return session
        if example == next(iter(examples())):
            return self.first
        raise InputError(texts.FORGOTTEN)

    def follow(self, steps: Iterator[Working | T]) -> Generator[Update, None, T]:
        """Shows on the strip how far the work is; returns its result."""
        for step in steps:
            if not isinstance(step, Working):
                yield {self.strip: WAITING}
                return step
            yield {self.strip: step.strip()}
        raise RuntimeError("The work ended without a result.")

    def on(
        self, trigger: Callable[..., Any], listener: Callable[..., Iterator[Update]], inputs: list, outputs: list,
        **how: Any,
    ) -> Any:  # fmt: skip
        """Attaches a listener whose work shows on the strip and can be cancelled; such work is done one at a time,
        unless `how` gives it a `concurrency_id` of its own.

        The strip is added to the outputs; the listener's own name is its name in the API.
        """
        name = listener.__name__
        begin = f"(...values) => {{ window.explorer.begin('{name}'); return values; }}"
        event = trigger(
            fn=listener, inputs=inputs, outputs=[self.strip, *outputs], api_name=name, js=begin,
            show_progress="hidden", trigger_mode="always_last",
            **{"concurrency_limit": 1, "concurrency_id": COMPUTE, **how},
        )  # fmt: skip
        for ended in (event.then, event.failure):
            ended(None, js=f"() => {{ window.explorer.end('{name}'); }}")
        self.running.append(event)
        return event


def named(view: dict[str, gr.components.Component], values: dict[str, Any]) -> Update:
    """Values by the names of a tab's components, as an update of these components."""
    return {view[name]: value for name, value in values.items()}


def whole(seed: float | None) -> int:
    """The seed in a number box; raises `SettingsError` for what is none."""
    if seed is None or not 0 <= seed <= LARGEST_SEED or seed != int(seed):
        raise SettingsError(texts.NOT_A_SEED)
    return int(seed)
