"""What the header and the footer say of the tour, the glossary and the other language.

The tour's steps and the glossary's terms are data: assets/learn/tour.json and glossary.json; German is in de.json.
"""

from __future__ import annotations

TAKE_THE_TOUR = "Take the tour"
GLOSSARY = "Glossary"
IN_GERMAN, IN_ENGLISH = "Deutsch", "English"  # each in its own language
LEARN = "Learn and language"
