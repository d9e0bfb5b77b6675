"""The source's write-ahead log: empties it without blocking a writer.

If the log is empty when the dashboard closes the file, SQLite cannot replay it into another file that is
moved to the file's place, and a plain copy of the file has every row. ``source_keeper`` decides when,
``QUIET_SECONDS`` after the last write.
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
    """Copy the log's frames into the file; truncate it if ``may_truncate``; return whether it is empty.

    Copying (PASSIVE) blocks nobody. Truncating (TRUNCATE) takes the write lock for some microseconds, and
    only if all frames are copied and no reader needs one. It does nothing if the path names another file than
    the one the connection was opened on, because then the log belongs to that file. Raises sqlite3.Error.
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
    """Copy the log's frames into the file before and truncate the log; return whether it is empty.

    The connection is to the file before. ``stamp`` is the log's stamp while that file was in place. If the
    log has another stamp now, somebody has written to the new file, and it does nothing. Raises
    sqlite3.Error.
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
    """Empty the log as far as that blocks nobody; it is deleted if nobody else has the file open.

    A process calls it when it ends. SQLite deletes ``-wal`` and ``-shm`` when the last connection that can
    write is closed. It does nothing if the file cannot be written to, is left alone, or is gone.
    """
    connections = connections_to(db)
    if connections.is_left_alone or not log_path(db).exists():
        return
    connections.quiet.see(log_stamp(db), time.monotonic())
    try:
        connection = connections.open("rw", busy_timeout_seconds=NO_WAIT_SECONDS)
    except (SourceError, sqlite3.Error):
        return
    try:
        # SQLite opens the log at the first read.
        connection.execute("select count(*) from sqlite_master").fetchone()
        empty_log(db, connection, may_truncate=connections.quiet.is_quiet(time.monotonic()))
    except sqlite3.Error as error:
        log.debug("the log of %s stays: %s", db, error)
    finally:
        connection.close()
