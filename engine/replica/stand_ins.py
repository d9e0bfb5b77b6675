"""Empty tables in place of those that a source lacks, so that a dataset can be computed without them.

A dataset's header names the tables that it can do without. For as long as it is computed, temporary tables
and macros of its connection stand in place of a missing table, of the rollups made of it, and of their
``_between``, and ``has_table`` is false for it. Whatever counts rows of a missing table is null in the value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import duckdb

from engine.model.catalogue.datasets import Dataset
from engine.model.catalogue.rollups import Rollup, rollups
from engine.model.catalogue.staging import staging
from engine.model.selections.run_macros import HAS_TABLE
from engine.model.values.payload import Columns
from engine.replica.macros import create_each
from engine.replica.rollups import empty_rollup
from engine.replica.source import drop_temporary
from engine.replica.sync.tables import Replica


def missing_tables(dataset: Dataset, replica: Replica) -> Mapping[str, str]:
    """Return why the replica cannot give a dataset some of its tables, by table; empty if it has all.

    A table that lacks a column, or that cannot be read, is missing too.
    """
    if replica.reason_without(dataset) is None:
        return {}
    found = {
        table: replica.reason_without(replace(dataset, reads=dataset.reads_of(table)))
        for table in dataset.tables
    }
    return {table: reason for table, reason in found.items() if reason is not None}


def can_do_without(dataset: Dataset, tables: Collection[str]) -> bool:
    """Return whether a dataset can be computed without some of its tables."""
    return not set(tables) & set(dataset.needed_tables) and set(tables) != set(dataset.tables)


@contextmanager
def standing_in(connection: duckdb.DuckDBPyConnection, tables: Collection[str]) -> Iterator[None]:
    """Let empty tables stand in place of staged tables and of what is made of them."""
    made_of_them = [rollup for rollup in rollups().values() if set(rollup.tables) & set(tables)]
    try:
        for name in tables:
            columns = ", ".join(f"{column.name} {column.type}" for column in staging()[name].columns)
            connection.execute(f"create or replace temp table {name} (source_rowid bigint, {columns})")
        for rollup in made_of_them:
            _create_rollup(connection, rollup)
        if tables:
            listed = ", ".join(f"'{name}'" for name in tables)
            create_each(connection, {HAS_TABLE: f"(name not in ({listed}))"}, temporary=True)
        yield
    finally:
        drop_temporary(
            connection,
            *(f"table {name}" for name in (*tables, *(rollup.name for rollup in made_of_them))),
            *(f"macro table {rollup.name}_between" for rollup in made_of_them),
            *([f"macro {HAS_TABLE.partition('(')[0]}"] if tables else []),
        )


def _create_rollup(connection: duckdb.DuckDBPyConnection, rollup: Rollup) -> None:
    connection.execute(f"create or replace temp table {rollup.name} as {empty_rollup(rollup)}")
    if rollup.time is not None:
        between = f"{rollup.name}_between(start, until)"
        connection.execute(f"create or replace temp macro {between} as table from temp.{rollup.name}")


def without_counts_of(columns: Columns, dataset: Dataset, tables: Collection[str]) -> Columns:
    """Return a value with null for each number that counts rows of one of these tables."""
    if not tables:
        return columns
    rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    known = dict(columns)
    for name, counted in dataset.rows.items():
        meant = [counted.of(row) for row in rows]
        known[name] = [
            None if one is not None and one.table in tables else value
            for one, value in zip(meant, columns[name], strict=True)
        ]
    return known
