"""What all steps of a sync share within one snapshot of the source."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime

import duckdb

from engine.replica.source import Source
from engine.replica.sync.changes import Changes


@dataclass(frozen=True)
class SyncSnapshot:
    """One snapshot of the source that is synced to the replica; ``started_at`` is the clock before it.

    If ``reads_late_rows`` is true, rows stamped long before the last sync are read again too.
    ``read_exactly`` has the tables whose changed rows DuckDB has refused to read the fast way.
    """

    source: Source
    changes: Changes
    started_at: datetime
    log_through: int | None
    reads_late_rows: bool = True
    read_exactly: Set[str] = frozenset()

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """Return the connection that reads the source and writes the replica."""
        return self.source.connection

    def numbers(self, sql: str) -> list[int]:
        """Return the first column of a query on the replica, as integers."""
        return [int(row[0]) for row in self.connection.execute(sql).fetchall()]
