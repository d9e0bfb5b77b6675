"""The rows of ``dashboard_state``: the cache's generation and nonce, and other values by name."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from engine.store.sqlite.database import open_database


def read_state(connection: sqlite3.Connection) -> dict[str, str]:
    """Return all values by name."""
    rows: Iterable[tuple[str, str]] = connection.execute("select name, value from dashboard_state")
    return dict(rows)


def set_state(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Store a value under a name. The connection is in a write transaction."""
    connection.execute("insert or replace into dashboard_state values (?, ?)", (name, value))


def current_generation(db: Path) -> int:
    """Return the number of changes of the cache so far. Raises SourceError."""
    with open_database(db) as connection:
        return read_generation(connection)


def read_generation(connection: sqlite3.Connection) -> int:
    """Return the number of changes of the cache so far."""
    row = connection.execute(
        "select cast(value as integer) from dashboard_state where name = 'generation'"
    ).fetchone()
    return int(row[0] or 0) if row else 0


def next_generation(connection: sqlite3.Connection) -> int:
    """Count one more change of the cache; return the new number. The connection is in a write transaction.

    If somebody has lowered or deleted the number, counting continues above that of the latest run. The nonce
    is set here too, because the trigger that renews it may be missing.
    """
    sql = "select coalesce(max(cast(generation as integer)), 0) from dashboard_runs"
    latest: int = connection.execute(sql).fetchone()[0]
    generation = max(read_generation(connection), latest) + 1
    set_state(connection, "generation", str(generation))
    connection.execute(
        "insert or replace into dashboard_state values ('generation_mark', lower(hex(randomblob(8))))"
    )
    return generation
