"""Connections of Python's ``sqlite3`` to the source database, for the dashboard's own tables.

The only module that calls ``sqlite3.connect``; the engine process never imports it. Reads are
single statements, writes immediate transactions that wait five seconds for a writer and then
give up, so that the pipeline is never kept waiting and nothing is half-written.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from engine.source_errors import damaged, explain_failure, require_file
from engine.sqlfile import SQL_DIR

log = logging.getLogger(__name__)

BUSY_TIMEOUT_SECONDS = 5.0
MIGRATIONS_DIR = SQL_DIR / "migrations"
DASHBOARD_TABLES = (
    "dashboard_cache",
    "dashboard_problems",
    "dashboard_runs",
    "dashboard_unreadable",
    "dashboard_state",
)


@contextmanager
def open_database(db: Path) -> Iterator[sqlite3.Connection]:
    """Open the database in autocommit mode; a failure of SQLite becomes a SourceError.

    Never creates the file. Raises SourceError where it is missing, locked, damaged, read-only
    or no database.
    """
    require_file(db)
    try:
        connection = sqlite3.connect(
            f"{db.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None
        )
        with closing(connection):
            yield connection
    except sqlite3.Error as error:
        raise explain_failure(db, str(error)) from error


@contextmanager
def write_transaction(db: Path) -> Iterator[sqlite3.Connection]:
    """Open the database in an immediate transaction: all that is done in it is kept, or nothing."""
    with open_database(db) as connection:
        connection.execute("begin immediate")
        try:
            yield connection
        except BaseException:
            connection.rollback()
            raise
        connection.commit()


def migrate(db: Path) -> None:
    """Create the dashboard's tables and register its job; again is harmless. Raises SourceError.

    A source whose ``cron_jobs`` has other columns gets the tables, and a line in the log.
    A damaged file is left as it is: before the first table is made, the whole of it is checked.
    """
    first = len(missing_tables(db)) == len(DASHBOARD_TABLES)
    with open_database(db) as connection:
        if first and (finding := connection.execute("pragma quick_check(1)").fetchone()[0]) != "ok":
            raise damaged(db, finding)
        for path in sorted(MIGRATIONS_DIR.glob("*.sql")):
            try:
                connection.executescript(path.read_text(encoding="utf-8"))
            except sqlite3.Error as error:
                connection.rollback()
                if missing_tables(db):
                    raise
                # The tables come first, so what is left is the job's row in the pipeline's table.
                log.warning("%s: the job is not registered in cron_jobs (%s)", db, error)


def missing_tables(db: Path) -> tuple[str, ...]:
    """Return the dashboard's tables that the database lacks."""
    with open_database(db) as connection:
        found = {
            name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")
        }
    return tuple(name for name in DASHBOARD_TABLES if name not in found)
