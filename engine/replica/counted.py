"""Makes the query that gives the ids of the rows behind one number of a dataset.

On a cursor of the replica that has the clock of the number's run it gives the rows that the run counted, as
long as the replica holds them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from engine.model.catalogue.counted_rows import Cell, with_cells
from engine.model.catalogue.datasets import Dataset
from engine.model.catalogue.page_parts import is_other
from engine.model.clock import from_iso
from engine.model.errors import DashboardError, nearest
from engine.model.text.quoting import quote_literal

_TYPES = {
    "text": "varchar",
    "integer": "bigint",
    "number": "double",
    "boolean": "boolean",
    "instant": "timestamp",
    "day": "date",
}


@dataclass(frozen=True)
class CountedIds:
    """The rows of one replica table behind a number: ``sql`` gives their ``source_rowid``, each once.

    ``is_count``: the number is that of the rows. ``sums``: it is the sum of these columns of the table over
    the rows, without those that are null. Neither holds for a rate or a median.
    """

    table: str
    sql: str
    is_count: bool
    sums: tuple[str, ...]


def counted_ids(dataset: Dataset, column: str, cells: Mapping[str, Cell]) -> CountedIds | None:
    """Return the query of the rows behind a number; None if the number is that of several groups together.

    ``cells`` are the values of the number's row: those that ``dataset.rows[column].cells`` names, and any
    others. Without a cell the number is the sum of the column. Raises DashboardError if no rows stand behind
    it, or a cell is missing or has another type than its column.
    """
    if column not in dataset.rows:
        raise DashboardError(
            f"{dataset.key}.{column}", "no rows stand behind it", nearest(column, dataset.rows)
        )
    if dataset.page_groups is not None and is_other(cells.get(dataset.page_groups.by)):
        return None
    counted = dataset.rows[column]
    if not cells and (total := counted.total) is not None:
        return CountedIds(total.table, total.sql, total.is_count, total.sums)
    types = {each.name: each.type for each in dataset.columns}
    for name in counted.cells:
        if name not in cells:
            raise DashboardError(f"{dataset.key}.{column}", f"the cell {name} is not given", f"give {name}")
    literals = {name: _literal(dataset, name, types[name], cells[name]) for name in counted.cells}
    rows = counted.of(cells)
    if rows is None:
        return None
    return CountedIds(rows.table, with_cells(rows.sql, literals), rows.is_count, rows.sums)


def _literal(dataset: Dataset, name: str, type_: str, cell: Cell) -> str:
    """Return a cell as an SQL literal of its column's type."""
    try:
        match type_, cell:
            case _, None:
                literal = f"cast(null as {_TYPES[type_]})"
            case "text", str():
                literal = _text(cell)
            case "boolean", bool():
                literal = str(cell).lower()
            case "integer", int() if not isinstance(cell, bool):
                literal = str(cell)
            case "number", int() | float() if not isinstance(cell, bool):
                literal = f"cast('{cell!r}' as double)"
            case "instant", str():
                literal = f"timestamp '{from_iso(cell):%Y-%m-%d %H:%M:%S}'"
            case "day", str():
                literal = f"date '{date.fromisoformat(cell)}'"
            case _:
                raise ValueError
    except ValueError:
        raise DashboardError(
            f"{dataset.key}.{name}", f"{cell!r} is no {type_}", "give the cell of an entry"
        ) from None
    return literal


def _text(text: str) -> str:
    # A text that has no UTF-8 is in no entry.
    text.encode()
    # DuckDB's parser ends at a NUL.
    parts = " || chr(0) || ".join(quote_literal(part) for part in text.split("\0"))
    return f"({parts})" if "\0" in text else parts
