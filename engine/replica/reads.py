"""Compares a header's ``reads`` with the staging columns that its SQL reads, which DuckDB's plan names.

The optimizer drops the columns that a query does not use, so what a plan scans is what is read. A
rollup is followed to the staging columns of those of its columns that are used.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import duckdb

from engine.model.catalogue.datasets import Dataset
from engine.model.catalogue.rollups import rollups
from engine.model.catalogue.staging import staging
from engine.model.clock import Clock
from engine.model.errors import DatasetFileError
from engine.replica.macros import create_clock_macros, create_macros
from engine.replica.rollups import rebuild_rollups
from engine.replica.source import first_line
from engine.replica.sync.source_metadata import create_source_metadata

_Columns = frozenset[tuple[str, str]]
# These would drop scans of empty tables, or read a column without saying so among the scan's own.
_DISABLED = "filter_pushdown,statistics_propagation,empty_result_pullup"


def misdeclared_reads(datasets: Iterable[Dataset]) -> dict[str, DatasetFileError]:
    """Return by dataset what is wrong with its ``reads``; nothing for one that fits its SQL."""
    found = {}
    with duckdb.connect(config={"threads": 1}) as connection:
        _create_empty_replica(connection)
        lineage = _Lineage(connection)
        for dataset in datasets:
            try:
                _require_fit(dataset, lineage.columns_read(dataset.sql))
            except DatasetFileError as error:
                found[dataset.name] = error
            except duckdb.Error as error:
                found[dataset.name] = DatasetFileError(dataset.path, first_line(error), "correct its SQL")
    return found


def _require_fit(dataset: Dataset, read: _Columns) -> None:
    declared = {(table, column) for table, _, column in (name.partition(".") for name in dataset.reads)}
    for table, column in sorted(read - declared):
        # A query that only counts rows reads no column: any will do to name the table.
        if column or table not in dataset.tables:
            raise DatasetFileError(
                dataset.path, f"its SQL reads {table}.{column or '*'}, which reads does not name", "add it"
            )
    for table, column in sorted(declared - read):
        used = {name for place, name in read if place == table}
        only_names_the_table = used == {""} and sum(place == table for place, _ in declared) == 1
        if not only_names_the_table:
            raise DatasetFileError(
                dataset.path, f"reads names {table}.{column}, which its SQL does not read", "remove it"
            )


class _Lineage:
    """What queries read on an empty replica."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._of_rollups: dict[tuple[str, str], _Columns] = {}

    def columns_read(self, sql: str) -> _Columns:
        """Return staging table and column of all that a query reads; an empty column if it counts rows."""
        found: set[tuple[str, str]] = set()
        for table, column in self._scanned(sql):
            if table in rollups():
                found |= self._of_rollup(table, column)
            else:
                found.add((table, column))
        counted = {table for table, column in found if column}
        return frozenset((table, column) for table, column in found if column or table not in counted)

    def _of_rollup(self, name: str, column: str) -> _Columns:
        if (name, column) not in self._of_rollups:
            sql = rollups()[name].sql
            described = self._connection.execute(f"from ({sql}) limit 0").description or []
            # The count of an aggregate is no column of its SQL.
            wanted = f'"{column}"' if column in {found for found, *_ in described} else "1"
            self._of_rollups[name, column] = self.columns_read(f"select {wanted} from ({sql})")
        return self._of_rollups[name, column]

    def _scanned(self, sql: str) -> Iterator[tuple[str, str]]:
        plans = self._connection.execute(f"explain (format json) {sql}").fetchall()
        for _, plan in plans:
            for node in json.loads(plan):
                yield from _scans_below(node)


def _scans_below(node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    extra = node["extra_info"]
    if "Table" in extra:
        table = extra["Table"].rpartition(".")[2]
        columns = extra.get("Projections") or [""]
        for column in [columns] if isinstance(columns, str) else columns:
            # The row's place in the source is no column that a source could lack.
            yield table, "" if column == "source_rowid" else column
    for child in node["children"]:
        yield from _scans_below(child)


def _create_empty_replica(connection: duckdb.DuckDBPyConnection) -> None:
    create_macros(connection)
    create_clock_macros(connection, Clock(datetime(2026, 1, 1, tzinfo=UTC), "UTC"))
    create_source_metadata(connection)
    for table in staging().values():
        columns = ", ".join(f"{column.name} {column.type}" for column in table.columns)
        connection.execute(f"create table {table.name} (source_rowid bigint, {columns})")
    rebuild_rollups(connection)
    connection.execute(f"set disabled_optimizers = '{_DISABLED}'")
