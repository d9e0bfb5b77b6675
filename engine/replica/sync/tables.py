"""Describes a synced replica to the code that computes on it: its tables, and what it lacks."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

import duckdb

from engine.model.catalogue.datasets import Dataset
from engine.model.catalogue.staging import METADATA_TABLES, StagedColumn, StagedTable, readings_of, staging
from engine.model.values.quality import UnreadableCount, UnrecognisedCount
from engine.replica.sync.changes import TableChange
from engine.replica.sync.state import TableState
from engine.replica.sync.unrecognised import Words, count_unrecognised, unrecognised_counts


@dataclass(frozen=True)
class LoadedTable:
    """A staged table in the replica; ``missing`` maps each replica column that it lacks to the reason."""

    staged: StagedTable
    present: tuple[StagedColumn, ...]
    missing: dict[str, str]
    unreadable: tuple[UnreadableCount, ...]
    unrecognised: tuple[UnrecognisedCount, ...]


@dataclass(frozen=True)
class Replica:
    """The tables of one snapshot by name; ``broken`` has the reason of each that cannot be read."""

    loaded: dict[str, LoadedTable]
    broken: dict[str, str]

    def reason_without(self, dataset: Dataset) -> str | None:
        """Return which table or column a dataset lacks here; None if it has all that it reads."""
        for read in dataset.reads:
            name, _, column = read.partition(".")
            if name in METADATA_TABLES:
                continue
            if name in self.broken:
                return self.broken[name]
            if name not in self.loaded:
                return f"table {staging()[name].source_table} is missing"
            if column in self.loaded[name].missing:
                return self.loaded[name].missing[column]
        return None


class UnreadableTable(Exception):
    """A source table that cannot be read, such as a view that names a dropped table."""

    def __init__(self, staged: StagedTable, error: duckdb.Error | str) -> None:
        self.name = staged.name
        message = " ".join(str(error).splitlines()[0].split())
        self.reason = f"table {staged.source_table} cannot be read ({message})"
        super().__init__(self.reason)


def loaded_table(
    staged: StagedTable,
    present: tuple[StagedColumn, ...],
    rows: int,
    unreadable: Iterable[tuple[str, int]],
    words: Words,
    *,
    source_columns: Collection[str],
) -> LoadedTable:
    """Return what the replica holds of a table.

    ``source_columns`` are those that the source has, in lower case. ``unreadable`` has source columns and
    how many values, ``words`` the unrecognised ones.
    """
    missing = {
        column.name: f"column {reading.source_column} of table {staged.source_table} is missing"
        for column in staged.columns
        if column not in present
        for reading in reversed(column.readings)
        if reading.source_column.lower() not in source_columns
    }
    counts = tuple(
        UnreadableCount(staged.source_table, column, values, rows) for column, values in unreadable
    )
    return LoadedTable(staged, present, missing, counts, unrecognised_counts(staged, words))


def count_unreadable(
    connection: duckdb.DuckDBPyConnection,
    staged: StagedTable,
    present: tuple[StagedColumn, ...],
    change: TableChange,
    before: Iterable[tuple[str, int]],
) -> tuple[tuple[str, int], ...]:
    """Return the source columns with unreadable values, and how many, after a change of the table.

    ``before`` has those before it, which count only if the table was not reloaded.
    """
    masks = [
        (mask, sign * rows)
        for table, sign in change.parts(staged.name).items()
        for mask, rows in connection.execute(
            f"select unreadable, count(*) from {table} where unreadable > 0 group by unreadable"
        ).fetchall()
    ]
    bits: dict[str, int] = {}
    for place, reading in enumerate(readings_of(present)):
        # Two casts of one column may both fail at a value, which is one unreadable value.
        bits[reading.source_column] = bits.get(reading.source_column, 0) | 1 << place
    known = {} if change.reloaded else dict(before)
    counts = {
        name: known.get(name, 0) + sum(rows for mask, rows in masks if mask & own)
        for name, own in bits.items()
    }
    return tuple((name, count) for name, count in counts.items() if count)


def with_counts(
    connection: duckdb.DuckDBPyConnection,
    staged: StagedTable,
    present: tuple[StagedColumn, ...],
    state: TableState,
    change: TableChange,
) -> TableState:
    """Return the state of a changed table with its unreadable and unrecognised values."""
    return replace(
        state,
        unreadable=count_unreadable(connection, staged, present, change, state.unreadable),
        unrecognised=count_unrecognised(connection, staged, present, change, state.unrecognised),
    )
