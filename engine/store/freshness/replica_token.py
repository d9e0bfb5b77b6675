"""The mark that each run leaves in the source, by which the replica knows the source again.

A mark is a fresh random nonce: a backup made before the run cannot bear it. So a source that bears
the mark of the replica's last run goes on from what that run saw, and no other one does.
"""

from __future__ import annotations

import sqlite3

from engine.model.results import MARK_PREFIX, ReplicaMark

# Each replica has a mark of its own. A replica that was deleted leaves its mark behind.
MARKS_KEPT = 20


def store_replica_mark(connection: sqlite3.Connection, mark: ReplicaMark) -> bool:
    """Store a run's mark; return False, and store nothing, if the source is not the one that the run saw.

    It is another one if it was restored while the run was under way. The connection is in a write
    transaction.
    """
    row = connection.execute("select value from dashboard_state where name = ?", (mark.name,)).fetchone()
    found = None if row is None else str(row[0])
    (schema_version,) = connection.execute("pragma schema_version").fetchone()
    if (found, schema_version) != (mark.seen, mark.schema_version):
        return False
    # "replace" gives the row a new rowid: the marks with the highest ones are the latest.
    connection.execute("insert or replace into dashboard_state values (?, ?)", (mark.name, mark.value))
    connection.execute(
        "delete from dashboard_state where name glob ? and rowid not in ("
        " select rowid from dashboard_state where name glob ? order by rowid desc limit ?)",
        (f"{MARK_PREFIX}*", f"{MARK_PREFIX}*", MARKS_KEPT),
    )
    return True
