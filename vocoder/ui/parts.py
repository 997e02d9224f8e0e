"""The few components of our own, and what every listener on the page shares."""

from __future__ import annotations

import math
from typing import Any

import gradio as gr
from gradio.component_meta import ComponentMeta

from vocoder.ui import texts

LARGEST_SEED = 2**32 - 1
COMPUTE = "compute"  # listeners of this name run one at a time, so that they do not fight for the device
STOP = "() => { window.explorer.stop(); }"  # takes the strip away; see assets/page.js


class NoStub(ComponentMeta):
    """Gradio writes a .pyi beside the source of every class of components; ours are not to litter."""

    def __new__(mcs, name: str, bases: tuple[type, ...], attributes: dict[str, Any]) -> Any:
        return type.__new__(mcs, name, bases, attributes)


class Note(gr.HTML, metaclass=NoStub):
    """HTML that is for eyes only: it is left out of the API."""

    @property
    def skip_api(self) -> bool:
        return True


class Figures(gr.HTML, metaclass=NoStub):
    """A table of numbers as data: the page draws it from a template, and the API returns the numbers themselves."""

    def api_info(self) -> dict[str, Any]:
        return {"type": "object", "description": "a table: head, and rows of cells with their text and value"}


_FIGURES = """
<div class="figures"><table>
  <thead><tr>
    {{#each value.head}}<th scope="col"><span title="{{this.hint}}">{{this.text}}</span></th>{{/each}}
  </tr></thead>
  <tbody>
    {{#each value.rows}}<tr>
      <th scope="row"><span title="{{this.hint}}">
        {{#if this.colour}}<i style="background:{{this.colour}}"></i>{{/if}}{{this.name}}
      </span></th>
      {{#each this.cells}}<td>{{this.text}}</td>{{/each}}
    </tr>{{/each}}
  </tbody>
</table></div>
"""


def figures(value: dict[str, Any], label: str, elem_id: str) -> Figures:
    """The table of {"head": [{"text", "hint"}], "rows": [{"name", "colour", "hint", "cells": [{"text", "value"}]}]}."""
    return Figures(value, html_template=_FIGURES, label=label, elem_id=elem_id)


def number_cell(value: float | None, form: str, unit: str = "") -> dict[str, Any]:
    """A cell of `Figures`; a measure that could not be taken is a dash."""
    if value is None or not math.isfinite(value):
        return {"value": None, "text": "\N{EN DASH}"}
    text = f"{value:{form}}"
    if not text.strip("-0.,"):
        text = text.lstrip("-")  # what is rounded to nothing has no sign
    return {"value": value, "text": text.replace("-", "\N{MINUS SIGN}") + unit}


def temperature_slider(value: float, elem_id: str) -> gr.Slider:
    """From no noise at all to more than the network was trained for."""
    return gr.Slider(0, 1.2, value, step=0.05, label=texts.TEMPERATURE, info=texts.TEMPERATURE_INFO, elem_id=elem_id)


def seed_box(value: int, elem_id: str) -> gr.Number:
    """A seed, and a button that draws another in the browser."""
    seed = gr.Number(
        value, label=texts.SEED, precision=0, minimum=0, maximum=LARGEST_SEED, elem_id=elem_id, min_width=90
    )
    new = gr.Button(texts.NEW_SEED, size="sm", elem_id=f"new-{elem_id}", min_width=90)
    new.click(None, outputs=seed, js=f"() => Math.floor(Math.random() * {LARGEST_SEED})")
    return seed
