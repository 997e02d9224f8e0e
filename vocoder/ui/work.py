"""Long work that shows how far it is and stops when asked, and errors that reach people as sentences."""

from __future__ import annotations

import logging
import secrets
import threading
import traceback
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import wraps
from html import escape
from typing import Any, TypeVar

import gradio as gr

from vocoder.errors import InputError
from vocoder.ui import texts

T = TypeVar("T")
Progress = Callable[[float], None]

TICK = 0.1  # seconds between looks at the work; also about how long a cancelled one goes on
_log = logging.getLogger("vocoder.ui")


class Stopped(Exception):
    """The visitor has cancelled; raised inside the work by its own progress callback."""


@dataclass(frozen=True)
class Working:
    """How far the work is."""

    doing: str
    fraction: float = 0.0  # 0 to 1

    def strip(self) -> str:
        """As HTML, for the strip at the bottom of the page."""
        percent = round(100 * min(max(self.fraction, 0), 1))
        return (
            f'<span>{escape(self.doing)}</span><progress max="100" value="{percent}" '
            f'aria-label="{escape(self.doing)}">{percent} %</progress>'
        )


def watched(doing: str, work: Callable[[Progress], T]) -> Generator[Working, None, T]:
    """Runs `work(progress)` in a thread; yields how far it is and returns what it returns.

    Gradio can stop a listener only where it yields, and a synthesis in one call would not. Closing this generator makes
    the next `progress` call raise `Stopped`, and waits until the work has ended.
    """
    stop = threading.Event()
    done = 0.0

    def progress(fraction: float) -> None:
        nonlocal done
        if stop.is_set():
            raise Stopped
        done = fraction

    with ThreadPoolExecutor(1) as thread:
        future = thread.submit(work, progress)
        try:
            while not wait([future], timeout=TICK).done:
                yield Working(doing if done < 1 else texts.MEASURING, done)
            return future.result()
        finally:
            stop.set()


def last(steps: Iterator[Working | T]) -> T:
    """The result of work that nobody watches."""
    for step in steps:
        if not isinstance(step, Working):
            return step
    raise RuntimeError("The work ended without a result.")


def in_sentences(listener: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """Makes a generator of listener updates show our sentence when it fails, and nothing else."""

    @wraps(listener)
    def guarded(*args: Any) -> Iterator[Any]:
        try:
            yield from listener(*args)
        except InputError as error:
            raise _shown(str(error)) from None
        except gr.Error:
            raise
        except Exception as error:
            if type(error).__name__ == "OutOfMemoryError":
                raise _shown(texts.OUT_OF_MEMORY) from None
            raise _shown(texts.FAULT.format(number=_logged(error))) from None

    return guarded


def _shown(sentence: str) -> gr.Error:
    # The page renders the text as HTML and file names may hold some; pointed quotes look alike and mean nothing to it.
    harmless = sentence.replace("<", "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}").replace(
        ">", "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"
    )
    return gr.Error(harmless, print_exception=False)


def _logged(error: Exception) -> str:
    """Logs where a fault of ours is, without its message: that may hold what somebody uploaded. Returns its number."""
    number = secrets.token_hex(3)
    places = "".join(traceback.format_tb(error.__traceback__))
    _log.error("fault %s: %s at\n%s", number, type(error).__name__, places)
    return number
