"""Windows of long tables: ``WINDOW_ROWS`` rows at a time, in the order that a browser asks for.

A table of up to ``MOST_WHOLE_ROWS`` is whole. A page's signal names the window of each card. Rows are sorted
here, because the browser has only a part of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dash_app.formatters.tables import Cell, Table
from dash_app.page_text import CELL_LENGTH
from engine.model.text.plain_text import plain_text

WINDOW_ROWS = 25
MOST_WHOLE_ROWS = 50


@dataclass(frozen=True)
class Window:
    """A window of a table: its first row, counted from 0, and the column its rows are sorted by.

    A column of None means the table's own order.
    """

    first: int = 0
    column: int | None = None
    descending: bool = False


FIRST_WINDOW = Window()


@dataclass(frozen=True)
class TablePart:
    """The rows of a table in a window, which is fitted to the table; ``total`` counts all rows."""

    table: Table
    window: Window
    total: int

    @property
    def is_whole(self) -> bool:
        """Return whether these are all rows of the table."""
        return len(self.table.rows) == self.total


def windows_of(signal: Any) -> dict[str, Window]:
    """Return the windows in a page's signal by card; anything else in it is ignored."""
    sent = signal.get("windows") if isinstance(signal, Mapping) else None
    if not isinstance(sent, Mapping):
        return {}
    found = {str(card): _window(window) for card, window in sent.items() if isinstance(window, Mapping)}
    return {card: window for card, window in found.items() if window != FIRST_WINDOW}


def _window(sent: Mapping[str, Any]) -> Window:
    first, column = sent.get("first"), sent.get("column")
    return Window(
        first if type(first) is int and first > 0 else 0,
        column if type(column) is int and column >= 0 else None,
        sent.get("descending") is True,
    )


def part_of(table: Table, window: Window) -> TablePart:
    """Return the rows of a table in a window; beyond the end, those of the last window."""
    total = len(table.rows)
    column = window.column if window.column is not None and window.column < len(table.headings) else None
    if total <= MOST_WHOLE_ROWS:
        # The browser sorts a table if it has all rows.
        return TablePart(table, FIRST_WINDOW, total)
    first = min(window.first, total - 1) // WINDOW_ROWS * WINDOW_ROWS
    rows = table.rows
    if column is not None:
        rows = tuple(sorted(rows, key=lambda row: _sort_key(row[column]), reverse=window.descending))
    part = Table(table.headings, rows[first : first + WINDOW_ROWS], table.nothing)
    return TablePart(part, Window(first, column, window.descending), total)


def sort_text(cell: Cell) -> str:
    """Return the text that a cell sorts by, here and in the browser: as a number if it is one."""
    return plain_text(cell.text)[:CELL_LENGTH] if cell.sort is None else str(cell.sort)


def _sort_key(cell: Cell) -> tuple[bool, float, str]:
    """Return the sort key of a cell; numbers come before texts."""
    text = sort_text(cell)
    try:
        return (False, float(text), "")
    except ValueError:
        return (True, 0.0, text.lower())
