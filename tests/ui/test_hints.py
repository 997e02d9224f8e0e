"""Gradio without the hints that it writes for editors."""

from __future__ import annotations

import inspect
from pathlib import Path

import gradio as gr
import pytest

import vocoder
from vocoder.ui.hints import without_editor_hints


def test_only_gradio_has_no_files_and_only_meanwhile() -> None:
    with without_editor_hints():
        with pytest.raises(OSError, match="no file"):
            inspect.getfile(gr.Textbox)
        assert Path(inspect.getfile(vocoder)).name == "__init__.py"
    assert Path(inspect.getfile(gr.Textbox)).name == "textbox.py"
