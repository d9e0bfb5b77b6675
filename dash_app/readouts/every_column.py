"""A table of all of a dataset's columns as they stand, for a dataset that has no card of its own kind."""

from __future__ import annotations

from typing import Any

from dash_app.figures.style import Columns, View
from dash_app.readouts.formats import number, words
from dash_app.readouts.tables import Cell, Heading, Table, rows_of


def every_column(columns: Columns, view: View) -> Table:
    """Return every entry, a column each; numbers stand to the right, null is a dash."""
    numeric = {name: any(type(value) in (int, float) for value in column) for name, column in columns.items()}
    return Table(
        tuple(Heading(words(name), numeric[name]) for name in columns),
        tuple(tuple(_cell(value) for value in row.values()) for row in rows_of(columns)),
    )


def _cell(value: Any) -> Cell:
    if value is None:
        return Cell("–", -1.0)
    if type(value) in (int, float):
        return Cell(number(value), float(value))
    if type(value) is bool:
        return Cell("yes" if value else "no")
    return Cell(str(value))
