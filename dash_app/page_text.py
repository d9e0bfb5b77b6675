"""Text on pages: every text from the database that a component holds has passed through this module.

React shows text as text; what is left to do is to take out control and format characters, to keep text
that runs from right to left from turning what stands beside it, and to cut what nobody reads at a glance.
What is cut opens with a click, a tap or a key.
"""

from __future__ import annotations

from typing import Any

from dash import html

from engine.model.text.plain_text import plain_text, shortened

CELL_LENGTH = 160
TITLE_LENGTH = 300
WHOLE_LENGTH = 2_000


def page_text(text: str, most: int = CELL_LENGTH) -> Any:
    """Return a text as children of an element: as it is, or cut, with the whole of it in an expander.

    Beyond ``WHOLE_LENGTH`` the whole is cut too; the API has all of it.
    """
    plain = plain_text(text)
    short = shortened(plain, most)
    if short == plain:
        return _isolated(plain)
    return html.Details(
        [
            html.Summary([html.Bdi(short, className="short"), html.Span("Show less", className="less")]),
            html.Bdi(shortened(plain, WHOLE_LENGTH)),
        ],
        className="cut-text",
    )


def title_text(text: str) -> str | None:
    """Return a text as a ``title`` attribute; None if it is empty."""
    return shortened(plain_text(text), TITLE_LENGTH) or None


def _isolated(plain: str) -> Any:
    # ASCII has no letter that runs from right to left, so nothing needs to be kept apart.
    return plain if plain.isascii() else html.Bdi(plain)
