"""*Latent surgery* in pictures: four sounds under two mels and beside two z, and the list of what was done."""

from __future__ import annotations

from html import escape

import numpy as np

from vocoder.explorer.operation import Operation
from vocoder.explorer.spectrogram import spectrogram
from vocoder.ui.colours import level_palette
from vocoder.ui.files import wav_for_page
from vocoder.ui.pictures import MEL_FLOOR, RANGE, png_of
from vocoder.ui.sounds import SETTINGS
from vocoder.ui.steps_payload import picture
from vocoder.ui.surgery_work import A, B, Exchange
from vocoder.ui.texts import surgery as texts

LIMIT = 3.0  # standard deviations at which a latent has its full colour
WIDEST = 128  # columns of the small pictures
HEAT = ("#4f6d8f", "#2f86d0", "#1a9e77", "#9a8a1c", "#d9731a", "#c8403f")  # of six temperatures


def exchange(found: Exchange) -> str:
    """Two by two: a column for each mel, a row for each z; each sound plays when it is pressed."""
    names = {key: escape(patient.name) for key, patient in found.patients.items()}
    top = max(spectrogram(found.effects[key, key].samples, SETTINGS.sample_rate).peak for key in found.patients)
    heads = "".join(_head("mel", key, names[key], _mel(found, key)) for key in (A, B))
    rows = "".join(
        _head("z", z, names[z], _z(found, z)) + "".join(_cell(found, z, mel, names, top) for mel in (A, B))
        for z in (A, B)
    )
    return f'<div class="exchange"><span></span>{heads}{rows}</div>'


def _head(what: str, key: str, name: str, image: str) -> str:
    """A mel over its column, or a z beside its row."""
    title = (texts.MEL_OF if what == "mel" else texts.Z_OF).format(name=f"<b>{key.upper()}</b>")
    alt = (texts.MEL_ALT if what == "mel" else texts.Z_ALT).format(name=name)
    return (
        f'<div class="exchange-{what} of-{key}"><span>{title}<small>{name}</small></span>'
        f'<img alt="{alt}" src="data:image/png;base64,{image}"></div>'
    )


def _cell(found: Exchange, z: str, mel: str, names: dict[str, str], top: float) -> str:
    """One sound: its spectrogram is the button, and the caption says whose mel it came near."""
    samples = found.effects[z, mel].samples
    near, far = sorted(found.mel_distances[z, mel].items(), key=lambda pair: pair[1])
    line = texts.SOUNDS_LIKE.format(near=near[0].upper(), close=near[1], far=far[0].upper(), distant=far[1])
    if z == mel and found.patients[z].recording is not None:
        line = texts.RETURNS
    sound = f"gradio_api/file={wav_for_page(samples, SETTINGS.sample_rate, f'z-of-{z}-mel-of-{mel}')}"
    pair = {"z": names[z], "mel": names[mel]}
    return (
        f'<figure class="z-{z} mel-{mel}"><button type="button" id="exchange-{z}-{mel}" aria-pressed="false" '
        f'data-sound="{escape(sound)}" aria-label="{texts.CELL_LABEL.format(**pair)}">'
        f'<img alt="{texts.CELL_ALT.format(**pair)}" src="data:image/png;base64,{_levels(samples, top)}">'
        f"<i></i></button>"
        f"<figcaption><b>z {z.upper()} + mel {mel.upper()}</b> {line}</figcaption></figure>"
    )


def _levels(samples: np.ndarray, top: float) -> str:
    levels = spectrogram(samples, SETTINGS.sample_rate).levels
    scaled = np.clip((levels[:, :: -(-levels.shape[1] // 240)] - (top - RANGE)) / RANGE, 0, 1)
    return png_of((255 * scaled[::2]).round().astype(np.uint8), level_palette())


def _mel(found: Exchange, key: str) -> str:
    mel = found.patients[key].latents.mel
    scaled = np.clip((mel[:, :: -(-mel.shape[1] // WIDEST)] - MEL_FLOOR) / max(float(mel.max()) - MEL_FLOOR, 1), 0, 1)
    return png_of((255 * scaled).round().astype(np.uint8), level_palette())


def _z(found: Exchange, key: str) -> str:
    return picture(found.patients[key].latents.z, LIMIT, WIDEST, WIDEST)


def done(operations: tuple[Operation, ...], other: str) -> str:
    """What was done, in order; `other` is the name of the other recording."""
    items = "".join(f"<li>{escape(said(operation, other))}</li>" for operation in operations)
    return f'<ol class="surgery-done">{items}</ol>'


def said(operation: Operation, other: str) -> str:
    """An operation in words."""
    values = operation.to_dict()
    if "other" in values:
        values["other"] = other
    if "shape" in values:
        values["shape"] = texts.SHAPES[values["shape"]]
    if "way" in values:
        values["way"] = texts.WAYS[values["way"]]
    return texts.DONE[operation.kind].format(**values)
