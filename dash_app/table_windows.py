"""Windows of tables: the order of rows, and ``WINDOW_ROWS`` of them at a time where there are more.

A table of up to ``WINDOW_ROWS`` is whole, and the browser sorts it. A longer one is sorted and searched here,
because the browser has only a part of it. A page's signal names the window of each card.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dash_app.formatters.formats import NOTHING
from dash_app.formatters.tables import NO_VALUE, Cell, Table
from dash_app.page_text import CELL_LENGTH
from engine.model.text.plain_text import plain_text

WINDOW_ROWS = 50
MOST_LETTERS = 100


@dataclass(frozen=True)
class Window:
    """A window of a table: its first row, counted from 0, and the heading its rows are sorted by.

    A heading of None means the table's own order. ``find`` is a text that all rows have, whatever its case.
    """

    first: int = 0
    heading: str | None = None
    descending: bool = False
    find: str = ""


FIRST_WINDOW = Window()


@dataclass(frozen=True)
class TablePart:
    """The rows of a table in a window, which is fitted to the table.

    ``total`` counts all rows, ``found`` those that have the window's text. ``is_whole``: these are all rows,
    and the browser sorts and turns them.
    """

    table: Table
    window: Window
    total: int
    found: int
    is_whole: bool


def windows_of(signal: Any) -> dict[str, Window]:
    """Return the windows in a page's signal by card; anything else in it is ignored."""
    sent = signal.get("windows") if isinstance(signal, Mapping) else None
    if not isinstance(sent, Mapping):
        return {}
    found = {str(card): _window(window) for card, window in sent.items() if isinstance(window, Mapping)}
    return {card: window for card, window in found.items() if window != FIRST_WINDOW}


def _window(sent: Mapping[str, Any]) -> Window:
    first, heading, find = sent.get("first"), sent.get("heading"), sent.get("find")
    return Window(
        first if type(first) is int and first > 0 else 0,
        heading if isinstance(heading, str) else None,
        sent.get("descending") is True,
        find.strip()[:MOST_LETTERS] if isinstance(find, str) else "",
    )


def part_of(table: Table, window: Window, *, is_whole: bool = False) -> TablePart:
    """Return the rows of a table in a window; beyond the end, those of the last window.

    ``is_whole`` gives all rows of a long table, in its own order.
    """
    total = len(table.rows)
    is_whole = is_whole or total <= WINDOW_ROWS
    window = _ordered(table, FIRST_WINDOW if is_whole else window)
    rows = table.rows
    if window.find:
        wanted = window.find.casefold()
        rows = tuple(row for row in rows if any(wanted in cell.text.casefold() for cell in row))
    if window.heading is not None:
        rows = sorted_rows(rows, table.place_of(window.heading), window.descending)
    first = min(window.first, max(0, len(rows) - 1)) // WINDOW_ROWS * WINDOW_ROWS
    part = replace(table, rows=rows if is_whole else rows[first : first + WINDOW_ROWS])
    return TablePart(part, replace(window, first=first), total, len(rows), is_whole)


def _ordered(table: Table, window: Window) -> Window:
    """Return a window with the order that it has: its own, that of the table, or none."""
    if window.heading in [heading.text for heading in table.headings]:
        return window
    if table.order is None:
        return replace(window, heading=None)
    return replace(window, heading=table.order.heading, descending=table.order.descending)


def sorted_rows(
    rows: tuple[tuple[Cell, ...], ...], column: int, descending: bool
) -> tuple[tuple[Cell, ...], ...]:
    """Return rows sorted by a column; those without a value stand last, equal ones keep their order."""
    known = [row for row in rows if sort_text(row[column]) != NO_VALUE]
    without = [row for row in rows if sort_text(row[column]) == NO_VALUE]
    known.sort(key=lambda row: _sort_key(row[column]), reverse=descending)
    return (*known, *without)


def sort_text(cell: Cell) -> str:
    """Return the text that a cell sorts by, here and in the browser: as a number if it is one."""
    if cell.sort is None:
        return NO_VALUE if cell.text == NOTHING else plain_text(cell.text)[:CELL_LENGTH]
    if isinstance(cell.sort, float) and math.isinf(cell.sort):
        return "Infinity" if cell.sort > 0 else "-Infinity"
    return str(cell.sort)


def _sort_key(cell: Cell) -> tuple[bool, float, str]:
    """Return the sort key of a cell; numbers come before texts."""
    text = sort_text(cell)
    try:
        return (False, float(text), "")
    except ValueError:
        return (True, 0.0, text.lower())
