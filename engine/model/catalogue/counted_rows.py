"""Which rows of the source a number of a dataset counts, as the dataset's header declares it.

A header has a section for each such column:

    [rows.calls]
    table = "llm_usage"
    where = "called_at between range_start('30d') and range_end() and model is not distinct from $model"

``$model`` is the cell of the same row. ``select`` stands in place of ``where`` if a condition is not
enough: a query that gives the ``source_rowid`` of the table's rows. ``sum = ["cost_usd"]`` names the columns
whose sum over the rows is the number. ``counted = false`` says that the number is neither that of the rows
nor a sum: a median, or the time of one of them. ``same_as = "calls"`` gives a rate the rows of another
column, or, with ``sum``, a sum. A column whose table depends on a cell has a section for each,
``[[rows.errors]]`` with ``when = { source = "site" }``.

The rows behind the sum of a column are those of its condition without the cells, if each cell stands in an
``is_on`` or an ``is not distinct from`` of its own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

ROW_ID = "source_rowid"
"""The column that names the rows of every replica table: SQLite's rowid in the source."""

Cell = str | int | float | bool | None

# Quoted texts and names are matched first, because a $ in them is no cell.
_CELL = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\$([A-Za-z_][A-Za-z0-9_]*)""")


# What narrows a condition down to one row of the value, and nothing else.
_OF_ONE_ROW = re.compile(r"\bis_on\(\w+, \$\w+\)|\b([\w.]+) is not distinct from \$(\w+)")


@dataclass(frozen=True)
class RowsOfTable:
    """The rows of one replica table behind a number: ``sql`` is a query that gives their ``source_rowid``.

    ``sql`` has ``$cell`` for cells of the entry's row. ``sums`` holds the columns of the table whose sum is
    the number; if it is empty and ``counted`` is true, the number is that of the rows. ``when`` holds the
    values of cells with which these rows are meant; it is empty if they always are.
    """

    table: str
    sql: str
    sums: tuple[str, ...] = ()
    counted: bool = True
    when: tuple[tuple[str, tuple[Cell, ...]], ...] = ()

    @property
    def is_count(self) -> bool:
        """Return whether the number is that of the rows."""
        return self.counted and not self.sums

    def is_meant(self, cells: Mapping[str, Cell]) -> bool:
        """Return whether these rows are those behind the number of a row with some cells."""
        return all(cells.get(name) in values for name, values in self.when)


@dataclass(frozen=True)
class CountedRows:
    """The rows behind the numbers of one column; ``cells`` names the cells of the row that they depend on."""

    cells: tuple[str, ...]
    choices: tuple[RowsOfTable, ...]

    def of(self, cells: Mapping[str, Cell]) -> RowsOfTable | None:
        """Return the rows behind the number of a row with some cells; None if no rows are."""
        return next((choice for choice in self.choices if choice.is_meant(cells)), None)

    @property
    def total(self) -> RowsOfTable | None:
        """Return the rows behind the sum of the column; None if no condition gives them."""
        choice, *others = self.choices
        sql = without_cells(choice.sql)
        if others or choice.when or not (choice.is_count or choice.sums) or cells_in(sql):
            return None
        return replace(choice, sql=sql)


def cells_in(sql: str) -> tuple[str, ...]:
    """Return the names of the cells in a query, each once.

    >>> cells_in("day = $day and stage is not distinct from $stage and note <> '$5' and day < $day")
    ('day', 'stage')
    """
    return tuple(dict.fromkeys(match[1] for match in _CELL.finditer(sql) if match[1]))


def without_cells(sql: str) -> str:
    """Return a query whose conditions on single cells hold for every row that a filter takes.

    >>> without_cells("called_at <= range_end() and is_on(called_at, $day)")
    'called_at <= range_end() and true'
    >>> without_cells("channel is not distinct from $channel")
    "taken('channel', channel)"
    """
    return _OF_ONE_ROW.sub(lambda match: f"taken('{match[2]}', {match[1]})" if match[2] else "true", sql)


def with_cells(sql: str, literals: Mapping[str, str]) -> str:
    """Return a query with SQL literals in place of its cells.

    >>> with_cells("day = $day and note <> '$day'", {"day": "date '2026-11-23'"})
    "day = date '2026-11-23' and note <> '$day'"
    """
    return _CELL.sub(lambda match: literals[match[1]] if match[1] else match[0], sql)


def with_sample_cells(sql: str, names: Collection[str]) -> str:
    """Return a query in which null stands for each cell, so that it can be parsed and planned."""
    return with_cells(sql, dict.fromkeys(names, "null"))
