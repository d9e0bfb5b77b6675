"""The pulse of the cache: what tells one state of it from another, asked for before every read.

Asking costs some microseconds while nothing is written, so that what is kept in memory can be
held against the database each time. A generation is never compared by size: a backup that was put
back makes it go backwards, and its mark differs even where the number is the same.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path

from engine.database import connect_impatiently
from engine.errors import SourceError
from engine.source_errors import explain_failure, require_file

_SQL = """
select
    coalesce((select cast(value as integer) from dashboard_state where name = 'generation'), 0),
    coalesce((select value from dashboard_state where name = 'generation_mark'), ''),
    coalesce((select max(id) from dashboard_runs), 0)
"""


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

    It never waits: where SQLite is busy the pulse is the one before.
    """

    def __init__(self, db: Path) -> None:
        self._db = db
        # Asked for with each read: a text is quicker than a Path.
        self._path = str(db)
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._data_version = -1
        self._pulse: Pulse | None = None

    def read(self) -> Pulse:
        """Return the pulse as it is now. Raises SourceError where the database cannot be read."""
        with self._lock:
            try:
                return self._read()
            except sqlite3.OperationalError as error:
                if self._pulse is not None and getattr(error, "sqlite_errorcode", None) in _BUSY:
                    return self._pulse
                self._disconnect()
                raise explain_failure(self._db, str(error)) from error
            except sqlite3.Error as error:
                self._disconnect()
                raise explain_failure(self._db, str(error)) from error

    def _read(self) -> Pulse:
        try:
            status = os.stat(self._path)  # noqa: PTH116
        except OSError as error:
            self._disconnect()
            require_file(self._db)
            raise SourceError(self._db, f"it cannot be read ({error.strerror})", "check the path") from error
        file = (status.st_dev, status.st_ino)
        if self._connection is None or file != self._file:
            self._disconnect()
            require_file(self._db)
            self._connection, self._file = connect_impatiently(self._db), file
        # All rows are fetched, so that no statement stays open and holds the log.
        ((data_version,),) = self._connection.execute("pragma data_version").fetchall()
        if self._pulse is None or data_version != self._data_version:
            ((schema,),) = self._connection.execute("pragma schema_version").fetchall()
            try:
                (row,) = self._connection.execute(_SQL).fetchall()
            except sqlite3.OperationalError as error:
                if "no such table" not in str(error):
                    raise
                row = (0, "", 0)
            self._pulse = Pulse(file, schema, *row)
            self._data_version = data_version
        return self._pulse

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection, self._file, self._pulse, self._data_version = None, None, None, -1

    def close(self) -> None:
        """Close the connection; another ``read`` opens it again."""
        with self._lock:
            self._disconnect()


_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
