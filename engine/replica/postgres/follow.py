"""Finds the rows that have changed since the last sync, by the transactions that wrote them.

Ids and stamps do not show them: a transaction that commits late appears behind every watermark. A row version
carries the id of the transaction that wrote it. All ids below the last snapshot's ``xmin`` had ended by then,
so the replica has what they wrote. Any other row may be new, and is read again. A snapshot's own list of
transactions is not used, because subtransactions are not in it. Deleted rows show in the number of rows.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from engine.replica.postgres.source import PostgresSource

MOST_AGE = (1 << 31) - 2
"""Ids are 32 bits wide in a row, so they are compared within half of their range."""


@dataclass(frozen=True)
class ServerSnapshot:
    """One snapshot: the server's start and database, and the 64-bit ids that limit what it sees.

    All transactions below ``xmin`` have ended, and none from ``xmax`` on has begun. ``newest`` is the id from
    which the server counts the age of a row's transaction. ``text`` is the snapshot as the server writes it,
    empty if it was not kept.
    """

    started: str
    database: str
    xmin: int
    xmax: int
    newest: int
    text: str = ""

    def follows(self, last: ServerSnapshot) -> bool:
        """Return whether this is a later snapshot of the same server, not restarted or restored since.

        Whatever sets transaction ids back restarts the server.
        """
        is_same = (self.started, self.database) == (last.started, last.database)
        return is_same and self.has_ids_of(last)

    def has_ids_of(self, last: ServerSnapshot) -> bool:
        """Return whether the ids have gone on since ``last``, less far than they can be compared."""
        return self.xmax >= last.xmax and self.newest - last.xmin < MOST_AGE

    def written_since(self, last: ServerSnapshot) -> str:
        """Return the condition for the rows that the snapshot ``last`` may not have seen.

        Frozen rows keep their id: one from a turn of the ids before counts as new if it is by chance in
        the range, which costs a read and nothing else.
        """
        return f"age(xmin) between 0 and {self.newest - last.xmin}"

    def as_values(self) -> dict[str, str | int]:
        """Return the fields as the replica stores them."""
        return asdict(self)


def read_snapshot(source: PostgresSource) -> ServerSnapshot:
    """Return the snapshot that the source is read in."""
    row = source.rows(
        "select to_char(pg_postmaster_start_time() at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
        " as started,"
        " (select oid::text from pg_database where datname = current_database()) as database,"
        " pg_snapshot_xmin(pg_current_snapshot())::text as lowest,"
        " pg_snapshot_xmax(pg_current_snapshot())::text as highest,"
        " age(pg_snapshot_xmax(pg_current_snapshot())::xid)::text as ahead,"
        " pg_current_snapshot()::text as snapshot"
    )[0]
    started, database, lowest, highest, ahead, text = (value or "" for value in row)
    return ServerSnapshot(started, database, int(lowest), int(highest), int(highest) + int(ahead), text)
