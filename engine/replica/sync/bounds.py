"""The ends and the number of rows of source tables: what tells at little cost that rows came or went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.replica.source import Source
from engine.replica.sync.state import TableState
from engine.replica.sync.survey import SourceTable

# Counting costs some 10 ns a row. Small tables are counted by each sync; of the others it counts no
# more rows than these, the least lately counted tables first, but one table at least.
SMALL_TABLE_ROWS = 200_000
COUNTED_ROWS = 2_000_000


@dataclass(frozen=True)
class Slice:
    """So many rows of a table by id, the first after ``after``; None: from the lowest on."""

    after: int | None
    rows: int


@dataclass(frozen=True)
class Bounds:
    """A table's lowest and highest row id, None without a row, and its rows, None if not counted.

    ``slice_end`` is the id of the last row of the slice asked for, None where the table ends before.
    """

    lowest: int | None
    highest: int | None
    rows: int | None
    slice_end: int | None


def tables_to_count(
    tables: Mapping[str, SourceTable], states: Mapping[str, TableState], rows: Mapping[str, int]
) -> frozenset[str]:
    """Return the tables whose rows this sync counts: small ones always, the others in turn.

    Logged ones with a unique index too: through it ``REPLACE`` removes rows that no trigger notes.
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
    """Return the bounds of the tables whose rows have ids, counting the rows of those named.

    The ends come from the tables' trees at once; a count walks the smallest of a table's indexes.
    """
    questions: dict[tuple[str, str], str] = {}
    for name, table in tables.items():
        if table.rowid is None:
            continue
        # A subquery each: one with both ends would walk the whole table.
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
