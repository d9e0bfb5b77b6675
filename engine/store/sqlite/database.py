"""Connections of Python's ``sqlite3`` to the source database, for the dashboard's own tables.

The engine process never imports it. Reads go through connections that can only read, writes are immediate
transactions that wait five seconds for a writer and then give up: so the pipeline is never kept
waiting, and nothing is half-written.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from functools import cache
from pathlib import Path

from engine.model.catalogue.sqlfile import SQL_DIR
from engine.model.errors import SourceError
from engine.model.source_file.change_triggers import CHANGE_LOG, CREATE_CHANGE_LOG
from engine.model.source_file.failures import damaged, explain_failure, require_file
from engine.model.source_file.stamp import LogStamp, SourceStamp, log_stamp, stamp_of
from engine.store.sqlite.connections import BUSY_TIMEOUT_SECONDS, connections_to, scratch_database
from engine.store.sqlite.own_tables import Columns, columns_of, require_own
from engine.store.sqlite.write_ahead_log import empty_log, empty_log_of_replaced

log = logging.getLogger(__name__)

QUICK_CHECK_SECONDS = 600.0
MIGRATIONS_DIR = SQL_DIR / "migrations"
MIGRATIONS = {
    "049-create-dashboard-cache.sql": (
        "dashboard_cache",
        "dashboard_problems",
        "dashboard_runs",
        "dashboard_unreadable",
        "dashboard_state",
    ),
    "050-create-dashboard-replica.sql": ("dashboard_replica",),
    "051-create-dashboard-analytics.sql": (
        "dashboard_cache_reads",
        "dashboard_cache_writes",
        "dashboard_source_marks",
    ),
    "052-create-dashboard-origins.sql": ("dashboard_origins",),
    "053-create-dashboard-unrecognised.sql": ("dashboard_unrecognised",),
    "054-create-dashboard-colours.sql": ("dashboard_colours",),
    "055-create-dashboard-page-values.sql": ("dashboard_page_values",),
}
"""The files of ``MIGRATIONS_DIR`` in the order they are applied, and the tables each of them makes."""

TRIGGERS = ("dashboard_cache_deleted", "dashboard_cache_updated", "dashboard_generation_marked")
STATE_ROWS = ("generation", "generation_mark")

DASHBOARD_TABLES = tuple(table for tables in MIGRATIONS.values() for table in tables)


@contextmanager
def open_database(db: Path) -> Iterator[sqlite3.Connection]:
    """Open the database for reading, in autocommit mode; a failure of SQLite becomes a SourceError.

    Raises SourceError where the file is missing, locked, damaged or no database.
    """
    with _explained(db), closing(connections_to(db).open("ro")) as connection:
        yield connection


@contextmanager
def open_for_writing(
    db: Path, busy_timeout_seconds: float = BUSY_TIMEOUT_SECONDS
) -> Iterator[sqlite3.Connection]:
    """Open the database for writing, in autocommit mode; never creates the file. Raises SourceError."""
    # The last writing connection that closes empties the log under an exclusive lock, which a
    # pipeline that opens the file at that moment would meet. One that only reads and stays
    # longer keeps it from doing so.
    with (
        _explained(db),
        closing(_connect_idle(db, "ro")),
        closing(connections_to(db).open("rw", busy_timeout_seconds=busy_timeout_seconds)) as connection,
    ):
        _prepare_for_writing(connection)
        yield connection


def _prepare_for_writing(connection: sqlite3.Connection) -> None:
    """Make a connection hold the write lock as shortly as can be.

    A commit does not wait for the disk: after a power cut the cache may lack its latest run, which is
    computed again, and what other programs have committed is as safe as without us. Pages go to the log
    at the commit alone, and the schema is read before the lock is asked for.
    """
    connection.execute("pragma synchronous = normal").fetchall()
    connection.execute("pragma cache_spill = off").fetchall()
    # Checkpoints are the pipeline's own while it writes, and come after our write when it is quiet.
    connection.execute("pragma wal_autocheckpoint = 0").fetchall()
    # Rows of the cache that are replaced need not be overwritten with zeros, which Debian's SQLite does.
    connection.execute("pragma secure_delete = off").fetchall()
    connection.execute("select count(*) from sqlite_master").fetchall()


_kept: dict[Path, KeepAliveConnection] = {}
"""The connection that is kept for a path, if there is one: writes go through it."""


class KeepAliveConnection:
    """An idle connection for as long as others come and go; thread-safe.

    While it is open no other connection's coming or going makes SQLite clear the log away or
    build its index anew, under a lock that the pipeline would meet. It holds no lock that keeps
    a writer from writing, and no snapshot. It can write, so that it can empty the log, and so that
    SQLite removes the log when it is closed and nobody else has the file open; where the file may only
    be read it reads.
    """

    def __init__(self, db: Path) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._can_write = False

    @property
    def is_held(self) -> bool:
        """Tell whether the connection is open."""
        return self._connection is not None

    @property
    def can_write(self) -> bool:
        """Tell whether the connection is open and was opened for writing."""
        return self._can_write

    def hold(self) -> None:
        """Open the connection if that has not been done; a database that cannot be read is let be."""
        with self._lock:
            if self._connection is None:
                with suppress(SourceError, sqlite3.Error):
                    self._connection = self._connect()
                    _kept[self._db] = self

    def _connect(self) -> sqlite3.Connection:
        connection = _connect_idle(self._db, "rw")
        _prepare_for_writing(connection)
        # SQLite opens a file that may only be read for reading, and says nothing.
        self._can_write = os.access(self._db, os.W_OK)
        return connection

    @contextmanager
    def lent(self, busy_timeout_seconds: float) -> Iterator[sqlite3.Connection | None]:
        """Lend the connection for one write, its statements prepared; None if it is not open."""
        with self._lock:
            connection = self._connection if self._can_write else None
            if connection is not None:
                connection.execute(f"pragma busy_timeout = {round(busy_timeout_seconds * 1000)}").fetchall()
            yield connection

    def empty_log(self, *, may_truncate: bool) -> bool:
        """Empty the log through the connection, if it is open; tell whether the log is empty now."""
        with self._lock:
            try:
                return self._connection is not None and empty_log(
                    self._db, self._connection, may_truncate=may_truncate
                )
            except sqlite3.Error as error:
                log.debug("the log of %s is not emptied: %s", self._db, error)
                return False

    def empty_log_of_replaced(self, stamp: LogStamp) -> bool:
        """Empty a log that belongs to the file this connection was opened on, which was replaced.

        Returns whether it is empty now; see ``write_ahead_log.empty_log_of_replaced``.
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


def _connect_idle(db: Path, mode: str) -> sqlite3.Connection:
    """Return a connection that has read once, because SQLite opens the log no sooner."""
    connection = connections_to(db).open(mode, check_same_thread=False)
    try:
        connection.execute("select count(*) from sqlite_master").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def connect_no_wait(db: Path) -> sqlite3.Connection:
    """Return a reading connection for any thread that fails at once if SQLite is busy, in autocommit mode.

    Raises sqlite3.Error, and SourceError if the file was replaced and is still open elsewhere.
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
    """Open the database in an immediate transaction: all that is done in it is kept, or nothing.

    Waits for another writer as long as its patience lasts, then raises SourceError.
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
            # The log is the new file's by now if the path names another one.
            connections.require_writable(connection)
            connection.commit()
        except BaseException:
            connection.rollback()
            connections.changes.end_own_write(None)
            raise
        connections.lock_times.note(time.perf_counter() - locked_at)
        _empty_log_if_quiet(db, connection)
        connections.changes.end_own_write(_stamp_or_none(db))


def _stamp_or_none(db: Path) -> SourceStamp | None:
    try:
        return stamp_of(db)
    except SourceError:
        return None


def _empty_log_if_quiet(db: Path, connection: sqlite3.Connection) -> None:
    """Empty the log after a write of our own, unless another program has written just before."""
    quiet = connections_to(db).quiet
    quiet.see_own_write(log_stamp(db))
    if quiet.is_quiet(time.monotonic()):
        with suppress(sqlite3.Error):
            empty_log(db, connection, may_truncate=True)


@contextmanager
def _writing_connection(db: Path, busy_timeout_seconds: float) -> Iterator[sqlite3.Connection]:
    """Give the connection that is kept for the file; if there is none, one for this write alone."""
    refusal = connections_to(db).refusal
    if refusal is not None:
        raise refusal
    kept = _kept.get(db)
    with nullcontext() if kept is None else kept.lent(busy_timeout_seconds) as connection:
        if connection is not None:
            connections_to(db).require_writable(connection)
            yield connection
            return
    with open_for_writing(db, busy_timeout_seconds) as connection:
        yield connection


def migrate(db: Path) -> None:
    """Create the dashboard's tables and register its job; again is harmless. Raises SourceError.

    A source whose ``cron_jobs`` has other columns gets the tables, and a line in the log.
    A damaged file is left as it is: before the first table is made, the whole of it is checked. So is
    one in which something else has the name of one of the tables.
    """
    first = len(missing_tables(db)) == len(DASHBOARD_TABLES)
    with open_for_writing(db) as connection:
        finding = _quick_check(connection) if first else None
        if finding not in (None, "ok"):
            raise damaged(db, finding)
        connections_to(db).quiet.see(log_stamp(db), time.monotonic())
        for name, tables in MIGRATIONS.items():
            try:
                connection.executescript((MIGRATIONS_DIR / name).read_text(encoding="utf-8"))
            except sqlite3.Error as error:
                connection.rollback()
                if set(tables) & set(missing_tables(db)):
                    raise
                # The tables come first, so what is left is the job's row in the pipeline's table.
                log.warning("%s: the job is not registered in cron_jobs (%s)", db, error)
        if finding is not None:
            # The check above is the first of its kind: a run need not read the whole file again.
            connection.execute(
                "insert or ignore into dashboard_state (name, value)"
                " values ('integrity', 'ok'), ('integrity_checked_at', datetime('now'))"
            )
        _empty_log_if_quiet(db, connection)


def _quick_check(connection: sqlite3.Connection) -> str | None:
    """Return the first finding of SQLite's quick check; None where it takes longer than its limit."""
    until = time.monotonic() + QUICK_CHECK_SECONDS
    connection.set_progress_handler(lambda: time.monotonic() > until, 100_000)
    try:
        finding: str = connection.execute("pragma quick_check(1)").fetchone()[0]
    except sqlite3.OperationalError as error:
        if time.monotonic() <= until:
            raise
        log.warning("the quick check before the first write is given up after %g s", QUICK_CHECK_SECONDS)
        log.debug("SQLite: %s", error)
        return None
    finally:
        connection.set_progress_handler(None, 0)
    return finding


@cache
def own_columns() -> dict[str, Columns]:
    """Return the columns of each table that the dashboard makes in a source."""
    with closing(scratch_database()) as scratch:
        for name in MIGRATIONS:
            scratch.executescript((MIGRATIONS_DIR / name).read_text(encoding="utf-8"))
        scratch.execute(CREATE_CHANGE_LOG)
        return columns_of(scratch, (*DASHBOARD_TABLES, CHANGE_LOG))


def missing_tables(db: Path) -> tuple[str, ...]:
    """Return the dashboard's tables that the database lacks.

    Raises SourceError, also where something else has the name of one of them.
    """
    with open_database(db) as connection:
        require_own(connection, own_columns(), db)
        found = columns_of(connection, DASHBOARD_TABLES)
    return tuple(name for name in DASHBOARD_TABLES if name not in found)


def is_complete(db: Path) -> bool:
    """Tell whether the database has all that ``migrate`` makes: tables, triggers, the generation.

    Raises SourceError, also where something else has the name of one of the tables.
    """
    with open_database(db) as connection:
        require_own(connection, own_columns(), db)
        made = {name for (name,) in connection.execute("select name from sqlite_master")}
        if not made.issuperset((*DASHBOARD_TABLES, *TRIGGERS)):
            return False
        rows = {name for (name,) in connection.execute("select name from dashboard_state")}
    return rows.issuperset(STATE_ROWS)


def has_table(connection: sqlite3.Connection, name: str) -> bool:
    """Tell whether a database has a table: one that another version has made ready may lack it."""
    sql = "select 1 from sqlite_master where type = 'table' and name = ?"
    return connection.execute(sql, (name,)).fetchone() is not None


def journal_mode(db: Path) -> str:
    """Return how SQLite keeps the source's journal, such as ``wal``."""
    with open_database(db) as connection:
        mode: str = connection.execute("pragma journal_mode").fetchone()[0]
    return mode


def lenient_text(value: bytes) -> str:
    """Return stored text, for a connection's ``text_factory``; what is no UTF-8 becomes replacement marks."""
    return value.decode("utf-8", errors="replace")
