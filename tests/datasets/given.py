"""A replica in memory that a test fills row by row, and asks for datasets.

Its tables are those of the staging files, its macros the product's own. A column that a row
leaves out is null, except that the key counts on from 1 and that presence is false.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

import duckdb

from engine.model.catalogue.datasets import catalogue
from engine.model.catalogue.rollups import rollups
from engine.model.catalogue.staging import staging
from engine.model.clock import Clock
from engine.model.values.payload import Columns
from engine.replica.evaluate import evaluate
from engine.replica.macros import create_clock_macros, create_macros
from engine.replica.rollups import rebuild_rollups

METADATA_TYPES = {
    "source_file": {
        "size_bytes": "bigint",
        "wal_bytes": "bigint",
        "page_size": "bigint",
        "pages": "bigint",
        "free_pages": "bigint",
        "journal_mode": "varchar",
        "integrity": "varchar",
    },
    "source_tables": {"name": "varchar", "rows": "bigint", "last_write_at": "timestamp"},
}
NOW = "2026-11-23 20:00:00"


def replica_types() -> dict[str, dict[str, str]]:
    """Return the DuckDB type of every replica column, by table and column."""
    staged = {
        table.name: {column.name: column.type for column in table.columns} for table in staging().values()
    }
    return staged | METADATA_TYPES


def create_tables(connection: duckdb.DuckDBPyConnection, columns: Collection[str] | None = None) -> None:
    """Create the replica's empty tables; with ``columns`` only those (``table.column``)."""
    for table, types in replica_types().items():
        kept = [f'"{name}" {type_}' for name, type_ in types.items()
                if columns is None or f"{table}.{name}" in columns]  # fmt: skip
        if kept:
            rowid = [] if table in METADATA_TYPES else ["source_rowid bigint"]
            connection.execute(f"create table {table} ({', '.join(rowid + kept)})")


def rollups_named(*sqls: str) -> list[str]:
    """Return the rollups that SQL names, itself or by its macro; the others take most of a replica's time."""
    words = set(re.findall(r"\w+", " ".join(sqls)))
    return [name for name in rollups() if words & {name, f"{name}_between"}]


def clock_at(now: str, time_zone: str = "UTC") -> Clock:
    """Return the clock of a UTC instant written ``YYYY-MM-DD HH:MM:SS``."""
    return Clock(datetime.fromisoformat(now).replace(tzinfo=UTC), time_zone)


def empty_replica() -> duckdb.DuckDBPyConnection:
    """Return a replica without rows, and with the macros of ``NOW``."""
    connection = duckdb.connect()
    create_tables(connection)
    create_macros(connection)
    create_clock_macros(connection, clock_at(NOW))
    return connection


class Given:
    """The replica of one test. *Now* is 2026-11-23 20:00:00 UTC until ``at`` is called."""

    def __init__(self, replica: duckdb.DuckDBPyConnection) -> None:
        self.connection = replica
        self.clock = clock_at(NOW)
        self._next_key = dict.fromkeys(staging(), 1)
        self._rollups: set[str] = set()

    def at(self, now: str, time_zone: str = "UTC") -> None:
        """Set *now* (UTC) and the time zone of days and hours."""
        self.clock = clock_at(now, time_zone)
        create_clock_macros(self.connection, self.clock)

    def insert(self, table: str, *rows: Mapping[str, Any]) -> None:
        """Add rows; instants are texts such as ``2026-11-23 19:30``, in UTC."""
        types = replica_types()[table]
        for row in rows:
            values = self._defaults(table) | dict(row)
            for name, value in values.items():
                if types.get(name) == "timestamp" and value is not None:
                    values[name] = datetime.fromisoformat(value)
            names = ", ".join(f'"{name}"' for name in values)
            marks = ", ".join("?" for _ in values)
            self.connection.execute(f"insert into {table} ({names}) values ({marks})", list(values.values()))
        self._rollups.clear()

    def _defaults(self, table: str) -> dict[str, Any]:
        if table not in staging():
            return {}
        staged = staging()[table]
        key = self._next_key[table]
        self._next_key[table] += 1
        return {"source_rowid": key, staged.key: key} | {
            column.name: False for column in staged.columns if column.readings[0].cast == "is_present"
        }

    def value(self, dataset: str) -> Columns:
        """Return the dataset's value, column by column."""
        lacking = set(rollups_named(catalogue()[dataset].sql)) - self._rollups
        rebuild_rollups(self.connection, sorted(lacking))
        self._rollups |= lacking
        return evaluate(self.connection, catalogue()[dataset], self.clock)

    def rows(self, dataset: str, *columns: str) -> list[tuple[Any, ...]]:
        """Return the dataset row by row, with the named columns only if any are named."""
        value = self.value(dataset)
        return list(zip(*(value[name] for name in columns or value), strict=True))

    def row(self, dataset: str) -> dict[str, Any]:
        """Return the one row of a dataset that has one."""
        value = self.value(dataset)
        assert {len(column) for column in value.values()} == {1}
        return {name: column[0] for name, column in value.items()}
