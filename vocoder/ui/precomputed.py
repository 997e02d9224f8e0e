"""What the page shows without computing: an example with the settings that its stored results were made with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from vocoder.errors import WeightsError
from vocoder.explorer import precomputed
from vocoder.explorer.precomputed import Made, Results
from vocoder.ui import engine
from vocoder.ui.session import Inside, Session
from vocoder.ui.sounds import Sound, find_example


def session(
    example: str, checkpoint: str, temperature: float, seed: int, systems: Sequence[str] = engine.FIRST_SYSTEMS
) -> Session | None:
    """What `engine.hear` would give for an example, latents included; None where that has to be computed."""
    engine.check_choice(systems)
    known = find_example(example)
    wanted = _made(checkpoint)
    if wanted is None or (wanted.temperature, wanted.seed) != (temperature, seed):
        return None
    stored = _results(example)
    if stored is None or not all(name in stored.copies for name in systems):
        return None
    analysis = stored.analysis
    sound = Sound(known.title, known.note, analysis.mel, analysis.samples, example)
    shown = {name: stored.copies[name] for name in systems}
    return Session(sound, checkpoint, temperature, seed, shown, engine.brightest(analysis.samples), analysis)


def inside(session: Session, temperature: float, seed: int) -> Inside | None:
    """What `engine.look` would give for a session of an example; None where that has to be computed."""
    wanted = _made(session.checkpoint)
    if not session.sound.example or wanted is None or (wanted.scaled, wanted.fresh) != (temperature, seed):
        return None
    stored = _results(session.sound.example)
    return None if stored is None else Inside(replace(session, analysis=stored.analysis), dict(stored.again))


def _made(checkpoint: str) -> Made | None:
    """What stored results depend on, if it is this checkpoint."""
    made = precomputed.made()
    try:
        return made if made and made.checkpoint == engine.card(checkpoint).sha256 else None
    except WeightsError:
        return None  # whoever loads the checkpoint says what is wrong with it


@lru_cache(maxsize=8)
def _results(example: str) -> Results | None:
    """Kept for the next visitor: about 2 MB an example."""
    return precomputed.load(example)
