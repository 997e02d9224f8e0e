"""The row under the tabs: a link to what is open, its recipe as Python and as a command, and all of it as one file."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from vocoder.ui.parts import Note
from vocoder.ui.texts import share as texts


@dataclass(frozen=True)
class Row:
    """The components that listeners read and write."""

    link: gr.Button
    python: gr.Button
    command: gr.Button
    everything: gr.Button
    text: gr.Textbox  # what was asked for last
    bundle: gr.DownloadButton
    tab: gr.Textbox  # where the visitor is, told by assets/share.js
    region: gr.Textbox  # "start_end" in seconds, of the part that is looped


def build() -> Row:
    """Lays the row out; what it gives appears under it when asked for."""
    with gr.Column(elem_id="share"):
        Note(f"<h2>{texts.TITLE}</h2><p>{texts.ABOUT}</p>")
        with gr.Row(elem_id="share-buttons"):
            link = gr.Button(texts.LINK, size="sm", elem_id="copy-link", min_width=120)
            python = gr.Button(texts.PYTHON, size="sm", elem_id="copy-python", min_width=120)
            command = gr.Button(texts.COMMAND, size="sm", elem_id="copy-command", min_width=120)
            everything = gr.Button(texts.EVERYTHING, size="sm", elem_id="download-everything", min_width=120)
        bundle = gr.DownloadButton(texts.EVERYTHING, visible=False, size="sm", elem_id="bundle")
        text = gr.Textbox(
            visible=False, label=texts.SHARED, lines=1, max_lines=12, interactive=False, elem_id="shared",
            buttons=["copy"],
        )  # fmt: skip
        Note(
            f'<p id="share-said" role="status" data-copied="{texts.COPIED}" data-failed="{texts.NOT_COPIED}"></p>',
        )
        tab, region = gr.Textbox(visible=False), gr.Textbox(visible=False)
    return Row(link, python, command, everything, text, bundle, tab, region)
