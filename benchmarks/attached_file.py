"""The contender that lets DuckDB read the attached SQLite file itself: no copy, nothing kept.

Its SQL, under ``benchmarks/sql/attached``, is written on views that read the source's columns as text
and cast them, more simply than the product does: clean values, and the few unreadable ones of a
demo database. Like the engine process, its process never opens a database with ``sqlite3``.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.baselines import ATTACHED_SQL_DIR, baselines, statement
from benchmarks.harness import Computed
from benchmarks.worker import answer_requests
from engine.model.catalogue.staging import StagedColumn, StagedTable, staging
from engine.model.text.quoting import quote_identifier, quote_literal

if TYPE_CHECKING:
    import duckdb

_READINGS = {
    "read_id": "try_cast({c} as bigint)",
    "read_integer": "try_cast({c} as bigint)",
    "read_number": "try_cast({c} as double)",
    "read_flag": "try_cast({c} as bigint) <> 0",
    "read_text": "{c}",
    "read_label": "{c}",
    "read_code": "{c}",
    # Both spellings of an instant begin with what the cast reads.
    "read_instant": "try_cast(left({c}, 19) as timestamp)",
    "is_present": "{c} is not null",
}


def serve(pipe: Connection, db: Path) -> None:
    """Answer requests on the pipe; each attaches the file again."""
    from engine.replica.process import refuse_sqlite3

    refuse_sqlite3()
    answer_requests(pipe, AttachedFile(db).compute_all)


class AttachedFile:
    """A DuckDB without tables of its own."""

    def __init__(self, db: Path) -> None:
        from engine.replica.macros import create_macros
        from engine.replica.source import SOURCE_ALIAS, open_source

        self._db = db
        self._connection = _connected()
        create_macros(self._connection)
        with open_source(self._connection, db):
            for table in staging().values():
                self._connection.execute(_view(table, SOURCE_ALIAS))

    def compute_all(self, now: datetime) -> Computed:
        """Return all datasets with a baseline as of an instant, from one snapshot."""
        from engine.model.clock import Clock
        from engine.replica.evaluate import evaluate
        from engine.replica.macros import create_clock_macros
        from engine.replica.source import open_source

        clock = Clock(now)
        started = time.perf_counter()
        create_clock_macros(self._connection, clock)
        results, seconds = {}, {}
        with open_source(self._connection, self._db):
            for name, dataset in baselines().items():
                begun = time.perf_counter()
                sql = statement(ATTACHED_SQL_DIR, name)
                own = replace(dataset, sql=sql, path=ATTACHED_SQL_DIR / f"{name}.sql")
                results[name] = evaluate(self._connection, own, clock)
                seconds[name] = time.perf_counter() - begun
        return Computed(time.perf_counter() - started, results, seconds)


def _connected() -> duckdb.DuckDBPyConnection:
    """Return a DuckDB that reads SQLite as the product's does; all columns are text, as in raw reads."""
    import duckdb

    from engine.replica.source import scanner_path

    connection = duckdb.connect()
    connection.execute(f"load {quote_literal(str(scanner_path()))}")
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set sqlite_disable_multithreaded_scans = true")
    connection.execute("set sqlite_all_varchar = true")
    return connection


def _values(column: StagedColumn) -> list[str]:
    return [
        _READINGS[reading.cast].format(c=quote_identifier(reading.source_column))
        for reading in column.readings
    ]


def _view(table: StagedTable, alias: str) -> str:
    columns = ", ".join(f'{column.sql(_values(column))} as "{column.name}"' for column in table.columns)
    return (
        f'create view "{table.name}" as select {columns} from {alias}.{quote_identifier(table.source_table)}'
    )
