"""The whole page: a sound is chosen above, heard in one tab and looked into in the other."""

from __future__ import annotations

from html import escape

import gradio as gr

from vocoder.audio import PAGE_LIMITS
from vocoder.ui import (
    engine,
    inside,
    learn,
    listen,
    models,
    models_wiring,
    phase,
    phase_wiring,
    precomputed,
    share,
    share_wiring,
    sounds,
    steps,
    surgery,
    surgery_wiring,
    texts,
)
from vocoder.ui.files import KEEP_SECONDS, LOOK_SECONDS, prepare_cache
from vocoder.ui.links import Links
from vocoder.ui.parts import STOP, Note
from vocoder.ui.shared import WAITING, Desk, Inputs
from vocoder.ui.sounds import open_example
from vocoder.ui.theme import ASSETS
from vocoder.ui.wiring import Wiring
from vocoder.ui.work import last

FIRST_TEMPERATURE, FIRST_SEED = 0.8, 0
QUEUE = 24  # visitors that may wait; more are told to come back


def build_app() -> gr.Blocks:
    """The page, with the first example open and its results in place.

    Raises:
        WeightsError: there is no checkpoint to work with.
    """
    prepare_cache()
    example = next(iter(sounds.examples()))
    checkpoint, device = engine.first_checkpoint(), engine.START_DEVICE
    heard = precomputed.session(example, checkpoint, FIRST_TEMPERATURE, FIRST_SEED) or last(
        engine.hear_here(open_example(example), checkpoint, FIRST_TEMPERATURE, FIRST_SEED, device=device)
    )
    heard = listen.written(heard)
    seen = precomputed.inside(heard, texts.SCALED_FIRST, texts.FRESH_FIRST) or last(
        engine.look_here(heard, texts.SCALED_FIRST, texts.FRESH_FIRST, device)
    )
    first = inside.written(seen.session, seen.again)
    with gr.Blocks(title=texts.TITLE, analytics_enabled=False, delete_cache=(LOOK_SECONDS, KEEP_SECONDS)) as app:
        Note(_header())
        inputs = _chooser(example)
        with gr.Tabs(elem_id="tabs") as tabs:
            with gr.Tab(texts.LISTEN, id="listen"):
                ears = listen.build(first)
            with gr.Tab(texts.INSIDE, id="inside"):
                eyes = inside.build(first)
            with gr.Tab(steps.texts.TAB, id="steps") as steps_tab:
                walk = steps.build()
            with gr.Tab(surgery.texts.TAB, id="surgery") as surgery_tab:
                theatre = surgery.build()
            with gr.Tab(phase.texts.TAB, id="phase-problem") as phase_tab:
                phases = phase.build()
            with gr.Tab(models.texts.TAB, id="models") as models_tab:
                shelves = models.build(checkpoint)
        shared = share.build()
        Note(_footer(checkpoint), elem_id="footer")
        with gr.Row(elem_id="strip"):
            strip = Note(WAITING, elem_id="strip-text")
            cancel = gr.Button(texts.CANCEL, size="sm", elem_id="cancel", min_width=90)
        desk = Desk(inputs, strip, gr.State(None), first)
        Links(desk, ears, shelves, tabs, [tab.id for tab in tabs.children]).connect(app)
        share_wiring.Wiring(desk, shared, [eyes.temperature, eyes.seed]).connect()
        wiring = Wiring(desk, ears, eyes)
        wiring.connect()
        steps.Wiring(desk, walk).connect(steps_tab)
        surgery_wiring.Wiring(desk, theatre).connect(surgery_tab)
        phase_wiring.Wiring(desk, phases).connect(phase_tab)
        models_wiring.Wiring(desk, shelves, wiring).connect(models_tab)
        wiring.restore(cancel.click(None, js=STOP, cancels=desk.running).then)
        app.load(wiring.list_systems, None, [ears.systems, ears.missing], queue=False, show_progress="hidden")
    return app.queue(max_size=QUEUE, default_concurrency_limit=1)


def _header() -> str:
    drawing = (ASSETS / "idea.svg").read_text("utf-8")
    return f"<header><div><h1>{texts.TITLE}</h1><p>{texts.IDEA}</p>{learn.header()}</div>{drawing}</header>"


def _chooser(example: str) -> Inputs:
    """Examples on one side; a visitor's own recording or mel on the other."""
    choices = [(known.title, known.id) for known in sounds.examples().values()]
    with gr.Row(elem_id="chooser", equal_height=False):
        with gr.Column(scale=3, min_width=300):
            examples = gr.Radio(choices, value=example, label=texts.EXAMPLES, elem_id="example")
        with gr.Column(scale=2, min_width=300, elem_id="own"):
            with gr.Row(equal_height=True):
                recording = gr.Audio(
                    sources=["upload", "microphone"], type="filepath", label=texts.OWN, editable=False, scale=3,
                    min_width=160, elem_id="own-recording",
                    waveform_options=gr.WaveformOptions(show_recording_waveform=False),
                )  # fmt: skip
                mel = gr.File(
                    file_types=[".npy", ".safetensors"], label=texts.OWN_MEL, elem_id="own-mel", scale=2, min_width=130
                )
            Note(f'<p class="about">{texts.LIMITS.format(seconds=PAGE_LIMITS.max_seconds)}</p>')
    return Inputs(examples, recording, mel)


def _footer(checkpoint: str) -> str:
    parameters = engine.card(checkpoint).parameters / 1e6
    return texts.FOOTER_HTML.format(checkpoint=escape(checkpoint), parameters=parameters)
