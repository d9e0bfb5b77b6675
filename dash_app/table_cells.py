"""Cells of tables as Dash components: a text, a link, a badge, a bar below a number, what opens rows.

A further kind of cell is a field of ``formatters.tables.Cell`` and a branch of ``_content``.
"""

from __future__ import annotations

from typing import Any

import orjson
from dash import html

from dash_app.elements import aged, link, opener
from dash_app.formatters.tables import Cell, Heading
from dash_app.page_text import breakable, raw_text, title_text
from dash_app.table_windows import sort_text
from engine.model.text.plain_text import plain_text

LONG_TEXT = 30


def cell_element(cell: Cell, heading: Heading, *, is_main: bool = False, sorts: bool = True) -> html.Td:
    """Return a cell; ``is_main``: it stands beside the row's name on a phone.

    ``sorts``: the browser sorts by it, and so needs to know what it sorts by.
    """
    content = _content(cell)
    attributes = {
        "className": " ".join(_classes(cell, heading, is_main)),
        "title": title_text(cell.note),
        "style": None if cell.share is None else {"--share": f"{cell.share * 100:.1f}%"},
        "data-sort": sort_text(cell) if sorts else "",
    }
    # A long table has a thousand cells: what says nothing is not sent.
    said = {name: value for name, value in attributes.items() if value}
    return html.Td(html.Div(content, className="cell-text") if _is_long(cell) else content, **said)


def _is_long(cell: Cell) -> bool:
    return len(cell.text) > LONG_TEXT and cell.age is None


def _classes(cell: Cell, heading: Heading, is_main: bool) -> list[str]:
    holds = {
        "numeric": heading.numeric,
        f"tone-{cell.tone}": bool(cell.tone) and not cell.badge,
        "with-share": cell.share is not None,
        "is-marked": cell.is_marked,
        "long": _is_long(cell),
        "is-main": is_main,
    }
    return [name for name, is_so in holds.items() if is_so]


def _content(cell: Cell) -> Any:
    text = _detailed(opener(_text(cell), cell.opens), cell)
    if cell.badge:
        text = html.Span(text, className=f"pill pill-{cell.tone or 'plain'}")
    # A list within a list is no component.
    parts = [*text] if isinstance(text, list) else [text]
    if cell.after:
        parts.append(f" {cell.after}")
    if cell.share is not None:
        parts.append(html.Span(className="cell-bar", **{"aria-hidden": "true"}))
    return parts if len(parts) > 1 else text


def _detailed(text: Any, cell: Cell) -> Any:
    """Return a text as the button that shows the details of its row; the text itself without any."""
    if not cell.details:
        return text
    sections = [
        [title, [[label, plain_text(value)] for label, value in lines]] for title, lines in cell.details
    ]
    details = orjson.dumps(sections).decode()
    attributes = {"aria-haspopup": "dialog", "aria-expanded": "false", "data-details": details}
    shown = breakable(text) if isinstance(text, str) else text
    return html.Button(shown, type="button", className="row-details", **attributes)


def _text(cell: Cell) -> Any:
    if cell.path:
        return link(cell.text, cell.path)
    return raw_text(cell.text) if cell.raw else aged(cell.text, cell.age)
