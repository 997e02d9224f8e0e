"""A link in the address brings back what somebody else has heard: the page reads it once, when it opens."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

import gradio as gr

from vocoder.explorer.recipe import Recipe, from_query
from vocoder.ui import engine, listen, precomputed
from vocoder.ui.share_wiring import weights
from vocoder.ui.shared import Desk, Update, named
from vocoder.ui.sounds import examples, open_example
from vocoder.ui.texts import share as texts
from vocoder.ui.work import in_sentences

OTHERS = ("lang", "view", "logs")  # in an address, and no business of ours; as all that begins with two underscores


class Links:
    """The listeners; `connect` comes before those of tabs that chain on `desk.opened`."""

    def __init__(self, desk: Desk, ears: listen.Tab, tabs: gr.Tabs, names: Collection[str]) -> None:
        self.desk, self.ears, self.tabs, self.names = desk, ears, tabs, names

    def connect(self, app: gr.Blocks) -> None:
        """Reads the address when the page opens; what it asks for is done in the queue, and only if it asks for any."""
        desk, ears = self.desk, self.ears
        linked = gr.State(None)
        app.load(
            self.read_link, None, [linked, self.tabs], concurrency_limit=None, show_progress="hidden",
            api_visibility="private",
        )  # fmt: skip  # in the queue, since only there a sentence can be said, and waiting for nobody
        controls = [desk.inputs.example, ears.systems, ears.temperature, ears.seed, ears.checkpoint]
        outputs = [desk.state, *controls, *ears.view.values()]
        desk.opened.append(desk.on(linked.change, self.follow_link, [linked], outputs, api_visibility="private"))

    def read_link(self, request: gr.Request) -> tuple[Recipe | None, gr.Tabs]:
        """The recipe in the address, or None; what of it cannot be followed is left out, and that is said.

        The tab is turned to at once: components that are only just being laid out would miss the values that follow.
        """
        given = dict(request.query_params)
        query = {name: text for name, text in given.items() if name not in OTHERS and not name.startswith("__")}
        if not query:
            return None, gr.Tabs()
        recipe, unread = from_query(query)
        recipe, unknown = self._known(recipe)
        if unread or unknown:
            names = ", ".join(name[:40] for name in sorted({*unread, *unknown}))
            gr.Warning(texts.IGNORED.format(names="".join(c if c.isalnum() or c in "-_., " else "?" for c in names)))
        if recipe.upload:
            gr.Info(texts.OWN_SOUND)
        elif recipe.weights and recipe.weights != weights(recipe.checkpoint):
            gr.Warning(texts.REPLACED)
        return recipe if recipe != self._known(Recipe())[0] else None, gr.Tabs(selected=recipe.tab)

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
            unknown += ["checkpoint"] if recipe.checkpoint else []
            recipe = replace(recipe, checkpoint=engine.first_checkpoint(), weights="")
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
