"""Words of the row that takes things along: links, recipes, the download."""

from __future__ import annotations

TITLE = "Take it with you"
ABOUT = "A link, a program or a command brings back the very samples; the download holds everything shown."
LINK, PYTHON, COMMAND = "Copy link", "Copy as Python", "Copy as command"
EVERYTHING = "Download everything"
SHARED = "To copy"
COPIED, NOT_COPIED = "Copied.", "Your browser did not let us copy; the text is below."
BUNDLE = "{name}, {megabytes:.1f} MB"

PACKING = "Drawing figures"
IGNORED = "This link says things that this page cannot follow, so they were left out: {names}."
REPLACED = "The weights have been replaced since this link was made, so the flow sounds different from what was meant."
ASK_FOR = (
    "This link was made with {name}, which is downloaded only when you ask for it: press Load under Models, where its "
    "name is filled in. Until then you hear {here}."
)
OWN_SOUND = "This link is about a recording of somebody's own, which is not kept here: drop it in to hear it so."
NO_PLACE = "A link names a tab, and a part to loop as start_end in seconds, such as 0.5_1.25."
