"""Stamps of the source from ``stat``: which file the path names, and when it was last written to.

It opens no file, because closing a plain file handle would drop the locks that SQLite holds in this process.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from engine.model.errors import SourceError
from engine.model.source_file.failures import require_file

LogStamp = tuple[int, int, int]
"""A write-ahead log's ``stat``: inode, modification time in ns, size in bytes."""

QUIET_SECONDS = 2.0
"""The log is truncated when nobody else has written for this time."""


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """The device and inode of the file that a path names."""

    device: int
    inode: int


@dataclass(frozen=True, slots=True)
class SourceStamp:
    """The ``stat`` of the source's file and of its write-ahead log; it differs after every write.

    ``data`` is (modification time in ns, size in bytes) of the file. ``log`` is None if there is no log or it
    is empty, which is the same to a reader. Two writes within the clock tick of the file system (4 ms) may
    have the same stamp.
    """

    file: FileIdentity
    data: tuple[int, int]
    log: LogStamp | None


def log_path(db: Path) -> Path:
    """Return the path of a database's write-ahead log."""
    return db.with_name(db.name + "-wal")


def log_stamp(db: str | Path) -> LogStamp | None:
    """Return the stamp of a database's log; None if it is missing or empty."""
    try:
        found = os.stat(f"{db}-wal")  # noqa: PTH116
    except OSError:
        return None
    return (found.st_ino, found.st_mtime_ns, found.st_size) if found.st_size else None


def stamp_of(db: str | Path) -> SourceStamp:
    """Return the stamp of the source as it is now. Raises SourceError if there is no file."""
    try:
        found = os.stat(db)  # noqa: PTH116
    except OSError as error:
        require_file(Path(db))
        raise SourceError(db, f"it cannot be read ({error.strerror})", "check the path") from error
    return SourceStamp(
        FileIdentity(found.st_dev, found.st_ino), (found.st_mtime_ns, found.st_size), log_stamp(db)
    )


def identity_of(db: Path) -> FileIdentity:
    """Return the identity of the file that the path names now. Raises SourceError if there is none."""
    require_file(db)
    return stamp_of(db).file


class QuietClock:
    """Measures how long no other program has written, from stamps of the log; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: LogStamp | None = None
        self._quiet_since: float | None = None

    def see(self, stamp: LogStamp | None, ticks: float) -> None:
        """Take the log's stamp at a moment of ``time.monotonic``; another one means another writer."""
        with self._lock:
            if self._quiet_since is None:
                # The time of a write before the first stamp comes from the clock of the file system.
                age = QUIET_SECONDS if stamp is None else time.time() - stamp[1] / 1e9
                self._quiet_since = ticks - max(0.0, age)
            elif stamp is not None and stamp != self._seen:
                self._quiet_since = ticks
            self._seen = stamp

    def see_own_write(self, stamp: LogStamp | None) -> None:
        """Take the log's stamp after a write of this process, which called ``see`` under the write lock."""
        with self._lock:
            self._seen = stamp

    def is_quiet(self, ticks: float) -> bool:
        """Return whether nobody else has written for ``QUIET_SECONDS``; False before the first stamp."""
        with self._lock:
            return self._quiet_since is not None and ticks - self._quiet_since >= QUIET_SECONDS


class ChangeClock:
    """Measures how long no other program has changed the source, from stamps of file and log; thread-safe.

    It misses a change only within the tick of the file system after a write of this process. What it cannot
    distinguish, such as another program's checkpoint or another process of ours, counts as a change.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: SourceStamp | None = None
        self._unchanged_since: float | None = None
        self._is_own_write = False

    def see(self, stamp: SourceStamp, ticks: float) -> None:
        """Take the source's stamp at a moment of ``time.monotonic``; another one means a change.

        While this process writes nobody else can, so a stamp that differs then is no change.
        """
        with self._lock:
            if stamp != self._seen and not self._is_own_write:
                self._seen, self._unchanged_since = stamp, ticks

    def begin_own_write(self, stamp: SourceStamp, ticks: float) -> None:
        """Take the stamp when this process has the write lock; ``end_own_write`` must follow."""
        self.see(stamp, ticks)
        with self._lock:
            self._is_own_write = True

    def end_own_write(self, stamp: SourceStamp | None) -> None:
        """Take the stamp after a write of this process; None if it wrote nothing, or if the file is gone."""
        with self._lock:
            self._is_own_write = False
            self._seen = stamp or self._seen

    def unchanged_seconds(self, ticks: float) -> float:
        """Return how long nobody else is known to have changed the source; 0 before the first stamp."""
        with self._lock:
            return 0.0 if self._unchanged_since is None else max(0.0, ticks - self._unchanged_since)
