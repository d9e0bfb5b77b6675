"""What the replica remembers of itself: whose copy it is, and how far each table has come.

It is kept in the replica's own file, in the schema ``upkeep``, and changes in the transaction
that changes the tables: after a crash the two are of one moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime

import duckdb


@dataclass(frozen=True)
class TableState:
    """How far one replica table has come.

    ``watermark`` and ``lowest`` are the highest and lowest source id copied, None without a row.
    ``is_complete`` once all rows have been copied. ``synced_at`` is the clock before the last
    sync, and ``newest_change`` the newest change stamp seen until then, None where none is watched.
    ``log_through``: the change log has been read up to this id, None where there is none. ``counted_at_sync`` is the number of the sync that last
    compared the number of rows. ``audited_through``, ``audited_rows`` and ``pass_started_at`` tell
    how far the audit's pass under way has come, and since when; ``proved_at`` when the last whole
    pass began, None before the first has ended.
    """

    name: str
    signature: str
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
    proved_at: datetime | None = None


@dataclass(frozen=True)
class Identity:
    """Whose copy the replica is, and what a later look must find again.

    ``source_file`` is the file's device and inode. ``seen_mark`` is the mark that the source bore
    at the last sync, None for none; ``own_mark`` the one that the run of that sync was to leave.
    """

    replica_id: str
    made_by: str
    source_file: str
    syncs: int
    seen_mark: str | None
    own_mark: str | None

    @property
    def mark_name(self) -> str:
        """Return the name under which the source bears this replica's mark."""
        return f"replica {self.replica_id}"


_TYPES = {"int": "bigint", "bool": "boolean", "datetime": "timestamp", "str": "varchar"}


def _columns(of: type) -> str:
    return ", ".join(f"{field.name} {_TYPES[str(field.type).partition(' ')[0]]}" for field in fields(of))


def create_upkeep(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the empty tables of the replica's memory."""
    connection.execute("create schema upkeep")
    connection.execute(f"create table upkeep.identity ({_columns(Identity)})")
    connection.execute(f"create table upkeep.tables ({_columns(TableState)})")


def read_identity(connection: duckdb.DuckDBPyConnection) -> Identity | None:
    """Return the replica's identity; None in one that has just been made."""
    row = connection.execute("from upkeep.identity").fetchone()
    return None if row is None else Identity(*row)


def write_identity(connection: duckdb.DuckDBPyConnection, identity: Identity) -> None:
    """Replace the replica's identity."""
    connection.execute("delete from upkeep.identity")
    values = [getattr(identity, field.name) for field in fields(Identity)]
    connection.execute("insert into upkeep.identity values (?, ?, ?, ?, ?, ?)", values)


def read_states(connection: duckdb.DuckDBPyConnection) -> dict[str, TableState]:
    """Return the state of every table that the replica has."""
    rows = connection.execute("from upkeep.tables").fetchall()
    return {row[0]: TableState(*(_aware(value) for value in row)) for row in rows}


def write_states(connection: duckdb.DuckDBPyConnection, states: Mapping[str, TableState]) -> None:
    """Replace the states of the tables named."""
    if not states:
        return
    marks = ", ".join("?" for _ in fields(TableState))
    names = list(states)
    connection.execute(
        f"delete from upkeep.tables where name in ({', '.join('?' for _ in names)})", names
    )
    rows = ", ".join(f"({marks})" for _ in states)
    values = [
        _naive(getattr(state, field.name)) for state in states.values() for field in fields(TableState)
    ]
    connection.execute(f"insert into upkeep.tables values {rows}", values)


def forget_table(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Drop a replica table and its state."""
    connection.execute(f'drop table if exists "{name}"')
    connection.execute("delete from upkeep.tables where name = ?", [name])


def _aware(value: object) -> object:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def _naive(value: object) -> object:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value
