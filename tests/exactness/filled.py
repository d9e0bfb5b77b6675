"""Makes the replica's tables of a source whose rows are already read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import duckdb

from engine.model.catalogue.staging import StagedTable, staging
from engine.model.text.quoting import quote_literal
from engine.replica.rollups import rebuild_rollups
from tests.oracle.reading import Stored
from tests.oracle.source import Source


def fill_replica(connection: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Make the tables that a source has, and the rollups if it has all of them.

    The macros must exist.
    """
    for staged in staging().values():
        if staged.source_table in source.tables:
            _fill(connection, staged, source.tables[staged.source_table])
    if len(source.tables) == len(staging()):
        rebuild_rollups(connection)


def _cell(row: Any, source_column: str, reader: str) -> Any:
    value: Any = getattr(row, source_column, None)
    if isinstance(value, Stored):
        return value.kind != "null" if reader == "is_present" else None
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def _fill(connection: duckdb.DuckDBPyConnection, staged: StagedTable, rows: list[Any]) -> None:
    """Make the replica's table of a source table from rows that are already read."""
    types = ", ".join(f"{column.name} {column.type}" for column in staged.columns)
    connection.execute(f"create or replace table {staged.name} (source_rowid bigint, {types})")
    lines = [
        ", ".join(
            [str(number)]
            + [
                _literal(_cell(row, reading.source_column, reading.cast))
                for reading in (column.readings[0] for column in staged.columns)
            ]
        )
        for number, row in enumerate(rows)
    ]
    if lines:
        connection.execute(f"insert into {staged.name} values ({'), ('.join(lines)})")


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, str) and "\0" in value:
        return " || chr(0) || ".join(map(_literal, value.split("\0")))
    return str(value) if isinstance(value, int | float) else quote_literal(str(value))
