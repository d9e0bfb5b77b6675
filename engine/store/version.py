"""The pulse of the cache: what tells one state of it from another, asked for before every read.

Asking costs some microseconds while nothing is written, so that what is kept in memory can be
held against the database each time. A generation is never compared by size: a backup that was put
back makes it go backwards, and its mark differs even where the number is the same.
"""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.model.errors import SourceError
from engine.model.source_file.failures import explain_failure, require_file
from engine.model.source_file.stamp import SourceStamp, stamp_of
from engine.store.sqlite.connections import connections_to, is_busy
from engine.store.sqlite.database import connect_impatiently

_STATE_SQL = """
select
    coalesce((select cast(value as integer) from dashboard_state where name = 'generation'), 0),
    coalesce((select value from dashboard_state where name = 'generation_mark'), '')
"""
_LATEST_RUN_SQL = "select coalesce(max(id), 0) from dashboard_runs"


@dataclass(frozen=True)
class Pulse:
    """One state of the cache in one file: ``file`` is its device and inode, ``schema`` grows with each DDL.

    ``latest_run`` is the id of the newest row of ``dashboard_runs``, of a failed run too; 0 before
    the first, as is the generation.
    """

    file: tuple[int, int]
    schema: int
    generation: int
    mark: str
    latest_run: int

    @property
    def contents(self) -> tuple[object, ...]:
        """Return what is the same for as long as the entries are."""
        return (self.file, self.schema, self.generation, self.mark)

    @property
    def version(self) -> str:
        """Return a text that differs whenever an open page has something new to show."""
        return f"{self.generation}.{self.mark or '0'}.{self.schema}.{self.latest_run}"


class PulseReader:
    """Asks one database for its pulse through a connection that it keeps; thread-safe.

    It never waits: where SQLite is busy the pulse is the one before. At rest it keeps no connection:
    until ``stat`` sees a change the pulse is the one before.
    """

    def __init__(self, db: Path) -> None:
        self._db = db
        # Asked for with each read: a text is quicker than a Path.
        self._path = str(db)
        self._connections = connections_to(db)
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._stamp: SourceStamp | None = None
        self._data_version = -1
        self._pulse: Pulse | None = None

    def read(self) -> Pulse:
        """Return the pulse as it is now. Raises SourceError where the database cannot be read."""
        with self._lock:
            try:
                return self._read()
            except sqlite3.OperationalError as error:
                if self._pulse is not None and is_busy(error):
                    return self._pulse
                self._disconnect()
                raise explain_failure(self._db, str(error)) from error
            except sqlite3.Error as error:
                self._disconnect()
                raise explain_failure(self._db, str(error)) from error

    def _read(self) -> Pulse:
        refusal = self._connections.refusal
        if refusal is not None:
            self._disconnect()
            raise refusal
        stamp = stamp_of(self._path)
        if self._connection is None and self._pulse is not None and stamp == self._stamp:
            return self._pulse
        if self._stamp is not None and stamp.file != self._stamp.file:
            self._disconnect()
        if self._connection is None:
            self._connect()
        (data_version,) = self._first("pragma data_version")
        if self._stamp and stamp.data != self._stamp.data and data_version == self._data_version:
            # Written to, and SQLite knows nothing of it: another file's bytes may have been copied over.
            self._connect()
            (data_version,) = self._first("pragma data_version")
        if self._pulse is None or data_version != self._data_version:
            (schema,) = self._first("pragma schema_version")
            generation, mark = self._first_if_any(_STATE_SQL, (0, ""))
            (latest_run,) = self._first_if_any(_LATEST_RUN_SQL, (0,))
            file = (stamp.file.device, stamp.file.inode)
            pulse = Pulse(file, schema, generation, mark, latest_run)
            # The same object for as long as it is the same: so what was made of it is found at a glance.
            self._pulse = self._pulse if self._pulse == pulse else pulse
        self._stamp, self._data_version = stamp, data_version
        return self._pulse

    def rest(self) -> None:
        """Close the connection until the source changes."""
        with self._lock:
            if self._connection is None:
                return
            try:
                self._read()
                still = stamp_of(self._path) == self._stamp
            except (SourceError, sqlite3.Error):
                still = False
            # A pulse that may be older than its stamp is not kept.
            pulse, stamp = (self._pulse, self._stamp) if still else (None, None)
            self._disconnect()
            self._pulse, self._stamp = pulse, stamp

    def _first(self, sql: str) -> tuple[Any, ...]:
        assert self._connection is not None
        # All rows are fetched, so that no statement stays open and holds the log.
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
        # The new one first: the last connection that closes clears the log away.
        before, self._connection = self._connection, connect_impatiently(self._db)
        self._data_version = -1
        if before is not None:
            before.close()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection, self._stamp, self._pulse = None, None, None
        self._data_version = -1

    def close(self) -> None:
        """Close the connection; another ``read`` opens it again."""
        with self._lock:
            self._disconnect()
