"""How the page looks and how it is served."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from gradio.themes.utils.colors import Color
from gradio.themes.utils.fonts import LocalFont
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from vocoder.audio import PAGE_LIMITS
from vocoder.ui.compression import CompressedPage

ASSETS = Path(__file__).resolve().parents[2] / "assets"
KEPT_SESSIONS = 64  # visitors whose sound is remembered; thirty seconds of it take about 7 MB

INK = Color(
    "#f5f7f9", "#e9edf1", "#d9dfe6", "#bcc6d1", "#93a1b1", "#6a7a8c",
    "#4d5c6d", "#384554", "#25303c", "#161d26", "#0d1218",
)  # fmt: skip
BLUE = Color(
    "#eef6fc", "#d9eaf8", "#b5d6f1", "#85bbe6", "#559fdb", "#2f86d0",
    "#1f6fb5", "#1a5a94", "#184a78", "#153b5f", "#0e2740",
)  # fmt: skip


def theme() -> gr.themes.Base:
    """Quiet: ink on paper, one accent, no shadows; the font comes with Gradio, so nothing is fetched from elsewhere."""
    return gr.themes.Base(
        primary_hue=BLUE,
        secondary_hue=BLUE,
        neutral_hue=INK,
        radius_size="md",
        font=[LocalFont("IBM Plex Sans", (400, 700)), "system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    ).set(
        body_background_fill="#fcfcfb",
        body_background_fill_dark="#0e1217",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_shadow="none",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        block_label_border_width="0px",
        block_label_text_color="*neutral_600",
        block_label_text_color_dark="*neutral_300",
        block_title_text_weight="400",
        block_title_text_color="*neutral_600",
        block_title_text_color_dark="*neutral_300",
        border_color_primary="*neutral_200",
        border_color_primary_dark="*neutral_800",
        button_primary_background_fill="*primary_600",  # white on it is read (WCAG AA)
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_hover_dark="*primary_700",
        button_secondary_background_fill="*neutral_100",
        button_secondary_background_fill_dark="*neutral_800",
        layout_gap="14px",
        checkbox_label_background_fill="transparent",
        checkbox_label_background_fill_dark="transparent",
        input_background_fill="white",
        input_background_fill_dark="*neutral_900",
        slider_color="#2f86d0",
        input_border_width="1px",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
    )


def launch_settings() -> dict[str, Any]:
    """What `launch` is given besides the address."""
    return {
        "theme": theme(),
        "css_paths": sorted(ASSETS.glob("*.css")),
        "head": "".join(f"<script>{path.read_text('utf-8')}</script>" for path in sorted(ASSETS.glob("*.js"))),
        "favicon_path": ASSETS / "favicon.svg",
        "footer_links": ["api"],
        "max_file_size": int(PAGE_LIMITS.max_bytes),
        "run_history": False,  # on by default: it would record what people upload
        "show_error": False,  # our own sentences are shown in any case, anything else is not
        "ssr_mode": False,  # nothing here is worth a Node server
        "enable_monitoring": False,
        "state_session_capacity": KEPT_SESSIONS,
        "allowed_paths": [],
        # the tour, the glossary and German are fetched when they are needed
        "app_kwargs": {
            "routes": [Mount("/learn", StaticFiles(directory=ASSETS / "learn"))],
            "middleware": [Middleware(CompressedPage)],
        },
        "quiet": False,
    }
