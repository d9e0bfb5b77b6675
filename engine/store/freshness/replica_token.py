"""Replica tokens: a run stores a random token, by which the next run recognises the source.

A token in the source itself proves the most: a backup made before the run cannot hold it. So a source that
holds the token of the replica's last run continues from what that run saw, and no other source does. A token
in a store apart stands beside the place of the source, which another file in the source's place does not
have, nor one that SQLite has restored.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.model.settings import Settings, StorePlace
from engine.model.values.replica_state import TOKEN_PREFIX, ReplicaToken, source_place
from engine.store.backend import Connection, reading
from engine.store.sqlite.database import open_database
from engine.store.state_rows import read_state, set_state

# Each replica has its own token. A replica that was deleted leaves its token behind.
TOKENS_KEPT = 20
ORDER = "replicas"
"""The name under which ``dashboard_state`` has the names of the tokens, the latest last."""


@dataclass(frozen=True)
class SourcePlace:
    """A source apart from the store as it is now: its schema version, and the text that names its place."""

    schema_version: int
    text: str


def place_of(settings: Settings) -> SourcePlace | None:
    """Return the place of a source's file if the store is elsewhere, else None. Raises SourceError."""
    if not settings.is_apart or settings.source_file is None:
        return None
    with open_database(settings.db) as connection:
        version = _schema_version(connection)
    return SourcePlace(version, source_place(settings.db, version))


def read_replica_tokens(store: StorePlace) -> dict[str, str]:
    """Return the tokens of a store apart by name, each with the place of its source. Raises SourceError."""
    with reading(store) as connection:
        state = read_state(connection)
    return {name: value for name, value in state.items() if name.startswith(TOKEN_PREFIX)}


def store_replica_token(
    connection: Connection, token: ReplicaToken, place: SourcePlace | None = None
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
    set_state(connection, token.name, value)
    _keep_latest(connection, token.name)
    return True


def _keep_latest(connection: Connection, name: str) -> None:
    """Delete the tokens of all replicas but the latest ones, of which ``name`` is now the last."""
    state = read_state(connection)
    tokens = {each for each in state if each.startswith(TOKEN_PREFIX)}
    known = [each for each in str(state.get(ORDER, "")).split(",") if each in tokens - {name}]
    order = [*sorted(tokens - {name, *known}), *known, name]
    for gone in order[:-TOKENS_KEPT]:
        connection.execute("delete from dashboard_state where name = ?", (gone,))
    if (text := ",".join(order[-TOKENS_KEPT:])) != state.get(ORDER):
        set_state(connection, ORDER, text)


def _schema_version(connection: Connection) -> int:
    (version,) = connection.execute("pragma schema_version").fetchone()
    return int(version)
