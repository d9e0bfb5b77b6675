"""Reads the version of a store in a file of SQLite.

It costs some microseconds while nothing is written.
"""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any

from engine.model.errors import SourceError
from engine.model.source_file.failures import explain_failure, require_file
from engine.model.source_file.stamp import SourceStamp, stamp_of
from engine.store.sqlite.connections import connections_to, is_busy
from engine.store.sqlite.database import connect_no_wait
from engine.store.version import CacheVersion

_STATE_SQL = """
select
    coalesce((select cast(value as integer) from dashboard_state where name = 'generation'), 0),
    coalesce((select value from dashboard_state where name = 'generation_mark'), '')
"""
_LATEST_RUN_SQL = "select coalesce(max(id), 0) from dashboard_runs"


class SqliteVersionReader:
    """Reads the version of one database over a connection that it keeps; thread-safe.

    It never waits: while SQLite is busy it returns the version before. After ``release`` it has no
    connection, and returns the version before until ``stat`` shows a change.
    """

    def __init__(self, db: Path) -> None:
        self._db = db
        # Every read calls stat: a text is quicker than a Path.
        self._path = str(db)
        self._connections = connections_to(db)
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._stamp: SourceStamp | None = None
        self._data_version = -1
        self._version: CacheVersion | None = None

    def read(self) -> CacheVersion:
        """Return the version as it is now. Raises SourceError if the database cannot be read."""
        with self._lock:
            try:
                return self._read()
            except sqlite3.OperationalError as error:
                if self._version is not None and is_busy(error):
                    return self._version
                self._disconnect()
                raise explain_failure(self._db, str(error)) from error
            except sqlite3.Error as error:
                self._disconnect()
                raise explain_failure(self._db, str(error)) from error

    def _read(self) -> CacheVersion:
        refusal = self._connections.refusal
        if refusal is not None:
            self._disconnect()
            raise refusal
        stamp = stamp_of(self._path)
        if self._connection is None and self._version is not None and stamp == self._stamp:
            return self._version
        if self._stamp is not None and stamp.file != self._stamp.file:
            self._disconnect()
        if self._connection is None:
            self._connect()
        (data_version,) = self._first("pragma data_version")
        if self._stamp and stamp.data != self._stamp.data and data_version == self._data_version:
            # The file was written to and SQLite has not noticed: another file may have been copied over it.
            self._connect()
            (data_version,) = self._first("pragma data_version")
        if self._version is None or data_version != self._data_version:
            (schema,) = self._first("pragma schema_version")
            generation, nonce = self._first_if_any(_STATE_SQL, (0, ""))
            (latest_run,) = self._first_if_any(_LATEST_RUN_SQL, (0,))
            file = (stamp.file.device, stamp.file.inode)
            version = CacheVersion(file, schema, generation, nonce, latest_run)
            # An equal version stays the same object, so callers can compare it by identity.
            self._version = self._version if self._version == version else version
        self._stamp, self._data_version = stamp, data_version
        return self._version

    def release(self) -> None:
        """Close the connection until the source changes."""
        with self._lock:
            if self._connection is None:
                return
            try:
                self._read()
                still = stamp_of(self._path) == self._stamp
            except (SourceError, sqlite3.Error):
                still = False
            # A version that may be older than its stamp is dropped.
            version, stamp = (self._version, self._stamp) if still else (None, None)
            self._disconnect()
            self._version, self._stamp = version, stamp

    def _first(self, sql: str) -> tuple[Any, ...]:
        assert self._connection is not None
        # All rows are fetched, because an open statement would hold the log.
        row: tuple[Any, ...] = self._connection.execute(sql).fetchall()[0]
        return row

    def _first_if_any(self, sql: str, otherwise: tuple[Any, ...]) -> tuple[Any, ...]:
        try:
            return self._first(sql)
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):
                raise
            return otherwise

    def _connect(self) -> None:
        require_file(self._db)
        # The new connection opens first, because the last one that closes deletes the log.
        before, self._connection = self._connection, connect_no_wait(self._db)
        self._data_version = -1
        if before is not None:
            before.close()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection, self._stamp, self._version = None, None, None
        self._data_version = -1

    def close(self) -> None:
        """Close the connection; another ``read`` opens it again."""
        with self._lock:
            self._disconnect()
