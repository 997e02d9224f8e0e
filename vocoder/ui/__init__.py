"""The page: Gradio lives here and in `app.py`, and nowhere else."""

from vocoder.ui.hints import without_editor_hints

with without_editor_hints():
    from vocoder.ui.page import build_app
    from vocoder.ui.theme import launch_settings
    from vocoder.ui.warm import warm_up

__all__ = ["build_app", "launch_settings", "warm_up"]
