"""The file of the sessions: made readable by its owner alone, opened with ``sqlite3``.

It is never the source, and DuckDB never opens it. Of secrets it holds SHA-256 digests alone, of passwords
Argon2id verifiers. Each operation is one short transaction, so several processes share the file.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from engine.model.errors import DashboardError
from engine.model.private_files import FILE_MODE, create_private, make_private_folder
from engine.model.settings import Settings

BUSY_TIMEOUT_SECONDS = 2.0

_SCHEMA = """
create table if not exists sessions (
    digest text primary key, role text not null, how text not null, address text not null,
    created_at integer not null, seen_at integer not null, epoch text not null
) strict, without rowid;
create table if not exists links (
    digest text primary key, role text not null, made_at integer not null
) strict, without rowid;
create table if not exists devices (
    digest text primary key, seen_at integer not null
) strict, without rowid;
create table if not exists tokens (
    name text primary key, digest text not null unique, scope text not null, contacts integer not null,
    created_at integer not null, used_at integer
) strict, without rowid;
create table if not exists failures (
    id integer primary key, counted_by text not null, at integer not null
) strict;
create index if not exists failures_by_key on failures (counted_by, at);
create table if not exists refreshes (login text primary key, at integer not null) strict, without rowid;
create table if not exists asked_selections (
    login text not null, name text not null, at integer not null, primary key (login, name)
) strict, without rowid;
create index if not exists asked_selections_by_time on asked_selections (at);
create table if not exists verifiers (name text primary key, verifier text not null) strict, without rowid;
create table if not exists epoch (only integer primary key check (only = 1), value text not null) strict;
"""


def sessions_path(settings: Settings) -> Path:
    """Return the file of the sessions; it may not exist yet."""
    return settings.working_file(".sessions.sqlite")


class SessionFile:
    """The open file; thread-safe. All that uses it raises DashboardError if the file cannot be used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection = _open(path)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection in autocommit mode: for statements that stand alone."""
        with self._lock:
            try:
                yield self._connection
            except sqlite3.Error as error:
                raise _unreadable(self._path, error) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection in an immediate transaction: all that is done is stored, or nothing."""
        with self.reading() as connection:
            connection.execute("begin immediate")
            try:
                yield connection
                connection.execute("commit")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("rollback")
                raise

    def note(self, sql: str, parameters: Sequence[Any]) -> None:
        """Run a statement that may fail without harm: a full disk must not end sessions."""
        with self._lock, suppress(sqlite3.OperationalError):
            self._connection.execute(sql, parameters)


def _open(path: Path) -> sqlite3.Connection:
    """Return a connection in autocommit mode for any thread; makes the file if there is none.

    Raises DashboardError if it cannot be read, or is another's, or others may read it.
    """
    try:
        _make_private(path)
        connection = sqlite3.connect(
            path.absolute().as_uri() + "?mode=rw",
            uri=True,
            timeout=BUSY_TIMEOUT_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            connection.execute("pragma journal_mode = wal").fetchall()
            connection.execute("pragma synchronous = normal").fetchall()
            connection.execute("pragma secure_delete = on").fetchall()
            connection.executescript(_SCHEMA)
        except sqlite3.Error:
            connection.close()
            raise
    except (sqlite3.Error, OSError) as error:
        raise _unreadable(path, error) from error
    return connection


def _unreadable(path: Path, error: Exception) -> DashboardError:
    cause = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return DashboardError(
        path,
        f"sessions cannot be kept there ({cause})",
        "make it writable, or delete it and start again: all then log in again",
    )


def _make_private(path: Path) -> None:
    """Make the file with mode 0600 before its first byte, or check the one that is there."""
    make_private_folder(path.parent)
    with suppress(FileExistsError):
        os.close(create_private(path))
        return
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        raise OSError(0, "it is no regular file")
    if found.st_uid != os.geteuid():
        raise OSError(0, "it belongs to another user")
    if found.st_mode & 0o077:
        path.chmod(FILE_MODE)
