"""What a table is: its headings, cells and order, and how numbers, instants and changes become cells."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dash_app.figures.style import View
from dash_app.formatters.ages import Age
from dash_app.formatters.comparison import before_of, change_of
from dash_app.formatters.formats import NOTHING, change, parse_instant, stamp
from engine.model.values.payload import Columns

NO_VALUE = ""
"""What a cell without a value sorts by: it stands last in either direction."""

Details = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
"""Sections with a title, each of labels and texts."""


@dataclass(frozen=True)
class Cell:
    """One cell: its text, its sort value, a tone, and a note shown on hovering.

    A ``sort`` of None is the text, which is ``NO_VALUE`` if it is a dash.
    ``share`` (0 to 1) draws a bar below a number, ``badge`` a box around the text. ``age`` is the age
    in the text, None if there is none. ``after`` is the dashboard's own text after the text. ``path`` is the
    page that the text leads to, below the base path; None for none. ``raw``: the text is shown whole on
    demand, with its line breaks. ``is_marked``: it is what the reader has come for.
    ``opens`` is what opens the rows behind its number, the empty text if nothing does. ``details`` are what a
    click on the row, or Enter on this cell, shows.
    """

    text: str
    sort: float | str | None = None
    tone: str = ""
    note: str = ""
    share: float | None = None
    badge: bool = False
    age: Age | None = None
    after: str = ""
    path: str | None = None
    raw: bool = False
    is_marked: bool = False
    opens: str = ""
    details: Details = ()


@dataclass(frozen=True)
class Heading:
    """A column's heading; numbers are aligned to the right.

    ``column`` is the column of the dataset that it shows, from whose header its ``help`` is taken.
    ``help`` says what its values mean; empty if the heading says it all. ``unit`` is that of the numbers that
    its cells sort by, for files; empty for counts and fractions.
    """

    text: str
    numeric: bool = False
    column: str = ""
    help: str = ""
    unit: str = ""


def headings(*texts: str | tuple[str, str] | Heading) -> tuple[Heading, ...]:
    """Return headings; a text that begins with ``# `` is that of a column of numbers.

    The second text of a pair names the column of the dataset that is shown.
    """
    return tuple(text if isinstance(text, Heading) else _heading(text) for text in texts)


def _heading(text: str | tuple[str, str]) -> Heading:
    text, column = (text, "") if isinstance(text, str) else text
    return Heading(text.removeprefix("# "), text.startswith("# "), column)


def explained(text: str, help: str, unit: str = "") -> Heading:
    """Return a heading whose help stands beside it, because no dataset has it; ``unit`` is of its numbers."""
    return replace(_heading(text), help=help, unit=unit)


def measured(text: str, unit: str) -> Heading:
    """Return a heading of numbers with their unit."""
    return replace(_heading(text), unit=unit)


@dataclass(frozen=True)
class Order:
    """The order of rows by one column, named by its heading."""

    heading: str
    descending: bool = False


@dataclass(frozen=True)
class Table:
    """A table as text; ``nothing`` is shown if it has no rows, ``remark`` below the rows.

    The first column names the row, and stays in view. ``main`` is the heading of the column that stands
    beside it on a phone; empty for the first column of numbers. ``order`` is how the rows are sorted until a
    reader asks for another order; None leaves them as they are.
    Raises ValueError if ``main`` or ``order`` names no heading.
    """

    headings: tuple[Heading, ...]
    rows: tuple[tuple[Cell, ...], ...]
    nothing: str = "nothing to show"
    remark: str = ""
    main: str = ""
    order: Order | None = None

    def __post_init__(self) -> None:
        names = [heading.text for heading in self.headings]
        named = (self.main, "" if self.order is None else self.order.heading)
        if unknown := [name for name in named if name and name not in names]:
            raise ValueError(f"no heading is {unknown[0]!r}, of {', '.join(names)}")

    def place_of(self, heading: str) -> int:
        """Return the place of a column by its heading."""
        return [each.text for each in self.headings].index(heading)

    @property
    def main_place(self) -> int:
        """Return the place of the column that stands beside the name on a phone."""
        if self.main:
            return self.place_of(self.main)
        numeric = [place for place, heading in enumerate(self.headings) if heading.numeric]
        return numeric[0] if numeric else min(1, len(self.headings) - 1)


TableFunction = Callable[[Columns, View], Table]


def rows_of(columns: Columns) -> Iterator[dict[str, Any]]:
    """Yield each entry of a dataset by column name."""
    for values in zip(*columns.values(), strict=True):
        yield dict(zip(columns, values, strict=True))


def figure_cell(value: float | None, text: str, most: float = 0, tone: str = "") -> Cell:
    """Return a cell that sorts by its number, with a bar if ``most`` is above 0; a null sorts last."""
    share = None if not most or value is None else min(1.0, max(0.0, value / most))
    return Cell(text, NO_VALUE if value is None else float(value), tone, share=share)


def counted_cell(
    view: View, row: Mapping[str, Any], column: str, text: str, *, most: float = 0, tone: str = ""
) -> Cell:
    """Return a cell with a number of a row of the value, which opens the rows behind it."""
    return opening(figure_cell(row[column], text, most, tone), view, row, column)


def opening(cell: Cell, view: View, row: Mapping[str, Any], column: str) -> Cell:
    """Return a cell that opens the rows behind a number of a row, if there are any."""
    return replace(cell, opens=view.openers.of(column, row))


def instant_cell(text: str | None, view: View, tone: str = "") -> Cell:
    """Return a cell with an instant's age; its local time is shown on hovering."""
    instant = None if text is None else parse_instant(text)
    return moment_cell(instant, view, tone)


def moment_cell(instant: datetime | None, view: View, tone: str = "") -> Cell:
    """Return a cell with an instant's age at the view's instant."""
    return Cell(NOTHING, NO_VALUE, tone) if instant is None else aged_cell(Age(instant), view, tone)


def aged_cell(age: Age, view: View, tone: str = "", badge: bool = False) -> Cell:
    """Return a cell with an age, which sorts by its instant."""
    note = f"{stamp(age.instant, view.zone)} {view.zone.key}"
    return Cell(age.text(view.as_of), age.instant.timestamp(), tone, note, badge=badge, age=age)


def change_heading(view: View) -> tuple[Heading, ...]:
    """Return the heading of the changes; none if the period before is not compared."""
    return (
        ()
        if view.previous is None
        else (explained("# Change", "Against the period before, of the same length"),)
    )


def change_cells(
    columns: Columns, view: View, names: Sequence[str], number_column: str
) -> list[tuple[Cell, ...]]:
    """Return each row's cell with the change of a number; ``names`` are the columns that rows differ in."""
    if view.previous is None:
        return [()] * len(columns[number_column])
    before = before_of(columns, view, names, number_column)
    return [(change_cell(*pair),) for pair in zip(columns[number_column], before, strict=True)]


def change_cell(current: float | None, previous: float | None) -> Cell:
    """Return a cell with the change of a number: ``new`` after none, a dash if it is not known."""
    fraction = change_of(current, previous)
    if fraction is None:
        return Cell("new", math.inf) if current and previous == 0 else Cell(NOTHING, NO_VALUE)
    return Cell(change(fraction), fraction)
