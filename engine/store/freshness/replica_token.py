"""Replica tokens: a run stores a random token in the source, by which the next run recognises the source.

A backup made before the run cannot hold that token. So a source that holds the token of the replica's last
run continues from what that run saw, and no other source does.
"""

from __future__ import annotations

import sqlite3

from engine.model.results import TOKEN_PREFIX, ReplicaToken

# Each replica has its own token. A replica that was deleted leaves its token behind.
TOKENS_KEPT = 20


def store_replica_token(connection: sqlite3.Connection, token: ReplicaToken) -> bool:
    """Store a run's token; return False, and store nothing, if the source is not the one that the run saw.

    It is not if a backup was restored during the run. The connection is in a write transaction.
    """
    row = connection.execute("select value from dashboard_state where name = ?", (token.name,)).fetchone()
    found = None if row is None else str(row[0])
    (schema_version,) = connection.execute("pragma schema_version").fetchone()
    if (found, schema_version) != (token.seen, token.schema_version):
        return False
    # "replace" gives the row a new rowid, so the tokens with the highest rowids are the latest.
    connection.execute("insert or replace into dashboard_state values (?, ?)", (token.name, token.value))
    connection.execute(
        "delete from dashboard_state where name glob ? and rowid not in ("
        " select rowid from dashboard_state where name glob ? order by rowid desc limit ?)",
        (f"{TOKEN_PREFIX}*", f"{TOKEN_PREFIX}*", TOKENS_KEPT),
    )
    return True
