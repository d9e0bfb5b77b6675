"""Stores the replica's state in its own file: whose copy it is, and how far each table has come.

The state is in the schema ``sync_state``. It changes in the same transaction as the tables, so after a crash
the two fit together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import duckdb

from engine.model.text.quoting import quote_literal, value_rows
from engine.model.values.replica_state import TOKEN_PREFIX


@dataclass(frozen=True)
class Turn:
    """Where the last slice of late rows ended: its lane, its last stamp (an SQL literal) and row id.

    ``stamp`` and ``row_id`` are None at the beginning of a lane.
    """

    lane: int = 0
    stamp: str | None = None
    row_id: int | None = None


FIRST_TURN = Turn()


@dataclass(frozen=True)
class TableState:
    """How far one replica table has come, and what its source table was like.

    Source: ``autoincrement_id`` is the highest id ever used, None if ids may be used again.

    Sync: ``watermark`` and ``lowest`` are the highest and lowest source id copied, None if there is no row.
    ``is_complete`` is true once all rows have been copied. ``synced_at`` is the clock before the last sync,
    and ``newest_change`` the newest stamp seen up to then, None if the table has no cursor. The change log
    has been read up to ``log_through``, None if there is none; ``log_mark`` is the mark of a server's log.
    ``counted_at_sync`` is the number of the sync that last counted the rows. ``digest`` is that of the
    ``rows_read`` by the last sync, None if it read none. The next slice of late rows begins at
    ``late_turn``, and the next older open rows below the id ``open_below``; None means at the newest of them.

    Audit: the pass that began at ``pass_started_at`` has compared ``audited_rows`` rows, up to the id
    ``audited_through``. Every row has been read or compared since ``verified_at``.

    Values: ``newest_write`` is the newest stamp of any row that is not later than ``newest_as_of``, and
    ``has_later_stamps`` says whether there are later ones. ``unreadable`` has the number of unreadable values
    of each source column that has some. ``unrecognised`` has column, word and number of values of each word
    that the schema does not know, None before they are counted.
    """

    name: str
    signature: str
    schema_version: int
    autoincrement_id: int | None = None
    watermark: int | None = None
    lowest: int | None = None
    is_complete: bool = False
    synced_at: datetime | None = None
    newest_change: datetime | None = None
    log_through: int | None = None
    log_mark: str | None = None
    counted_at_sync: int = 0
    audited_through: int | None = None
    audited_rows: int = 0
    pass_started_at: datetime | None = None
    verified_at: datetime | None = None
    newest_write: datetime | None = None
    newest_as_of: datetime | None = None
    has_later_stamps: bool = False
    unreadable: tuple[tuple[str, int], ...] = ()
    unrecognised: tuple[tuple[str, str, int], ...] | None = None
    digest: str | None = None
    rows_read: int = 0
    late_turn: Turn = FIRST_TURN
    open_below: int | None = None


@dataclass(frozen=True)
class Identity:
    """Whose copy the replica is.

    ``source_file`` is the source's device and inode. ``seen_token`` is the token that was stored at the last
    sync, None if there was none; ``own_token`` is the one that the run of that sync had to store. If
    ``is_in_doubt`` is true, the replica may be the copy of a later state of the source than the present one,
    until every row has been compared. If ``are_rollups_due`` is true, the rollups do not yet include the last
    sync, which took ``sync_ms``. ``fresh_bytes`` is the file's size when it was fresh, 0 if it is not known
    yet, and ``fresh_rows`` its number of rows then. ``server_snapshot`` has the fields of the last snapshot
    of a source in PostgreSQL, None before the first.
    """

    replica_id: str
    made_by: str
    source_file: str
    syncs: int
    seen_token: str | None
    own_token: str | None
    is_in_doubt: bool = False
    are_rollups_due: bool = False
    sync_ms: float = 0.0
    fresh_bytes: int = 0
    fresh_rows: int = 0
    server_snapshot: dict[str, Any] | None = None

    @property
    def token_name(self) -> str:
        """Return the name of this replica's token."""
        return TOKEN_PREFIX + self.replica_id


_INSTANTS = (
    "synced_at",
    "newest_change",
    "pass_started_at",
    "verified_at",
    "newest_write",
    "newest_as_of",
)


def create_state_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the empty tables of the state."""
    connection.execute("create schema sync_state")
    connection.execute("create table sync_state.identity (value varchar)")
    connection.execute("create table sync_state.tables (name varchar, value varchar)")


def read_identity(connection: duckdb.DuckDBPyConnection) -> Identity | None:
    """Return the replica's identity; None if it has none yet."""
    row = connection.execute("from sync_state.identity").fetchone()
    return None if row is None else Identity(**json.loads(row[0]))


def write_identity(connection: duckdb.DuckDBPyConnection, identity: Identity) -> None:
    """Replace the replica's identity."""
    connection.execute("delete from sync_state.identity")
    row = value_rows([(json.dumps(asdict(identity)),)])
    connection.execute(f"insert into sync_state.identity values {row}")


def read_states(connection: duckdb.DuckDBPyConnection) -> dict[str, TableState]:
    """Return the state of every replica table by name."""
    return {name: _state(value) for name, value in connection.execute("from sync_state.tables").fetchall()}


def write_states(connection: duckdb.DuckDBPyConnection, states: Mapping[str, TableState]) -> None:
    """Replace the states of the given tables."""
    if not states:
        return
    names = ", ".join(map(quote_literal, states))
    connection.execute(f"delete from sync_state.tables where name in ({names})")
    rows = value_rows((name, _text(state)) for name, state in states.items())
    connection.execute(f"insert into sync_state.tables values {rows}")


def forget_table(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Drop a replica table and its state."""
    connection.execute(f'drop table if exists "{name}"')
    connection.execute("delete from sync_state.tables where name = ?", [name])


def _text(state: TableState) -> str:
    # ``asdict`` would copy all values deeply, which takes longer than the rest.
    return json.dumps(vars(state) | {"late_turn": vars(state.late_turn)}, default=datetime.isoformat)


def _state(text: str) -> TableState:
    values: dict[str, Any] = json.loads(text)
    for name in _INSTANTS:
        values[name] = values[name] and datetime.fromisoformat(values[name])
    values["unreadable"] = tuple((column, count) for column, count in values["unreadable"])
    words = values.get("unrecognised")
    values["unrecognised"] = None if words is None else tuple((c, word, n) for c, word, n in words)
    values["late_turn"] = Turn(**values["late_turn"])
    return TableState(**values)
