"""The tab *The phase problem*: what is lost with the phase, and what signal processing can do about it.

It is laid out empty and filled when it is first looked at: the page starts no slower for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from vocoder.ui.parts import Note, figures
from vocoder.ui.player import player
from vocoder.ui.texts import phase as texts

FIRST_CHOICE, FIRST_ITERATIONS, FIRST_NOISE, FIRST_OVERLAP, FIRST_SOURCE = "random", 32, 0.3, 75.0, "true"
LONGEST_RUN, FIRST_ITERATION = 100, 5  # of the strip
EMPTY_TABLE: dict[str, list] = {"head": [], "rows": []}


@dataclass(frozen=True)
class Tab:
    """The components that listeners read, those that start something, and those that `phase_show` fills by name."""

    overlap: gr.Radio
    source: gr.Radio
    choice: gr.Radio
    iterations: gr.Slider
    noise: gr.Slider
    iteration: gr.Slider
    map_noise: gr.Slider
    ahead: gr.Checkbox
    again: gr.Button
    refresh: gr.Button  # never seen: pressed by assets/phase.js when the tab, or another sound, is opened
    memory: gr.State  # of phase_wiring.Memory | None
    view: dict[str, gr.components.Component]


def build() -> Tab:
    """Lays the tab out."""
    view: dict[str, gr.components.Component] = {}
    Note(f'<p class="idea">{texts.IDEA_HTML}</p>', elem_id="phase-idea")
    refresh = gr.Button("", elem_id="phase-refresh", elem_classes="unseen")
    view["nothing"] = Note("", elem_id="phase-nothing")  # with a sentence in it, the rest is not seen: see phase.css
    with gr.Column(elem_id="phase"):
        view["palettes"] = Note("", elem_classes="unseen")
        overlap, source = _kept()
        view["shortened"] = Note("")
        with gr.Row(elem_classes="pair", equal_height=True):
            _card(view, "magnitude", "phase")
        Note(f'<p class="about">{texts.HOVER}</p>')
        choice, iterations, noise = _choice(view)
        iteration = _strip(view)
        map_noise, ahead = _maps(view)
        again = _race(view)
    return Tab(
        overlap, source, choice, iterations, noise, iteration, map_noise, ahead, again, refresh, gr.State(None), view
    )


def _kept() -> tuple[gr.Radio, gr.Radio]:
    """What of the recording is kept."""
    with gr.Row(elem_id="phase-kept", elem_classes="pair"):
        overlap = gr.Radio(
            [(name, value) for value, name in texts.OVERLAPS.items()], value=FIRST_OVERLAP, label=texts.OVERLAP,
            info=texts.OVERLAP_INFO, elem_id="phase-overlap", elem_classes="pills", min_width=300,
        )  # fmt: skip
        source = gr.Radio(
            [(name, value) for value, name in texts.SOURCES.items()], value=FIRST_SOURCE, label=texts.KEPT,
            info=texts.KEPT_INFO, elem_id="phase-source", elem_classes="pills", min_width=300,
        )  # fmt: skip
    return overlap, source


def _choice(view: dict[str, gr.components.Component]) -> tuple[gr.Radio, gr.Slider, gr.Slider]:
    """The row of phases, the two sounds, the chosen phase, and the table."""
    with gr.Column(elem_id="phase-choice"):
        Note(f"<h2>{texts.CHOOSE}</h2>")
        choice = gr.Radio(
            [(title, name) for name, (title, _, _) in texts.CHOICES.items()], value=FIRST_CHOICE, label=texts.CHOICE,
            elem_id="phase-which", elem_classes="pills",
        )  # fmt: skip
        iterations = gr.Slider(
            0, LONGEST_RUN, FIRST_ITERATIONS, step=1, label=texts.ITERATIONS, elem_id="phase-iterations"
        )
        noise = gr.Slider(0, 1.6, FIRST_NOISE, step=0.05, label=texts.NOISE, elem_id="phase-noise")
        view["sounds"] = player(None, "phase-sounds", label=texts.CHOOSE)
        with gr.Row(elem_classes="pair", equal_height=True):
            _card(view, "chosen_phase")
            with gr.Column(elem_classes="card", min_width=300):
                Note(f"<h3>{texts.MEASURED}</h3>")
                view["measures"] = figures(EMPTY_TABLE, texts.MEASURED, "phase-measures")
                view["loss"] = Note("")
    return choice, iterations, noise


def _strip(view: dict[str, gr.components.Component]) -> gr.Slider:
    """Griffin-Lim's iterations: the film, the slider, the curve and the sound."""
    with gr.Column(elem_id="phase-strip"):
        Note(f'<h2>{texts.STRIP}</h2><p class="idea">{texts.STRIP_IDEA}</p>')
        with gr.Column(elem_classes="card"):
            view["film"] = Note("", elem_id="phase-film")
        with gr.Column(elem_classes="card"):
            iteration = gr.Slider(
                0, LONGEST_RUN, FIRST_ITERATION, step=1, label=texts.ITERATION, elem_id="phase-iteration"
            )
            view["curve"] = Note("")
        view["iterated"] = player(None, "phase-iterated", label=texts.STRIP)
    return iteration


def _maps(view: dict[str, gr.components.Component]) -> tuple[gr.Slider, gr.Checkbox]:
    """The two derivatives, three times."""
    Note(f'<h2>{texts.MAPS}</h2><p class="idea">{texts.MAPS_IDEA}</p>')
    Note(f'<p class="look">{texts.TIME_LOOK} {texts.FREQUENCY_LOOK}</p>')
    with gr.Row(elem_id="phase-maps", elem_classes="pair", equal_height=True):
        for column, (title, line) in texts.ESTIMATES.items():
            with gr.Column(elem_classes="card", min_width=300):
                Note(f"<h3>{title}</h3><p>{line}</p>")
                view[f"map_{column}"] = Note("", elem_id=f"phase-map-{column}")
                if column == "noisy":
                    map_noise = gr.Slider(
                        0,
                        1.6,
                        0,
                        step=0.05,
                        label=texts.MAP_NOISE,
                        info=texts.MAP_NOISE_INFO,
                        elem_id="phase-map-noise",
                    )
                if column == "analytic":
                    ahead = gr.Checkbox(False, label=texts.AHEAD, info=texts.AHEAD_INFO, elem_id="phase-ahead")
    view["slopes"] = player(None, "phase-slopes", label=texts.MAPS)
    return map_noise, ahead


def _race(view: dict[str, gr.components.Component]) -> gr.Button:
    """The race of solvers."""
    Note(f'<h2>{texts.RACE}</h2><p class="idea">{texts.RACE_IDEA}</p>')
    with gr.Row(elem_classes="pair", equal_height=True):
        with gr.Column(elem_classes="card", min_width=300):
            view["race"] = Note("", elem_id="phase-race")
        with gr.Column(elem_classes="card", min_width=300):
            view["racers"] = figures(EMPTY_TABLE, texts.RACE, "phase-racers")
            again = gr.Button(texts.RACE_AGAIN, size="sm", elem_id="phase-race-again")
    return again


def _card(view: dict[str, gr.components.Component], *names: str) -> None:
    for name in names:
        with gr.Column(elem_classes="card", min_width=300):
            view[name] = Note("", elem_id=f"phase-picture-{name.replace('_', '-')}")
