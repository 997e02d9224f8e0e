"""The tab *Latent surgery*: whose z and whose mel, how much noise, and operations that add up and can be undone.

It is laid out empty and filled when it is first looked at.
"""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from vocoder.ui.parts import Figures, Note, figures, seed_box
from vocoder.ui.player import Player, player
from vocoder.ui.sounds import examples
from vocoder.ui.texts import surgery as texts

FIRST_KIND, FIRST_SEED = "quantise", 0
CONTROLS = {  # of each kind of operation; the others are not shown
    "quantise": ("bits",),
    "temper": ("factor",),
    "redraw": ("shape", "seed"),
    "mute_channels": ("start", "stop"),
    "mute_time": ("start", "stop"),
    "transplant": ("start", "stop"),
    "blend": ("amount", "way"),
    "shuffle": ("frames", "seed"),
    "other_mel": ("seed",),
    "pitch_mel": ("semitones",),
    "delay_mel": ("delay",),
}


@dataclass(frozen=True)
class Tab:
    """The components that listeners read and fill."""

    other: gr.Radio
    refresh: gr.Button  # never seen: pressed by the page when another sound is opened while the tab is
    memory: gr.State  # of surgery_wiring.Memory | None
    exchanged: Note
    strip: Player
    strip_seed: gr.Number
    kind: gr.Dropdown
    about: Note
    controls: dict[str, gr.components.Component]  # by the names that `surgery_work.operation_of` knows
    do: gr.Button
    undo: gr.Button
    redo: gr.Button
    clear: gr.Button
    done: Note
    result: Player
    measures: Figures


def build() -> Tab:
    """Lays the tab out."""
    Note(f'<p class="idea">{texts.IDEA}</p>')
    with gr.Column(elem_id="surgery"):
        refresh = gr.Button("", elem_id="surgery-refresh", elem_classes="unseen")
        choices = [(known.title, known.id) for known in examples().values()]
        other = gr.Radio(choices, value=choices[1][1], label=texts.OTHER, elem_id="surgery-other", elem_classes="pills")
        with gr.Column(elem_classes="card", elem_id="surgery-exchange"):
            Note(f"<h3>{texts.EXCHANGE}</h3>")
            exchanged = Note(
                "", elem_id="exchange", apply_default_css=False, js_on_load="window.explorer.exchange(element, watch);"
            )
            Note(f'<p class="look">{texts.EXCHANGE_LOOK}</p>')
        with gr.Column(elem_classes="card", elem_id="surgery-strip"):
            Note(f"<h3>{texts.STRIP}</h3><p>{texts.STRIP_LOOK}</p>")
            strip = player(None, "surgery-temperatures", label=texts.STRIP)
            with gr.Row(elem_classes="seed-row"):
                strip_seed = seed_box(FIRST_SEED, "strip-seed")
        with gr.Column(elem_classes="card", elem_id="surgery-operate"):
            Note(f"<h3>{texts.OPERATE}</h3><p>{texts.OPERATE_LOOK}</p>")
            kind = gr.Dropdown(
                [(title, name) for name, title in texts.KINDS.items()], value=FIRST_KIND, label=texts.KIND,
                elem_id="surgery-kind", filterable=False,
            )  # fmt: skip
            about = Note(about_of(FIRST_KIND))
            controls = _controls()
            with gr.Row(elem_id="surgery-buttons"):
                do = gr.Button(texts.DO, variant="primary", size="sm", elem_id="surgery-do", min_width=90)
                undo, redo, clear = (
                    gr.Button(title, size="sm", elem_id=f"surgery-{name}", min_width=90, interactive=False)
                    for name, title in (("undo", texts.UNDO), ("redo", texts.REDO), ("clear", texts.CLEAR))
                )
            done = Note("", elem_id="surgery-done")
            result = player(None, "surgery-result", label=texts.OPERATE)
            measures = figures({"head": [], "rows": []}, texts.MEASURED, "surgery-measures")
        Note(f'<p class="about">{texts.HONEST}</p>')
    return Tab(
        other, refresh, gr.State(None), exchanged, strip, strip_seed, kind, about, controls, do, undo, redo, clear,
        done, result, measures,
    )  # fmt: skip


def about_of(kind: str) -> str:
    """What to expect of an operation."""
    return f'<p class="about">{texts.ABOUT[kind]}</p>'


def _controls() -> dict[str, gr.components.Component]:
    """Every setting of every operation, of which those of the first are shown."""
    shown = CONTROLS[FIRST_KIND]
    shapes, ways = ([(title, name) for name, title in named.items()] for named in (texts.SHAPES, texts.WAYS))

    def slider(name: str, low: float, high: float, value: float, step: float, label: str) -> gr.Slider:
        return gr.Slider(
            low, high, value, step=step, label=label, elem_id=f"surgery-{name}", visible=name in shown, min_width=220
        )

    with gr.Row(elem_id="surgery-controls"):
        return {
            "bits": slider("bits", 1, 10, 4, 1, texts.BITS),
            "factor": slider("factor", 0, 1.5, 0.5, 0.05, texts.FACTOR),
            "shape": gr.Radio(
                shapes, value="laplace", label=texts.SHAPE, elem_id="surgery-shape", elem_classes="pills", visible=False
            ),
            "start": slider("start", 0, 95, 30, 5, texts.START),
            "stop": slider("stop", 5, 100, 60, 5, texts.STOP),
            "amount": slider("amount", 0, 1, 0.5, 0.05, texts.AMOUNT),
            "way": gr.Radio(
                ways, value="spherical", label=texts.WAY, elem_id="surgery-way", elem_classes="pills", visible=False
            ),
            "frames": slider("frames", 1, 100, 1, 1, texts.FRAMES),
            "semitones": slider("semitones", -12, 12, 4, 1, texts.SEMITONES),
            "delay": slider("delay", -1, 1, 0.25, 0.05, texts.DELAY),
            "seed": gr.Number(
                0, label=texts.SEED, precision=0, minimum=0, elem_id="surgery-seed", visible=False, min_width=120
            ),
        }
