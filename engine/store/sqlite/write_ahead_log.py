"""The source's write-ahead log: how it is emptied without being in a writer's way.

A log that is empty when the dashboard lets go of the file cannot be replayed into another file that is
moved to its place, and a plain copy of the file has every row.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from pathlib import Path

from engine.model.errors import SourceError
from engine.model.source_file.stamp import LogStamp, identity_of, log_path, log_stamp
from engine.store.sqlite.connections import connections_to

log = logging.getLogger(__name__)

NO_WAIT_SECONDS = 0.0


def empty_log(db: Path, connection: sqlite3.Connection, *, may_truncate: bool) -> bool:
    """Copy the log's frames into the file, and cut the log to nothing if ``may_truncate``.

    Copying (PASSIVE) is in nobody's way. Cutting (TRUNCATE) takes the write lock for some
    microseconds, and only when all frames are copied and no reader needs one. Returns whether the log
    is empty now. Does nothing when the path names another file than the one the connection was opened
    on: the log is that file's then. Raises sqlite3.Error.
    """
    if log_stamp(db) is None:
        return True
    connection.execute(f"pragma busy_timeout = {int(NO_WAIT_SECONDS * 1000)}").fetchall()
    if not _is_current(db, connection):
        return False
    busy, frames, copied = connection.execute("pragma wal_checkpoint(passive)").fetchone()
    if busy or frames != copied:
        return False
    if may_truncate and _is_current(db, connection):
        (busy, *_) = connection.execute("pragma wal_checkpoint(truncate)").fetchone()
        return not busy
    return log_stamp(db) is None


def empty_log_of_replaced(db: Path, connection: sqlite3.Connection, stamp: LogStamp) -> bool:
    """Copy frames that another file has met into the file they belong to, and cut the log to nothing.

    The connection is to the file before, ``stamp`` is the log's from when that was still in its place. If
    the log has another one by now, somebody has written to the new file, and nothing is done. Returns
    whether the log is empty now. Raises sqlite3.Error.
    """
    connection.execute(f"pragma busy_timeout = {int(NO_WAIT_SECONDS * 1000)}").fetchall()
    for mode in ("passive", "truncate"):
        if log_stamp(db) != stamp:
            break
        (busy, frames, copied) = connection.execute(f"pragma wal_checkpoint({mode})").fetchone()
        if busy or frames != copied:
            break
    return log_stamp(db) is None


def _is_current(db: Path, connection: sqlite3.Connection) -> bool:
    try:
        return getattr(connection, "file", None) == identity_of(db)
    except SourceError:
        return False


def leave_tidy(db: Path) -> None:
    """Empty the log as far as that is in nobody's way; if nobody else has the file open, remove it.

    For the end of a process. It is SQLite that removes ``-wal`` and ``-shm``: when the last connection
    that can write is closed. A file that cannot be written, or is gone, is left alone.
    """
    if not log_path(db).exists():
        return
    connections = connections_to(db)
    connections.quiet.see(log_stamp(db), time.monotonic())
    try:
        connection = connections.open("rw", busy_timeout_seconds=NO_WAIT_SECONDS)
    except (SourceError, sqlite3.Error):
        return
    try:
        # SQLite opens the log with the first read.
        connection.execute("select count(*) from sqlite_master").fetchone()
        empty_log(db, connection, may_truncate=connections.quiet.is_quiet(time.monotonic()))
    except sqlite3.Error as error:
        log.debug("the log of %s stays: %s", db, error)
    finally:
        connection.close()
