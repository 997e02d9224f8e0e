"""A link in the address brings back what somebody else has heard: the page reads it once, when it opens."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from vocoder.explorer.recipe import Recipe, from_query
from vocoder.ui import engine, listen, models, precomputed, shelf
from vocoder.ui.share_wiring import weights
from vocoder.ui.shared import Desk, Update, named
from vocoder.ui.sounds import examples, open_example
from vocoder.ui.texts import share as texts
from vocoder.ui.work import in_sentences

OTHERS = ("lang", "view", "logs")  # in an address, and no business of ours; as all that begins with two underscores


class Links:
    """The listeners; `connect` comes before those of tabs that chain on `desk.opened`."""

    def __init__(
        self, desk: Desk, ears: listen.Tab, shelves: models.Tab, tabs: gr.Tabs, names: Collection[str]
    ) -> None:
        self.desk, self.ears, self.shelves, self.tabs, self.names = desk, ears, shelves, tabs, names
        self.linked = gr.State(None)  # of Recipe | None, what can be followed at once
        self.meant = gr.State(None)  # of Recipe | None, what can be once its flow has been loaded from the Hub

    def connect(self, app: gr.Blocks) -> None:
        """Reads the address when the page opens; what it asks for is done in the queue, and only if it asks for any."""
        desk, ears, shelves = self.desk, self.ears, self.shelves
        at_once: dict[str, Any] = {"concurrency_limit": None, "show_progress": "hidden", "api_visibility": "private"}
        # In the queue, since only there a sentence can be said, and waiting for nobody.
        app.load(self.read_link, None, [self.linked, self.meant, self.tabs, shelves.name, shelves.message], **at_once)
        ears.checkpoint.change(self.check_weights, [ears.checkpoint, self.meant], None, **at_once)
        controls = [desk.inputs.example, ears.systems, ears.temperature, ears.seed, ears.checkpoint]
        outputs = [desk.state, *controls, *ears.view.values()]
        desk.opened.append(
            desk.on(self.linked.change, self.follow_link, [self.linked], outputs, api_visibility="private")
        )

    def read_link(self, request: gr.Request) -> dict[Any, Any]:
        """The recipe in the address, or None; what of it cannot be followed is left out, and that is said.

        The tab is turned to at once: components that are only just being laid out would miss the values that follow.
        A flow of the Hub is not downloaded for a link: its name is written where the visitor can ask for it.
        """
        given = dict(request.query_params)
        query = {name: text for name, text in given.items() if name not in OTHERS and not name.startswith("__")}
        if not query:
            return {self.linked: None}
        recipe, unread = from_query(query)
        here = recipe.checkpoint in engine.checkpoints()
        meant = None if here or not shelf.of_the_hub(recipe.checkpoint) else recipe
        recipe, unknown = self._known(recipe)
        if unread or unknown:
            names = ", ".join(name[:40] for name in sorted({*unread, *unknown}))
            gr.Warning(texts.IGNORED.format(names="".join(c if c.isalnum() or c in "-_., " else "?" for c in names)))
        if recipe.upload:
            gr.Info(texts.OWN_SOUND)
        elif recipe.weights and recipe.weights != weights(recipe.checkpoint):
            gr.Warning(texts.REPLACED)
        found: dict[Any, Any] = {
            self.linked: recipe if recipe != self._known(Recipe())[0] else None,
            self.tabs: gr.Tabs(selected=recipe.tab),
        }
        if meant is None:
            return found
        sentence = texts.ASK_FOR.format(name=meant.checkpoint, here=recipe.checkpoint)
        gr.Info(sentence)
        shelves = self.shelves
        return found | {self.meant: meant, shelves.name: meant.reference, shelves.message: models.said(sentence)}

    def check_weights(self, checkpoint: str, meant: Recipe | None) -> None:
        """Says so if the flow that a link asks for is another one by the time that it is loaded."""
        if meant and checkpoint == meant.reference and meant.weights not in ("", weights(checkpoint)):
            gr.Warning(texts.REPLACED)

    @in_sentences
    def follow_link(self, recipe: Recipe) -> Iterator[Update]:
        """Opens what a link names, as it names it."""
        settings = recipe.checkpoint, recipe.temperature, recipe.seed, recipe.systems
        session = precomputed.session(recipe.example, *settings)
        if session is None:
            session = yield from self.desk.follow(engine.hear(open_example(recipe.example), *settings))
        session = listen.written(session)
        ears = self.ears
        controls: Update = {
            self.desk.state: session,
            self.desk.inputs.example: recipe.example,
            ears.systems: list(recipe.systems),
            ears.temperature: recipe.temperature,
            ears.seed: recipe.seed,
            ears.checkpoint: recipe.checkpoint,
        }
        yield controls | named(ears.view, listen.show(session, recipe.region))

    def _known(self, recipe: Recipe) -> tuple[Recipe, list[str]]:
        """The recipe with what is here in place of what is not, and the names of what is not."""
        unknown = []
        if recipe.checkpoint not in engine.checkpoints():
            unknown += ["checkpoint"] if recipe.checkpoint and not shelf.of_the_hub(recipe.checkpoint) else []
            recipe = replace(recipe, checkpoint=engine.first_checkpoint(), weights="", revision="")
        if recipe.tab not in self.names:
            unknown.append("tab")
            recipe = replace(recipe, tab=Recipe().tab)
        if not self._are_here(recipe.systems):
            unknown.append("systems")
            recipe = replace(recipe, systems=engine.FIRST_SYSTEMS)
        return replace(recipe, example=recipe.example or next(iter(examples()))), unknown

    def _are_here(self, systems: tuple[str, ...]) -> bool:
        # Only those that the page does not open with are looked up: the table of systems waits for PyTorch.
        return set(systems) <= set(engine.FIRST_SYSTEMS) or set(systems) <= {
            row.name for row in engine.rows() if row.available
        }
