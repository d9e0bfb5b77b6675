"""Replica tokens: a run stores a random token, by which the next run recognises the source.

A token in the source itself proves the most: a backup made before the run cannot hold it. So a source that
holds the token of the replica's last run continues from what that run saw, and no other source does. A token
in a store apart stands beside the place of the source, which another file in the source's place does not
have, nor one that SQLite has restored.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from engine.model.results import TOKEN_PREFIX, ReplicaToken, source_place
from engine.model.settings import Settings
from engine.store.sqlite.database import open_database

# Each replica has its own token. A replica that was deleted leaves its token behind.
TOKENS_KEPT = 20


@dataclass(frozen=True)
class SourcePlace:
    """A source apart from the store as it is now: its schema version, and the text that names its place."""

    schema_version: int
    text: str


def place_of(settings: Settings) -> SourcePlace | None:
    """Return the place of the source if the store is elsewhere, else None. Raises SourceError."""
    if not settings.is_apart:
        return None
    with open_database(settings.db) as connection:
        version = _schema_version(connection)
    return SourcePlace(version, source_place(settings.db, version))


def read_replica_tokens(db: Path) -> dict[str, str]:
    """Return the tokens of a store apart by name, each with the place of its source. Raises SourceError."""
    with open_database(db) as connection:
        return dict(
            connection.execute(
                "select name, value from dashboard_state where name glob ?", (f"{TOKEN_PREFIX}*",)
            ).fetchall()
        )


def store_replica_token(
    connection: sqlite3.Connection, token: ReplicaToken, place: SourcePlace | None = None
) -> bool:
    """Store a run's token; return False, and store nothing, if the source is not the one that the run saw.

    It is not if a backup was restored during the run. ``place`` is that of the source if the store is
    elsewhere. The connection is in a write transaction.
    """
    row = connection.execute("select value from dashboard_state where name = ?", (token.name,)).fetchone()
    # What follows the token is the place of the source, which may have another schema by now.
    found = None if row is None else str(row[0]).partition(" ")[0]
    schema_version = _schema_version(connection) if place is None else place.schema_version
    if (found, schema_version) != (token.seen, token.schema_version):
        return False
    value = token.value if place is None else f"{token.value} {place.text}"
    # "replace" gives the row a new rowid, so the tokens with the highest rowids are the latest.
    connection.execute("insert or replace into dashboard_state values (?, ?)", (token.name, value))
    connection.execute(
        "delete from dashboard_state where name glob ? and rowid not in ("
        " select rowid from dashboard_state where name glob ? order by rowid desc limit ?)",
        (f"{TOKEN_PREFIX}*", f"{TOKEN_PREFIX}*", TOKENS_KEPT),
    )
    return True


def _schema_version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("pragma schema_version").fetchone()
    return int(version)
