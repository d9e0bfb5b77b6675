"""Text on pages: every text from the database passes through this module before a component holds it.

The browser shows it as text, whatever it holds. This module removes control and format characters, isolates
text that runs from right to left from the text beside it, and cuts long texts. A cut text opens with a click,
a tap or a key.
"""

from __future__ import annotations

import re
from typing import Any

from dash import html

from engine.model.text.plain_text import plain_text, shortened

CELL_LENGTH = 160
TITLE_LENGTH = 300
WHOLE_LENGTH = 2_000
RAW_LENGTH = 20_000


def page_text(text: str, most: int = CELL_LENGTH) -> Any:
    """Return a text as children of an element: whole, or cut with an expander that has all of it.

    The expander ends at ``WHOLE_LENGTH``; the API has the whole text.
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


def raw_text(text: str, most: int = CELL_LENGTH) -> Any:
    """Return a text with its line breaks as children of an element: its beginning, which opens to all of it.

    One line that is not long stands there whole. The rest ends at ``RAW_LENGTH`` letters.
    """
    plain = plain_text(text)
    short = shortened(plain, most)
    if short == plain and len(text.splitlines()) < 2:
        return _isolated(plain)
    return html.Details(
        [
            html.Summary([html.Bdi(short, className="short"), html.Span("Show less", className="less")]),
            raw_block(text),
        ],
        className="cut-text",
    )


def raw_block(text: str) -> html.Pre:
    """Return a text with its line breaks as a block that scrolls; it ends at ``RAW_LENGTH`` letters."""
    lines = [plain_text(line) for line in text[:RAW_LENGTH].splitlines()]
    if len(text) > RAW_LENGTH:
        lines.append("…")
    return html.Pre("\n".join(lines), className="raw-text", dir="auto", tabIndex="0")


def title_text(text: str) -> str | None:
    """Return a text as a ``title`` attribute; None if it is empty."""
    return shortened(plain_text(text), TITLE_LENGTH) or None


def breakable(name: str) -> list[Any]:
    """Return a name like ``page/of_a_dataset`` as children of an element; it breaks after a sign first."""
    parts = re.findall(r"[^/_?&=]*[/_?&=]+|[^/_?&=]+", name)
    return [child for part in parts for child in (html.Wbr(), part)][1:]


def _isolated(plain: str) -> Any:
    # ASCII has no letter that runs from right to left.
    return plain if plain.isascii() else html.Bdi(plain)
