"""Every ``sqlite3`` connection of this process to a source or a store, by the file it was opened on.

Only the generator of demo databases also calls ``sqlite3.connect``.

A path may come to name another file while connections to the file before are open. SQLite then uses one
``-wal`` and one ``-shm`` for both files, and closing the old connection drops the locks of the new one,
because POSIX locks belong to the process. So before a connection is opened, connections of this process to
another file at the same path are interrupted, and their end is waited for.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from engine.model.errors import SourceError
from engine.model.source_file.stamp import ChangeClock, FileIdentity, QuietClock, identity_of, log_path

BUSY_TIMEOUT_SECONDS = 5.0
WRITE_VERSION = 18
"""The byte of the header that is 2 if the file has a write-ahead log."""
CLOSING_SECONDS = 5.0
"""How long to wait for the end of connections to a file that was replaced."""


class CountedConnection(sqlite3.Connection):
    """A connection that knows which file it was opened on, and reports when it is closed."""

    file: FileIdentity
    on_close: Callable[[CountedConnection], None] | None = None

    def close(self) -> None:
        """Close the connection; calling it again is harmless."""
        super().close()
        on_close, self.on_close = self.on_close, None
        if on_close is not None:
            on_close(self)


class SourceConnections:
    """The connections of this process to the file at one path; thread-safe.

    ``quiet`` knows how long nobody else has written to the file, ``changes`` how long it has been unchanged.
    ``refusal`` is the reason why nothing may be written to it now, None if writing is allowed. ``expected``
    is the file that the source keeper takes for the source, None without a keeper. Another file is not
    written to before the keeper has seen it. ``is_left_alone`` is True for a source whose cache is elsewhere:
    nothing tidies its log.
    """

    def __init__(self, db: Path) -> None:
        self._db = db
        self._uri = db.absolute().as_uri()
        self._closed = threading.Condition()
        self._open: set[CountedConnection] = set()
        self.quiet = QuietClock()
        self.changes = ChangeClock()
        self.refusal: SourceError | None = None
        self.expected: FileIdentity | None = None
        self.is_left_alone = False

    def open(
        self,
        mode: str,
        *,
        check_same_thread: bool = True,
        busy_timeout_seconds: float = BUSY_TIMEOUT_SECONDS,
        closing_seconds: float = CLOSING_SECONDS,
    ) -> CountedConnection:
        """Return a connection in autocommit mode to the file that the path names now.

        ``mode`` is SQLite's: ``ro`` or ``rw``. Raises sqlite3.Error. Raises SourceError if there is no file,
        if connections to the file before are still open after ``closing_seconds``, or if ``mode`` is ``rw``
        and nothing may be written to the file.
        """
        deadline = time.monotonic() + closing_seconds
        while True:
            with self._closed:
                file = self._file_without_others(deadline)
                if mode == "rw":
                    self._require_writable(file)
                elif self.is_left_alone and not self._open:
                    self._require_harmless()
                connection = sqlite3.connect(
                    f"{self._uri}?mode={mode}",
                    uri=True,
                    timeout=busy_timeout_seconds,
                    isolation_level=None,
                    check_same_thread=check_same_thread,
                    factory=CountedConnection,
                )
                # If the path still names the same file, SQLite has opened that file and no other.
                if _names(self._db, file):
                    connection.file, connection.on_close = file, self._forget
                    self._open.add(connection)
                    return connection
                connection.close()

    def _file_without_others(self, deadline: float) -> FileIdentity:
        while True:
            file = identity_of(self._db)
            others = [connection for connection in self._open if connection.file != file]
            if not others:
                return file
            for connection in others:
                with suppress(sqlite3.Error):
                    connection.interrupt()
            if not self._closed.wait(max(0.0, deadline - time.monotonic())):
                raise SourceError(
                    self._db, "the file was replaced, and the one before it is still open", "try again"
                )

    def _require_writable(self, file: FileIdentity) -> None:
        if self.refusal is not None:
            raise self.refusal
        if self.expected is not None and file != self.expected:
            raise SourceError(
                self._db,
                "the file was replaced just now; it is checked before anything is written",
                "try again",
            )

    def _require_harmless(self) -> None:
        """Raise SourceError if to read the file would make a log that its own program cannot write.

        SQLite makes a log even for a reader, and gives it to that reader's user.
        """
        folder, log_file = self._db.parent, log_path(self._db)
        if os.access(self._db, os.W_OK) or not os.access(folder, os.W_OK) or log_file.exists():
            return
        # No connection of this process is open, so closing this handle drops no lock.
        with self._db.open("rb") as file:
            is_logged = file.read(WRITE_VERSION + 1)[WRITE_VERSION:] == b"\x02"
        if is_logged:
            raise SourceError(
                self._db,
                "no program has it open, and to read it would make a log (-wal) that belongs to this user and"
                " that its own program could not write",
                "run the dashboard as that program's user, or keep the file open in it",
            )

    def require_writable(self, connection: sqlite3.Connection) -> None:
        """Raise SourceError if the path names another file by now, or if nothing may be written to it."""
        if self.refusal is not None:
            raise self.refusal
        if not _names(self._db, cast(CountedConnection, connection).file):
            raise SourceError(self._db, "the file was replaced just now; nothing was written", "try again")

    def _forget(self, connection: CountedConnection) -> None:
        with self._closed:
            self._open.discard(connection)
            self._closed.notify_all()

    def count(self) -> int:
        """Return the number of open connections."""
        with self._closed:
            return len(self._open)

    def wait_until_closed(self, seconds: float) -> bool:
        """Wait until no connection is open, or the time is over; return whether none is open."""
        with self._closed:
            return self._closed.wait_for(lambda: not self._open, seconds)


_of_paths: dict[Path, SourceConnections] = {}
_of_paths_lock = threading.Lock()


def connections_to(db: Path) -> SourceConnections:
    """Return the connections of this process to a path; the same object for the same path."""
    path = db.absolute()
    with _of_paths_lock:
        if path not in _of_paths:
            _of_paths[path] = SourceConnections(path)
        return _of_paths[path]


def paths_opened() -> tuple[Path, ...]:
    """Return the paths that this process has opened a connection to."""
    with _of_paths_lock:
        return tuple(_of_paths)


def _names(db: Path, file: FileIdentity) -> bool:
    try:
        return identity_of(db) == file
    except SourceError:
        return False


def new_database(path: Path) -> sqlite3.Connection:
    """Return a connection in autocommit mode to a new file that nobody else knows yet."""
    return sqlite3.connect(path, isolation_level=None)


def scratch_database() -> sqlite3.Connection:
    """Return a connection to an empty database in memory."""
    return sqlite3.connect(":memory:")


def is_busy(error: BaseException) -> bool:
    """Return whether SQLite gave up because another connection holds a lock."""
    # The low byte is the main code. The others say what SQLite was busy with, such as recovering the log.
    code: Any = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
