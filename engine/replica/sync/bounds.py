"""Reads the lowest and highest id and the number of rows of source tables: cheap signs of change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.replica.source import Source
from engine.replica.sync.state import TableState
from engine.replica.sync.survey import SourceTable

# Counting costs some 10 ns a row. Each sync counts the small tables. Of the others it counts those that were
# not counted for longest, up to this number of rows, and at least one table.
SMALL_TABLE_ROWS = 200_000
COUNTED_ROWS = 2_000_000


@dataclass(frozen=True)
class Slice:
    """The next ``rows`` rows of a table by id, after the id ``after``; None means from the lowest id."""

    after: int | None
    rows: int


@dataclass(frozen=True)
class Bounds:
    """A table's lowest and highest row id (None if it is empty) and number of rows (None if not counted).

    ``slice_end`` is the id of the slice's last row, None if the table ends within the slice.
    """

    lowest: int | None
    highest: int | None
    rows: int | None
    slice_end: int | None


def tables_to_count(
    tables: Mapping[str, SourceTable], states: Mapping[str, TableState], rows: Mapping[str, int]
) -> frozenset[str]:
    """Return the tables whose rows this sync counts: the small ones, and some of the others in turn.

    A logged table with a unique index is always counted, because ``REPLACE`` can remove rows through the
    index, and no trigger logs that.
    """
    with_ids = [name for name, table in tables.items() if table.rowid is not None]
    always = {
        name
        for name in with_ids
        if rows[name] <= SMALL_TABLE_ROWS or (tables[name].is_logged and tables[name].has_unique_index)
    }
    in_turn: list[str] = []
    counted = 0
    for name in sorted(set(with_ids) - always, key=lambda name: (states[name].counted_at_sync, name)):
        counted += rows[name]
        if counted <= COUNTED_ROWS or not in_turn:
            in_turn.append(name)
    return frozenset(always.union(in_turn))


def read_bounds(
    source: Source,
    tables: Mapping[str, SourceTable],
    counted: frozenset[str] = frozenset(),
    slices: Mapping[str, Slice] | None = None,
) -> dict[str, Bounds]:
    """Return the bounds of the tables whose rows have ids; counts the rows of the tables in ``counted``.

    SQLite finds the ends at once in a table's tree. A count walks the table's smallest index.
    """
    questions: dict[tuple[str, str], str] = {}
    for name, table in tables.items():
        if table.rowid is None:
            continue
        # Each end has its own subquery, because a query for both would walk the whole table.
        questions[name, "lowest"] = f"select min({table.sql_rowid}) from {table.sql_name}"
        questions[name, "highest"] = f"select max({table.sql_rowid}) from {table.sql_name}"
        if name in counted:
            questions[name, "rows"] = f"select count(*) from {table.sql_name}"
        if slices and name in slices:
            questions[name, "slice_end"] = _slice_end(table, slices[name])
    if not questions:
        return {}
    selects = ", ".join(f"({question})" for question in questions.values())
    values = (None if value is None else int(value) for value in source.rows(f"select {selects}")[0])
    found = dict(zip(questions, values, strict=True))
    return {
        name: Bounds(
            found[name, "lowest"],
            found[name, "highest"],
            found.get((name, "rows")),
            found.get((name, "slice_end")),
        )
        for name, table in tables.items()
        if table.rowid is not None
    }


def _slice_end(table: SourceTable, part: Slice) -> str:
    after = "" if part.after is None else f" where {table.sql_rowid} > {part.after}"
    order = f"order by {table.sql_rowid} limit 1 offset {part.rows - 1}"
    return f"select {table.sql_rowid} from {table.sql_name}{after} {order}"
