"""The right to write a lake: one worker at a time has it, and PostgreSQL refuses what any other commits.

A worker holds a lock of the catalog's database for a run, and has a number, the fence, that its connections
carry. A trigger compares the fence with the catalog's at each commit. So a worker whose lock was lost in the
middle of a run, with its connection, stores nothing once another has taken the lock.
"""

from __future__ import annotations

import binascii
import os
import socket
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.model.errors import ComputeError, SourceError
from engine.model.places.lake import SCHEMA, Lake
from engine.postgres import PostgresConnection, connect, explaining
from engine.replica.lake.errors import REFUSED, unusable_catalog

FENCE_SETTING = "dashboard.fence"
_LOCK = 7_202_511_260_015
_FENCED = ("ducklake_snapshot", "ducklake_data_file")

MOST_BYTES_OF_ONE_THREAD = 1_000_000_000
"""A lake with fewer bytes of files is read by one thread.

Each scan asks the catalog by several small statements, and DuckDB wakes all its threads for each: with one
thread a scan takes two thirds of the processor time that it takes with two, and a third of that with eight.
"""


@dataclass(frozen=True)
class Maintenance:
    """How far a lake's maintenance has come.

    The last round ended at ``ended_at``, with the lake's state number ``state``. Before the first, these are
    when the lake was made, None if that is not known, and 0. ``next_piece`` is what the round under way does
    next, None if none is.
    """

    ended_at: datetime | None = None
    state: int = 0
    next_piece: str | None = None


_NOT_MAINTAINED = Maintenance()


@dataclass(frozen=True)
class Claim:
    """The right to write a lake for one run.

    ``data_path`` is the folder of its files, with a slash at its end, and ``file_bytes`` is how large they
    were when the claim was made. The fence of a claim that is only to read is 0.
    """

    lake: Lake
    fence: int
    data_path: str
    file_bytes: int = 0
    maintenance: Maintenance = _NOT_MAINTAINED
    connection: PostgresConnection | None = None

    def protect(self) -> None:
        """Have the server refuse the commits of others from now on. The tables of DuckLake must exist."""
        for table in _FENCED:
            self._execute(
                f"create or replace trigger require_fence before insert or delete on {table}"
                " for each statement execute function require_fence()"
            )

    @property
    def has_one_thread(self) -> bool:
        """Return whether a statement is computed by one thread. A first build takes all that there are."""
        return 0 < self.file_bytes < MOST_BYTES_OF_ONE_THREAD

    def drop_tables(self) -> None:
        """Drop all tables of DuckLake, so that it makes new ones."""
        self._execute(
            "do $$ declare name text; begin for name in select tablename from pg_tables"
            f" where schemaname = '{self.lake.schema}' and tablename like 'ducklake%' loop"
            f" execute format('drop table {self.lake.schema}.%I cascade', name); end loop; end $$"
        )
        self._execute("update writer set maintained_state = 0, next_piece = null")

    def newest_state(self) -> int:
        """Return the number of the lake's newest state; each commit makes one. Raises ComputeError."""
        ((number,),) = self.rows("select coalesce(max(snapshot_id), 0) from ducklake_snapshot")
        return int(number)

    def note_next_piece(self, name: str) -> None:
        """Store which piece of the maintenance is next. Raises ComputeError."""
        self._execute("update writer set next_piece = ?", [name])

    def note_maintenance(self, now: datetime) -> None:
        """Store that the lake has been maintained. Raises ComputeError."""
        self._execute(
            "update writer set maintained_at = ?, maintained_state = ?, next_piece = null",
            [now, self.newest_state()],
        )

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query of the catalog. Raises ComputeError."""
        assert self.connection is not None
        with _explained(self.lake):
            return self.connection.execute(sql, parameters).fetchall()

    def _execute(self, sql: str, parameters: Sequence[object] = ()) -> None:
        assert self.connection is not None
        with _explained(self.lake):
            self.connection.execute(sql, parameters)


@contextmanager
def claimed(lake: Lake, own_fence: int | None) -> Iterator[Claim]:
    """Take the right to write for the block. Raises ComputeError, also if another worker is writing.

    The fence is ``own_fence`` if no other worker has written since that was given; otherwise a new one.
    """
    with _connected(lake) as connection:
        with _explained(lake):
            claim = _claim(connection, lake, own_fence)
        try:
            yield claim
        finally:
            # When a connection is closed, the server keeps its lock for a moment.
            with suppress(ComputeError), _explained(lake):
                connection.execute("select pg_advisory_unlock(?)", [_lock_of(lake)])


def claim_to_read(lake: Lake) -> Claim | None:
    """Return where a lake's files are; None if there is no lake yet. Raises ComputeError."""
    with _connected(lake) as connection, _explained(lake):
        if connection.execute("select to_regclass('writer') is null").fetchone() == (True,):
            return None
        row = connection.execute("select data_path from writer").fetchone()
        file_bytes = _file_bytes(connection)
    return None if row is None else Claim(lake, 0, _require_place(lake, row[0]), file_bytes)


@contextmanager
def _explained(lake: Lake) -> Iterator[None]:
    try:
        with explaining(lake.catalog):
            yield
    except SourceError as error:
        raise unusable_catalog(lake, error.cause, error.remedy) from error


@contextmanager
def _connected(lake: Lake) -> Iterator[PostgresConnection]:
    with _explained(lake):
        connection = connect(lake.catalog)
    try:
        with _explained(lake):
            # All of a lake's tables are in its schema.
            connection.execute(f"set search_path = {lake.schema}")
        yield PostgresConnection(connection)
    finally:
        connection.close()


def _lock_of(lake: Lake) -> int:
    """Return the number of the lock of a lake, of which a database may have several."""
    return _LOCK if lake.schema == SCHEMA else binascii.crc32(lake.schema.encode())


def _tables(lake: Lake) -> str:
    """Return the SQL that makes the table of who writes, and the function that the triggers call."""
    return f"""
create table if not exists writer (
    one boolean primary key default true check (one),
    fence bigint not null,
    data_path text not null,
    worker text not null,
    claimed_at timestamptz not null,
    maintained_at timestamptz
);
alter table writer add column if not exists maintained_state bigint;
alter table writer add column if not exists next_piece text;
create or replace function require_fence() returns trigger language plpgsql as $$
begin
    -- The lock makes the next worker wait until this commit has ended.
    perform 1 from {lake.schema}.writer
        where fence::text = current_setting('{FENCE_SETTING}', true) for share;
    if not found then
        raise exception '{REFUSED}';
    end if;
    return null;
end $$;
"""


def _claim(connection: PostgresConnection, lake: Lake, own_fence: int | None) -> Claim:
    locked = connection.execute("select pg_try_advisory_lock(?)", [_lock_of(lake)]).fetchone()
    if locked != (True,):
        raise ComputeError(lake, _holder(connection), "run one worker for one lake")
    if connection.execute(f"select to_regnamespace('{lake.schema}') is null").fetchone() == (True,):
        connection.execute(f"create schema {lake.schema}")
    connection.executescript(_tables(lake))
    connection.execute(
        # The files of a first build need no maintenance yet.
        "insert into writer (fence, data_path, worker, claimed_at, maintained_at)"
        " values (1, ?, '', now(), now()) on conflict (one) do nothing",
        [f"{lake.data}/{uuid.uuid4().hex}/"],
    )
    row = connection.execute(
        "select fence, data_path, maintained_at, coalesce(maintained_state, 0), next_piece from writer"
    ).fetchone()
    assert row is not None
    fence, data_path, *maintenance = row
    _require_place(lake, data_path)
    if fence != own_fence:
        fence += 1
        worker = f"{socket.gethostname()}, process {os.getpid()}"
        connection.execute("update writer set fence = ?, worker = ?, claimed_at = now()", [fence, worker])
    return Claim(lake, fence, data_path, _file_bytes(connection), Maintenance(*maintenance), connection)


def _file_bytes(connection: PostgresConnection) -> int:
    """Return how large the files of the newest state are; 0 before the first."""
    if connection.execute("select to_regclass('ducklake_data_file') is null").fetchone() == (True,):
        return 0
    sql = "select coalesce(sum(file_size_bytes), 0) from ducklake_data_file where end_snapshot is null"
    ((found,),) = connection.execute(sql).fetchall()
    return int(found)


def _holder(connection: PostgresConnection) -> str:
    """Return who holds the lock, in words."""
    row = connection.execute("select worker from writer").fetchone()
    return "another worker writes it" + (f" ({row[0]})" if row and row[0] else "")


def _require_place(lake: Lake, data_path: str) -> str:
    """Return the folder of a lake's files. Raises ComputeError if it is not where the setting says."""
    if data_path.rstrip("/").rpartition("/")[0] == lake.data:
        return data_path
    raise ComputeError(
        lake, f"its files are in {data_path}, not in {lake.data}",
        f"correct DASHBOARD_REPLICA_DATA, or have the replica built again: drop schema {lake.schema} cascade",
    )  # fmt: skip
