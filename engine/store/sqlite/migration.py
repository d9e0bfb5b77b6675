"""The dashboard's tables in a source: migrations, and what a migrated database has."""

from __future__ import annotations

import logging
import sqlite3
import time
from contextlib import closing
from functools import cache
from pathlib import Path

from engine.model.catalogue.sqlfile import SQL_DIR
from engine.model.errors import SourceError
from engine.model.job import TASK_KEY
from engine.model.source_file.change_triggers import CHANGE_LOG, CREATE_CHANGE_LOG
from engine.model.source_file.failures import damaged
from engine.model.source_file.stamp import log_stamp
from engine.store.sqlite.connections import connections_to, scratch_database
from engine.store.sqlite.database import (
    empty_log_if_quiet,
    open_database,
    open_for_writing,
    write_transaction,
)
from engine.store.sqlite.own_tables import Columns, columns_of, require_own
from engine.store.sqlite.time_limit import time_limit
from engine.store.version import STATE_ROWS

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
    "056-create-dashboard-selections.sql": ("dashboard_selections",),
    "057-create-dashboard-receipts.sql": ("dashboard_run_tables", "dashboard_run_left_out"),
}
"""The files of ``MIGRATIONS_DIR`` in the order in which they are applied, and the tables each creates."""

REGISTERING = "049-create-dashboard-cache.sql"
"""The file that registers the job, by the one statement of the migrations on ``cron_jobs`` itself."""

TRIGGERS = ("dashboard_cache_deleted", "dashboard_cache_updated", "dashboard_generation_marked")

DASHBOARD_TABLES = tuple(table for tables in MIGRATIONS.values() for table in tables)


def migrate(db: Path, *, is_source: bool = True) -> None:
    """Create the dashboard's tables and register its job; calling it again is harmless. Raises SourceError.

    ``is_source`` False is a store apart: it has no table of the pipeline, and is not checked.

    If ``cron_jobs`` has other columns the job is not registered, and the log says so. Nothing is written to a
    damaged file, because the whole file is checked before the first table is created, nor to one in which
    something else has the name of one of the tables.
    """
    first = is_source and len(missing_tables(db)) == len(DASHBOARD_TABLES)
    with open_for_writing(db) as connection:
        finding = _quick_check(connection) if first else None
        if finding not in (None, "ok"):
            raise damaged(db, finding)
        connections_to(db).quiet.see(log_stamp(db), time.monotonic())
        for name, tables in MIGRATIONS.items():
            try:
                with time_limit(connection):
                    connection.executescript((MIGRATIONS_DIR / name).read_text(encoding="utf-8"))
            except sqlite3.Error as error:
                connection.rollback()
                if set(tables) & set(missing_tables(db)):
                    raise
                # Each file creates its tables first, so what failed is the job's row in the pipeline's table.
                log.warning("%s: the job is not registered in cron_jobs (%s)", db, error)
        if finding is not None:
            # This counts as the first quick check, so no run reads the whole file again today.
            connection.execute(
                "insert or ignore into dashboard_state (name, value)"
                " values ('integrity', 'ok'), ('integrity_checked_at', datetime('now'))"
            )
        empty_log_if_quiet(db, connection)


def register_job(db: Path) -> None:
    """Register the job in a source whose store is elsewhere, as ``migrate`` does; the log says if it cannot.

    If the job is there, nothing is written.
    """
    script = (MIGRATIONS_DIR / REGISTERING).read_text(encoding="utf-8")
    insert = script[script.index("insert into cron_jobs") :].partition(";")[0]
    try:
        with open_database(db) as connection, time_limit(connection):
            known = "select 1 from cron_jobs where task_key = ?"
            if connection.execute(known, (TASK_KEY,)).fetchone():
                return
        with write_transaction(db) as connection, time_limit(connection):
            connection.execute(insert)
    except SourceError as error:
        log.warning("the job is not registered in cron_jobs: %s", error)


def _quick_check(connection: sqlite3.Connection) -> str | None:
    """Return the first finding of SQLite's quick check; None if it takes longer than its limit."""
    until = time.monotonic() + QUICK_CHECK_SECONDS
    connection.set_progress_handler(lambda: time.monotonic() > until, 100_000)
    try:
        finding: str = connection.execute("pragma quick_check(1)").fetchone()[0]
    except sqlite3.OperationalError as error:
        if time.monotonic() <= until:
            raise
        log.warning("the quick check before the first write was given up after %g s", QUICK_CHECK_SECONDS)
        log.debug("SQLite: %s", error)
        return None
    finally:
        connection.set_progress_handler(None, 0)
    return finding


@cache
def own_columns() -> dict[str, Columns]:
    """Return the columns of each table that the dashboard creates in a source."""
    with closing(scratch_database()) as scratch:
        for name in MIGRATIONS:
            scratch.executescript((MIGRATIONS_DIR / name).read_text(encoding="utf-8"))
        scratch.execute(CREATE_CHANGE_LOG)
        return columns_of(scratch, (*DASHBOARD_TABLES, CHANGE_LOG))


def missing_tables(db: Path) -> tuple[str, ...]:
    """Return the dashboard's tables that the database lacks.

    Raises SourceError, also if something else has the name of one of them.
    """
    with open_database(db) as connection:
        require_own(connection, own_columns(), db)
        found = columns_of(connection, DASHBOARD_TABLES)
    return tuple(name for name in DASHBOARD_TABLES if name not in found)


def is_complete(db: Path) -> bool:
    """Return whether the database has all that ``migrate`` creates: tables, triggers, the generation.

    Raises SourceError, also if something else has the name of one of the tables.
    """
    with open_database(db) as connection:
        require_own(connection, own_columns(), db)
        made = {name for (name,) in connection.execute("select name from sqlite_master")}
        if not made.issuperset((*DASHBOARD_TABLES, *TRIGGERS)):
            return False
        rows = {name for (name,) in connection.execute("select name from dashboard_state")}
    return rows.issuperset(STATE_ROWS)
