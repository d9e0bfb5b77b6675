"""The state of the replica, table by table: the rows of ``dashboard_replica``.

They are those of the latest run with a replica on disk. Repaired differences are counted over all runs, as
long as the replica has the table.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.model.catalogue.staging import APPEND, FULL, INCREMENTAL, OLD_SYNC, VISIBLE
from engine.model.clock import from_sqlite, is_future, to_sqlite
from engine.model.settings import StorePlace
from engine.model.values.replica_state import ReplicatedTable
from engine.store.backend import Connection, has_table, one_of, reading

log = logging.getLogger(__name__)

RECENT = timedelta(days=1)
"""How long a page warns of a repaired difference."""

READ_BY_EACH_RUN = {
    APPEND: "new rows",
    INCREMENTAL: "new and changed rows",
    FULL: "all rows",
    VISIBLE: "rows of new transactions",
}


@dataclass(frozen=True)
class ReplicaTableState:
    """One source table in the replica; ``sync`` is ``append``, ``incremental`` or ``full``.

    Every row has been compared with the source since ``verified_at``, None before the first full audit.
    ``covered`` (0 to 1) is the share of rows compared in the pass under way. ``repaired`` is the number of
    rows ever repaired because they differed, the last one at ``repaired_at``, None if there was none.
    """

    table: str
    sync: str
    rows: int
    verified_at: datetime | None
    covered: float
    repaired: int
    repaired_at: datetime | None

    @property
    def compared(self) -> float:
        """Return the share of rows compared in the pass under way; 1 if each run reads all rows."""
        return 1.0 if self.sync == FULL else self.covered


@dataclass(frozen=True)
class ReplicaState:
    """All tables together: ``verified_at`` is None until every table has been verified once.

    ``covered`` is the share of all rows that have been compared with the source. If a table has not been
    verified yet, tables that have been count as a whole; otherwise it is the share in the passes under way.
    """

    tables: tuple[ReplicaTableState, ...]

    @property
    def rows(self) -> int:
        """Return the number of rows of all tables."""
        return sum(table.rows for table in self.tables)

    @property
    def verified_at(self) -> datetime | None:
        """Return the instant since which every row of every table has been compared; None if one has not."""
        times = [table.verified_at for table in self.tables]
        verified = [time for time in times if time is not None]
        return min(verified) if verified and len(verified) == len(times) else None

    @property
    def covered(self) -> float:
        """Return the share of rows compared, 0 to 1; 1 without rows."""
        first_pass = self.verified_at is None
        compared = sum(
            table.rows * (1.0 if first_pass and table.verified_at is not None else table.compared)
            for table in self.tables
        )
        return min(1.0, compared / self.rows) if self.rows else 1.0

    @property
    def repaired(self) -> int:
        """Return the number of rows ever repaired because they differed from the source."""
        return sum(table.repaired for table in self.tables)

    @property
    def repaired_at(self) -> datetime | None:
        """Return when a row was last repaired; None if never."""
        return max(
            (table.repaired_at for table in self.tables if table.repaired_at is not None), default=None
        )

    def was_repaired_lately(self, now: datetime) -> bool:
        """Return whether differences were repaired in the last day, which a page warns of."""
        return self.repaired_at is not None and now - self.repaired_at < RECENT


def replica_state(store: StorePlace, now: datetime | None = None) -> tuple[ReplicaTableState, ...]:
    """Return the tables of the replica by name; none before the first run. Raises SourceError.

    A time after ``now`` is ignored and is None; ``now`` None accepts every time.
    """
    sql = (
        "select table_name, kept, rows, covered, repaired, proved_at, repaired_at"
        " from dashboard_replica order by table_name"
    )
    with reading(store) as connection:
        made = has_table(connection, "dashboard_replica")
        rows = connection.execute(sql).fetchall() if made else []
    return tuple(
        ReplicaTableState(
            table=table,
            # A run of an earlier version stored the old word.
            sync=OLD_SYNC.get(kept, kept),
            rows=rows,
            verified_at=_instant(verified_at, now),
            covered=covered,
            repaired=repaired,
            repaired_at=_instant(repaired_at, now),
        )
        for table, kept, rows, covered, repaired, verified_at, repaired_at in rows
    )


def _instant(text: str | None, now: datetime | None) -> datetime | None:
    try:
        instant = None if text is None else from_sqlite(text)
    except (ValueError, TypeError) as error:
        log.warning("a time of dashboard_replica cannot be read: %s", error)
        return None
    return None if instant is not None and now is not None and is_future(instant, now) else instant


def store_replica(connection: Connection, tables: Iterable[ReplicatedTable], at: datetime) -> None:
    """Store the state of the replica's tables after a run, and delete tables that it no longer has.

    Without any table the run had no replica on disk, and nothing changes. The connection is in a write
    transaction.
    """
    found = list(tables)
    if not found:
        return
    names = [table.table for table in found]
    connection.execute(f"delete from dashboard_replica where not ({one_of('table_name', names)})", names)
    connection.executemany(
        "insert into dashboard_replica (table_name, kept, rows, proved_at, covered, repaired, repaired_at)"
        " values (?, ?, ?, ?, ?, ?, ?) on conflict (table_name) do update set kept = excluded.kept,"
        " rows = excluded.rows, proved_at = excluded.proved_at, covered = excluded.covered,"
        " repaired = dashboard_replica.repaired + excluded.repaired,"
        " repaired_at = coalesce(excluded.repaired_at, dashboard_replica.repaired_at)",
        [
            (
                table.table,
                table.sync,
                table.rows,
                None if table.verified_at is None else to_sqlite(table.verified_at),
                table.covered,
                table.repaired,
                to_sqlite(at) if table.repaired else None,
            )
            for table in found
        ],
    )
