"""Watermarks: the newest row of each table that a run saw when it computed entries.

They are kept as long as an entry of their run is in the cache, so that each entry can be compared with the
source as it is now.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from engine.model.clock import from_sqlite, to_sqlite
from engine.model.values.replica_state import ReplicatedTable
from engine.store.backend import Connection


@dataclass(frozen=True)
class Watermark:
    """The id of the newest row of a table that a run saw, and the clock before the run read the source."""

    table: str
    last_id: int
    seen_at: datetime


def store_watermarks(
    connection: Connection,
    tables: Iterable[ReplicatedTable],
    *,
    seen_at: datetime,
    stored_at: datetime,
) -> None:
    """Store what a run saw of the source."""
    stored, seen = to_sqlite(stored_at), to_sqlite(seen_at)
    connection.executemany(
        "insert into dashboard_source_marks (stored_at, table_name, last_id, seen_at)"
        " values (?, ?, ?, ?) on conflict (stored_at, table_name) do update"
        " set last_id = excluded.last_id, seen_at = excluded.seen_at",
        [(stored, table.table, table.last_id, seen) for table in tables if table.last_id is not None],
    )


def read_watermarks(connection: Connection) -> dict[datetime, tuple[Watermark, ...]]:
    """Return the watermarks of each run that has entries in the cache, by the time they were stored.

    A row whose times cannot be read is left out.
    """
    watermarks: dict[datetime, list[Watermark]] = {}
    rows = connection.execute(
        "select stored_at, table_name, last_id, seen_at from dashboard_source_marks order by 1, 2"
    )
    # All watermarks of a run have the same two times.
    instant_of = cache(from_sqlite)
    for stored_at, table, last_id, seen_at in rows.fetchall():
        try:
            watermark = Watermark(table, last_id, instant_of(seen_at))
            watermarks.setdefault(instant_of(stored_at), []).append(watermark)
        except (ValueError, TypeError):
            continue
    return {stored_at: tuple(found) for stored_at, found in watermarks.items()}
