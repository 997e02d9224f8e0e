"""Teaching begins in the header: buttons for the tour, the glossary and the other language.

What they open is data in `assets/learn`, which the page fetches when it is needed; `assets/learn*.js` does the rest.
"""

from __future__ import annotations

from vocoder.ui.texts import tour as texts


def header() -> str:
    """The buttons that start the tour, open the glossary and change the language."""
    return (
        f'<nav class="learn" aria-label="{texts.LEARN}">'
        f'<button type="button" data-learn="tour">{texts.TAKE_THE_TOUR}</button>'
        f'<button type="button" data-learn="glossary">{texts.GLOSSARY}</button>'
        '<span translate="no">'
        f'<button type="button" data-learn="language" lang="de">{texts.IN_GERMAN}</button>'
        f'<button type="button" data-learn="language" lang="en">{texts.IN_ENGLISH}</button>'
        "</span></nav>"
    )
