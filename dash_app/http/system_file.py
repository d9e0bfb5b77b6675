"""The table of a system card as a CSV file: numbers as they are, instants in place of ages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache

from dash_app.formatters.formats import NOTHING
from dash_app.formatters.tables import Cell, Heading, Table
from dash_app.http.csv_text import csv_heading, csv_lines
from dash_app.pages import PAGES, TABLE, Card
from engine.model.catalogue.columns import Column
from engine.model.clock import to_iso
from engine.model.text.plain_text import plain_text


@cache
def system_tables() -> dict[str, Card]:
    """Return the system cards that show a table, by ``page/card``."""
    return {
        f"{page.name}/{card.name}": card
        for page in PAGES
        for card in page.cards
        if card.system is not None and card.kind == TABLE
    }


def system_file_name(key: str, now: datetime) -> str:
    """Return the name of a file: page, card and instant."""
    return f"{key.replace('/', '_')}_{now:%Y-%m-%dT%H%MZ}.csv"


def system_parts(table: Table, *, bom: bool) -> Iterator[bytes]:
    """Yield a table as CSV: a line with the headings, with the units of numbers, and the rows."""
    yield csv_heading((_name(heading) for heading in table.headings), bom=bom)
    columns = [Column(heading.text, "number" if heading.numeric else "text") for heading in table.headings]
    rows = [
        [_value(cell, heading) for cell, heading in zip(row, table.headings, strict=True)]
        for row in table.rows
    ]
    yield csv_lines(columns, rows)


def _name(heading: Heading) -> str:
    return f"{heading.text} ({heading.unit})" if heading.unit else heading.text


def _value(cell: Cell, heading: Heading) -> str | float | None:
    """Return a cell of a file: the number that it sorts by, the instant of its age, or its text."""
    if heading.numeric:
        number = cell.sort
        return None if number is None or isinstance(number, str) else _short(number)
    if cell.age is not None:
        return to_iso(cell.age.instant)
    if cell.text == NOTHING:
        return None
    return plain_text(f"{cell.text} {cell.after}" if cell.after else cell.text)


def _short(number: float) -> float:
    return int(number) if float(number).is_integer() else number
