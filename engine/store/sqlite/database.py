"""Reading and writing the source database with Python's ``sqlite3``, for the dashboard's own tables.

The engine process never imports this module. Reads use connections that cannot write. Writes are immediate
transactions, so nothing is stored by halves. They wait five seconds for another writer unless a caller says
otherwise: a run waits one second at a time, and tries again.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from pathlib import Path

from engine.model.errors import SourceError
from engine.model.source_file.failures import explain_failure, require_file
from engine.model.source_file.stamp import SourceStamp, log_stamp, stamp_of
from engine.store.sqlite.connections import BUSY_TIMEOUT_SECONDS, connections_to
from engine.store.sqlite.keep_alive import connect_idle, kept_connection, prepare_for_writing
from engine.store.sqlite.write_ahead_log import empty_log

log = logging.getLogger(__name__)


@contextmanager
def open_database(db: Path) -> Iterator[sqlite3.Connection]:
    """Open the database for reading, in autocommit mode; errors of SQLite become a SourceError.

    Raises SourceError if the file is missing, locked, damaged or no database.
    """
    with _explained(db), closing(connections_to(db).open("ro")) as connection:
        yield connection


def require_readable(db: Path) -> None:
    """Raise SourceError if the database cannot be read."""
    with open_database(db) as connection:
        connection.execute("select count(*) from sqlite_master").fetchone()


@contextmanager
def open_for_writing(
    db: Path, busy_timeout_seconds: float = BUSY_TIMEOUT_SECONDS
) -> Iterator[sqlite3.Connection]:
    """Open the database for writing, in autocommit mode; never creates the file. Raises SourceError."""
    # The last connection that closes, if it can write, empties the log under an exclusive lock, which would
    # block a pipeline that opens the file at that moment. A reading connection that closes later prevents it.
    with (
        _explained(db),
        closing(connect_idle(db, "ro")),
        closing(connections_to(db).open("rw", busy_timeout_seconds=busy_timeout_seconds)) as connection,
    ):
        prepare_for_writing(connection)
        yield connection


def connect_no_wait(db: Path) -> sqlite3.Connection:
    """Return a reading connection in autocommit mode, for any thread, that fails at once if SQLite is busy.

    Raises sqlite3.Error, and SourceError if the file was replaced and the one before is still open.
    """
    return connections_to(db).open(
        "ro", check_same_thread=False, busy_timeout_seconds=0.0, closing_seconds=0.0
    )


@contextmanager
def _explained(db: Path) -> Iterator[None]:
    require_file(db)
    try:
        yield
    except sqlite3.Error as error:
        raise explain_failure(db, str(error)) from error


@contextmanager
def write_transaction(
    db: Path, busy_timeout_seconds: float = BUSY_TIMEOUT_SECONDS
) -> Iterator[sqlite3.Connection]:
    """Open the database in an immediate transaction: all that is done in it is stored, or nothing.

    Raises SourceError if another writer holds the lock for longer than the busy timeout.
    """
    with _explained(db), _writing_connection(db, busy_timeout_seconds) as connection:
        connections = connections_to(db)
        quiet = connections.quiet
        connection.execute("begin immediate")
        locked_at = time.perf_counter()
        try:
            before = stamp_of(db)
            quiet.see(before.log, time.monotonic())
            connections.changes.begin_own_write(before, time.monotonic())
            yield connection
            # If the path names another file by now, the log belongs to that file.
            connections.require_writable(connection)
            connection.commit()
        except BaseException:
            connection.rollback()
            connections.changes.end_own_write(None)
            raise
        log.debug("write lock held for %.1f ms", (time.perf_counter() - locked_at) * 1000)
        empty_log_if_quiet(db, connection)
        connections.changes.end_own_write(_stamp_or_none(db))


def _stamp_or_none(db: Path) -> SourceStamp | None:
    try:
        return stamp_of(db)
    except SourceError:
        return None


def empty_log_if_quiet(db: Path, connection: sqlite3.Connection) -> None:
    """Empty the log after a write of this process, unless another program has written just before."""
    quiet = connections_to(db).quiet
    quiet.see_own_write(log_stamp(db))
    if quiet.is_quiet(time.monotonic()):
        with suppress(sqlite3.Error):
            empty_log(db, connection, may_truncate=True)


@contextmanager
def _writing_connection(db: Path, busy_timeout_seconds: float) -> Iterator[sqlite3.Connection]:
    """Yield the connection that is kept alive for the file; if there is none, one for this write alone."""
    refusal = connections_to(db).refusal
    if refusal is not None:
        raise refusal
    kept = kept_connection(db)
    with nullcontext() if kept is None else kept.lent(busy_timeout_seconds) as connection:
        if connection is not None:
            connections_to(db).require_writable(connection)
            yield connection
            return
    with open_for_writing(db, busy_timeout_seconds) as connection:
        yield connection


def has_table(connection: sqlite3.Connection, name: str) -> bool:
    """Return whether a database has a table; one that another version has migrated may lack it."""
    sql = "select 1 from sqlite_master where type = 'table' and name = ?"
    return connection.execute(sql, (name,)).fetchone() is not None


def journal_mode(db: Path) -> str:
    """Return the source's journal mode, such as ``wal``."""
    with open_database(db) as connection:
        mode: str = connection.execute("pragma journal_mode").fetchone()[0]
    return mode


def lenient_text(value: bytes) -> str:
    """Return stored text, for a connection's ``text_factory``; bytes that are no UTF-8 become U+FFFD."""
    return value.decode("utf-8", errors="replace")
