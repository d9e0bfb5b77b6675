"""How far the source had come when entries were computed: the newest row of each table that a run saw.

Marks are kept for as long as an entry of their run is in the cache, so that each entry can be held
against the source as it is now.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from engine.model.clock import from_sqlite, to_sqlite
from engine.model.results import ReplicatedTable


@dataclass(frozen=True)
class SourceMark:
    """The newest row of a table that a run has seen: its id, and the clock before the run looked."""

    table: str
    last_id: int
    seen_at: datetime


def store_marks(
    connection: sqlite3.Connection,
    tables: Iterable[ReplicatedTable],
    *,
    seen_at: datetime,
    stored_at: datetime,
) -> None:
    """Store what a run has seen of the source, and forget runs none of whose entries is left."""
    stored, seen = to_sqlite(stored_at), to_sqlite(seen_at)
    connection.executemany(
        "insert or replace into dashboard_source_marks (stored_at, table_name, last_id, seen_at)"
        " values (?, ?, ?, ?)",
        [(stored, table.table, table.last_id, seen) for table in tables if table.last_id is not None],
    )
    connection.execute(
        "delete from dashboard_source_marks where stored_at not in (select created_at from dashboard_cache)"
    )


def read_marks(connection: sqlite3.Connection) -> dict[datetime, tuple[SourceMark, ...]]:
    """Return the marks of each run that has entries in the cache, by the time these were stored."""
    marks: dict[datetime, list[SourceMark]] = {}
    rows = connection.execute(
        "select stored_at, table_name, last_id, seen_at from dashboard_source_marks order by 1, 2"
    )
    # All marks of a run have the same two times.
    instant_of = cache(from_sqlite)
    for stored_at, table, last_id, seen_at in rows.fetchall():
        try:
            mark = SourceMark(table, last_id, instant_of(seen_at))
            marks.setdefault(instant_of(stored_at), []).append(mark)
        except (ValueError, TypeError):
            continue
    return {stored_at: tuple(found) for stored_at, found in marks.items()}
