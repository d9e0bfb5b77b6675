"""What the replica remembers of itself: whose copy it is, and how far each table has come.

It is kept in the replica's own file, in the schema ``sync_state``, and changes in the transaction
that changes the tables: after a crash the two are of one moment.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import duckdb

from engine.model.results import TOKEN_PREFIX
from engine.model.text.quoting import quote_literal, value_rows


@dataclass(frozen=True)
class Turn:
    """Where the last slice of late rows ended: its lane, and the stamp (an SQL literal) and row id there.

    ``stamp`` and ``row_id`` are None where a lane begins.
    """

    lane: int = 0
    stamp: str | None = None
    row_id: int | None = None


FIRST_TURN = Turn()


@dataclass(frozen=True)
class TableState:
    """How far one replica table has come, and what its source table was like.

    ``autoincrement_id`` is the highest id ever given, None where ids may be given again.
    ``watermark`` and ``lowest`` are the highest and lowest source id copied, None without a row.
    ``is_complete`` once all rows have been copied. ``synced_at`` is the clock before the last
    sync, and ``newest_change`` the newest change stamp seen until then, None where none is
    watched. ``log_through``: the change log has been read up to this id, None where there is none.
    ``counted_at_sync`` is the number of the sync that last compared the number of rows.
    ``audited_through``, ``audited_rows`` and ``pass_started_at`` tell how far the audit's pass under
    way has come, and since when; ``verified_at``: every row has been read or compared since then.
    ``newest_write`` is the newest stamp of any row that is not later than ``newest_as_of``;
    ``has_later_stamps``: there are later ones. ``unreadable`` has the number of values without a
    reading for each source column that has some. ``unrecognised`` has replica column, word and number of
    values of each word that the schema does not know, None before they are counted. ``digest`` is of
    the ``rows_read`` by the last sync, None where it read none. ``late_turn`` is where the next slice
    of rows begins that are read again for being late, and ``open_below`` the id below which the next
    older open rows are looked at, None: from the newest of them on.
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
    """Whose copy the replica is, and what a later look must find again.

    ``source_file`` is the file's device and inode. ``seen_token`` is the token that the source bore
    at the last sync, None for none; ``own_token`` the one that the run of that sync was to leave.
    ``is_in_doubt``: the replica may be the copy of a later state of the source than the present
    one, until every row has been compared. ``are_rollups_due``: the rollups have not
    followed the last sync, which took ``sync_ms``. ``fresh_bytes`` is the size of the file when it
    was fresh, 0 until that is known, and ``fresh_rows`` the number of rows it had then.
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

    @property
    def token_name(self) -> str:
        """Return the name under which the source bears this replica's token."""
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
    """Create the empty tables of the replica's memory."""
    connection.execute("create schema sync_state")
    connection.execute("create table sync_state.identity (value varchar)")
    connection.execute("create table sync_state.tables (name varchar, value varchar)")


def read_identity(connection: duckdb.DuckDBPyConnection) -> Identity | None:
    """Return the replica's identity; None in one that has just been made."""
    row = connection.execute("from sync_state.identity").fetchone()
    return None if row is None else Identity(**json.loads(row[0]))


def write_identity(connection: duckdb.DuckDBPyConnection, identity: Identity) -> None:
    """Replace the replica's identity."""
    connection.execute("delete from sync_state.identity")
    row = value_rows([(json.dumps(asdict(identity)),)])
    connection.execute(f"insert into sync_state.identity values {row}")


def read_states(connection: duckdb.DuckDBPyConnection) -> dict[str, TableState]:
    """Return the state of every table that the replica has."""
    return {name: _state(value) for name, value in connection.execute("from sync_state.tables").fetchall()}


def write_states(connection: duckdb.DuckDBPyConnection, states: Mapping[str, TableState]) -> None:
    """Replace the states of the tables named."""
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
    return json.dumps(asdict(state), default=datetime.isoformat)


def _state(text: str) -> TableState:
    values: dict[str, Any] = json.loads(text)
    for name in _INSTANTS:
        values[name] = values[name] and datetime.fromisoformat(values[name])
    values["unreadable"] = tuple((column, count) for column, count in values["unreadable"])
    words = values.get("unrecognised")
    values["unrecognised"] = None if words is None else tuple((c, word, n) for c, word, n in words)
    values["late_turn"] = Turn(**values["late_turn"])
    return TableState(**values)
