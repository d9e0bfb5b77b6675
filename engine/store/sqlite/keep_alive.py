"""A connection that is kept alive to a source, so that other connections can come and go unnoticed.

SQLite deletes the log, or rebuilds its index, when the last connection closes or the first one opens. It
does so under a lock that would block the pipeline. While one connection stays open neither happens.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.model.errors import SourceError
from engine.model.source_file.stamp import LogStamp
from engine.store.sqlite.connections import connections_to
from engine.store.sqlite.write_ahead_log import empty_log, empty_log_of_replaced

log = logging.getLogger(__name__)

_kept: dict[Path, KeepAliveConnection] = {}
"""The connection that is kept alive for each path; writes use it."""


class KeepAliveConnection:
    """An idle connection that stays open while others come and go; thread-safe.

    It holds no snapshot, and no lock that blocks a writer. It can write, because it empties the log, and
    because SQLite deletes the log only when a connection that can write closes last. If the file is
    read-only, or is left alone, the connection only reads.
    """

    def __init__(self, db: Path) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._can_write = False

    @property
    def is_held(self) -> bool:
        """Return whether the connection is open."""
        return self._connection is not None

    @property
    def can_write(self) -> bool:
        """Return whether the connection is open and can write."""
        return self._can_write

    def hold(self) -> None:
        """Open the connection if it is closed; do nothing if the database cannot be read."""
        with self._lock:
            if self._connection is None:
                with suppress(SourceError, sqlite3.Error):
                    self._connection = self._connect()
                    _kept[self._db] = self

    def _connect(self) -> sqlite3.Connection:
        if connections_to(self._db).is_left_alone:
            return connect_idle(self._db, "ro")
        connection = connect_idle(self._db, "rw")
        prepare_for_writing(connection)
        # SQLite opens a read-only file for reading, without an error.
        self._can_write = os.access(self._db, os.W_OK)
        return connection

    @contextmanager
    def lent(self, busy_timeout_seconds: float) -> Iterator[sqlite3.Connection | None]:
        """Yield the connection for one write, with its busy timeout set; None if it cannot write."""
        with self._lock:
            connection = self._connection if self._can_write else None
            if connection is not None:
                connection.execute(f"pragma busy_timeout = {round(busy_timeout_seconds * 1000)}").fetchall()
            yield connection

    def empty_log(self, *, may_truncate: bool) -> bool:
        """Empty the log over the connection, if that is open; return whether the log is empty now."""
        with self._lock:
            try:
                return self._connection is not None and empty_log(
                    self._db, self._connection, may_truncate=may_truncate
                )
            except sqlite3.Error as error:
                log.debug("the log of %s is not emptied: %s", self._db, error)
                return False

    def empty_log_of_replaced(self, stamp: LogStamp) -> bool:
        """Empty the log of the file that this connection was opened on, after another file has replaced it.

        Returns whether the log is empty now; see ``write_ahead_log.empty_log_of_replaced``.
        """
        with self._lock:
            try:
                return self._connection is not None and empty_log_of_replaced(
                    self._db, self._connection, stamp
                )
            except sqlite3.Error as error:
                log.debug("the log of the file before %s is not emptied: %s", self._db, error)
                return False

    def release(self) -> None:
        """Close the connection."""
        with self._lock:
            if self._connection is not None:
                if _kept.get(self._db) is self:
                    del _kept[self._db]
                self._connection.close()
                self._connection, self._can_write = None, False


def kept_connection(db: Path) -> KeepAliveConnection | None:
    """Return the connection that is kept alive for a path; None if there is none."""
    return _kept.get(db)


def prepare_for_writing(connection: sqlite3.Connection) -> None:
    """Set up a connection so that it holds the write lock as briefly as possible.

    A commit does not wait for the disk. After a power cut the cache may lack its latest run, which is then
    computed again; what other programs have committed is not affected. Pages go to the log at the commit
    alone, and the schema is read before the lock is taken.
    """
    connection.execute("pragma synchronous = normal").fetchall()
    connection.execute("pragma cache_spill = off").fetchall()
    # While the pipeline writes, checkpoints are its own. When it is quiet, one follows each write of ours.
    connection.execute("pragma wal_autocheckpoint = 0").fetchall()
    # Debian's SQLite overwrites deleted rows with zeros, which the cache does not need.
    connection.execute("pragma secure_delete = off").fetchall()
    connection.execute("select count(*) from sqlite_master").fetchall()


def connect_idle(db: Path, mode: str) -> sqlite3.Connection:
    """Return a connection that has read once, because only then has SQLite opened the log."""
    connection = connections_to(db).open(mode, check_same_thread=False)
    try:
        connection.execute("select count(*) from sqlite_master").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection
