"""The page's colours: one for each system, safe for colour-blind eyes, and the colour maps of the pictures."""

from __future__ import annotations

import numpy as np

# Okabe and Ito's palette (2008) and neighbours, each a mid tone that is read on white and on near-black.
SYSTEMS = {
    "original": "#7d8590",
    "flow": "#2f86d0",
    "flow-griffin-lim": "#2a9d8f",
    "griffin-lim": "#d9731a",
    "fast-griffin-lim": "#b8860b",
    "rtisi-la": "#a0643c",
    "spsi": "#b8649b",
    "pghi": "#1a9e77",
    "rtpghi": "#5f9a33",
    "gradient-analytic": "#8170d8",
    "gradient-network": "#cf4a6b",
    "wavenet": "#3b9ca8",
    "melgan": "#9a7d2f",
    "hifi-gan": "#c2559d",
    "bigvgan": "#6f86b8",
}
OTHERS = ("#4f9d8a", "#b06a86")  # systems that have no colour of their own yet

# A perceptually even map from near-black through purple and orange to pale yellow, after matplotlib's "inferno".
LEVEL_ANCHORS = (
    "#07060f", "#1d0c45", "#4a0c6b", "#781c6d", "#a52c60",
    "#cf4446", "#ed6925", "#fb9b06", "#f7d13d", "#fcffa4",
)  # fmt: skip

NEGATIVE, POSITIVE = "#d9731a", "#2f86d0"  # of latents; their strength is opacity, so that 0 is the page itself


def system_colour(name: str) -> str:
    """The colour of a system by its name, always the same one."""
    return SYSTEMS.get(name) or OTHERS[sum(map(ord, name)) % len(OTHERS)]


def rgb(colour: str) -> tuple[int, int, int]:
    """(red, green, blue) of "#rrggbb"."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def level_palette() -> np.ndarray:
    """(256, 3) uint8, from quiet to loud."""
    anchors = np.array([rgb(colour) for colour in LEVEL_ANCHORS], float)
    place = np.linspace(0, len(anchors) - 1, 256)
    return (
        np.stack([np.interp(place, range(len(anchors)), anchors[:, k]) for k in range(3)], 1).round().astype(np.uint8)
    )


def signed_palette() -> np.ndarray:
    """(256, 4) uint8 with opacity: entry 0 is the most negative, 128 is zero and transparent, 255 the most positive."""
    strength = np.abs(np.arange(256) - 128) / 128
    colours = np.where(np.arange(256)[:, None] < 128, rgb(NEGATIVE), rgb(POSITIVE))
    return np.column_stack([colours, (255 * np.minimum(strength, 1)).round()]).astype(np.uint8)
