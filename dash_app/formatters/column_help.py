"""What the columns of a table mean, from the header of the dataset that they show."""

from __future__ import annotations

from dataclasses import replace

from dash_app.formatters.formats import NOTHING
from dash_app.formatters.tables import NO_VALUE, Heading, Table
from dash_app.table_windows import sort_text
from engine.model.catalogue.datasets import Dataset

_UNITS = {
    "fraction": "A share, as a percentage",
    "s": "A duration",
    "min": "A duration",
    "h": "A duration",
    "d": "In days",
    "USD": "In US dollars",
    "bytes": "A size",
}


def with_help(table: Table, dataset: Dataset) -> Table:
    """Return a table whose headings say what their columns count, in which unit, and what a dash means.

    A heading with a help of its own keeps it.
    """
    shown = tuple(_with_help(heading, place, table, dataset) for place, heading in enumerate(table.headings))
    return replace(table, headings=shown)


def _with_help(heading: Heading, place: int, table: Table, dataset: Dataset) -> Heading:
    column = next((column for column in dataset.columns if column.name == heading.column), None)
    if column is None or not column.help:
        return heading
    lines = [f"{column.help}."]
    if column.unit is not None:
        lines.append(f"{_UNITS.get(column.unit, f'Counted in {column.unit}')}.")
    if any(sort_text(row[place]) == NO_VALUE for row in table.rows):
        lines.append(f"{NOTHING} is no value.")
    if any(row[place].opens for row in table.rows):
        lines.append("A number opens its rows.")
    return replace(heading, help="\n".join(lines))
