"""The dashboard's job in the pipeline's own tables: its row of ``cron_jobs``, and a log row for each run.

They are written in the transaction that stores the run, after it has ended, so that a run is not part of its
own results; with a store apart, in a transaction of their own after it. If the tables of a source differ, the
log row is skipped and the run is stored.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from pathlib import Path
from typing import Any

from engine.model.clock import to_sqlite
from engine.model.errors import SourceError
from engine.model.job import TASK_KEY
from engine.model.places.postgres_address import PostgresAddress, SourceAddress
from engine.model.text.without_paths import without_paths
from engine.runs.records.server_job_log import read_server_job_log, server_task_keys
from engine.store.runs import RunRecord
from engine.store.sqlite.database import lenient_text, open_database, write_transaction
from engine.store.sqlite.time_limit import time_limit

log = logging.getLogger(__name__)

MOST_CHARACTERS = 10_000


def log_job_run(connection: sqlite3.Connection, record: RunRecord) -> None:
    """Add a run to ``cron_job_logs`` and to the job's row, if those tables have the expected columns.

    Raises sqlite3.Error if a trigger of the pipeline took so long that SQLite ended the transaction.
    """
    connection.execute("savepoint job_log")
    try:
        with time_limit(connection):
            _write_job_run(connection, record)
    except sqlite3.Error as error:
        if not connection.in_transaction:
            raise
        connection.execute("rollback to job_log")
        log.info("the run is not logged in cron_job_logs: %s", error)
    connection.execute("release job_log")


def _write_job_run(connection: sqlite3.Connection, record: RunRecord) -> None:
    started_at, finished_at = to_sqlite(record.started_at), to_sqlite(record.finished_at)
    connection.execute(
        "insert into cron_job_logs (job_name, status, started_at, finished_at, summary, error_message,"
        " items_processed, items_failed) values (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            TASK_KEY,
            "failed" if record.status == "failed" else "success",
            started_at,
            finished_at,
            json.dumps({"entries": record.entries, "duration_ms": record.duration_ms}),
            # Pages show it among the pipeline's own.
            record.error and without_paths(record.error),
            record.entries,
            record.failed,
        ),
    )
    connection.execute(
        "update cron_jobs set last_run_at = ?, updated_at = ? where task_key = ?",
        (started_at, finished_at, TASK_KEY),
    )


def keep_job_interval(db: Path, seconds: int) -> None:
    """Set the interval of the job's row, if there is one, to that of the schedule."""
    minutes = seconds // 60 if seconds % 60 == 0 else seconds / 60
    differing = "task_key = ? and (interval_value <> ? or interval_unit <> 'minutes')"
    try:
        with open_database(db) as connection, time_limit(connection):
            sql = f"select 1 from cron_jobs where {differing}"
            if connection.execute(sql, (TASK_KEY, minutes)).fetchone() is None:
                return
        with write_transaction(db) as connection, time_limit(connection):
            connection.execute(
                f"update cron_jobs set interval_value = ?, interval_unit = 'minutes' where {differing}",
                (minutes, TASK_KEY, minutes),
            )
    except SourceError as error:
        log.info("the job's interval is not stored in cron_jobs: %s", error)


def read_job_log(db: SourceAddress, task_key: str, limit: int) -> list[tuple[Any, ...]]:
    """Return a job's runs, newest first: id, status, start, end, items, failures, error, summary.

    Values are as stored in the source. Texts are cut at ``MOST_CHARACTERS``, and bytes that are no UTF-8
    become replacement characters. Raises SourceError.
    """
    if isinstance(db, PostgresAddress):
        return read_server_job_log(db, task_key, limit, MOST_CHARACTERS)
    texts = (
        f"iif(typeof({name}) in ('text', 'blob'), substr({name}, 1, {MOST_CHARACTERS}), {name})"
        for name in ("error_message", "summary")
    )
    sql = (
        "select id, status, started_at, finished_at, items_processed, items_failed,"
        f" {', '.join(texts)} from cron_job_logs where job_name = ? order by id desc limit ?"
    )
    with open_database(db) as connection, time_limit(connection):
        connection.text_factory = lenient_text
        return connection.execute(sql, (task_key, limit)).fetchall()


def known_task_keys(db: SourceAddress) -> list[str]:
    """Return the task keys of the registered jobs. Raises SourceError."""
    if isinstance(db, PostgresAddress):
        return server_task_keys(db)
    with open_database(db) as connection, time_limit(connection):
        connection.text_factory = lenient_text
        return [str(key) for (key,) in connection.execute("select task_key from cron_jobs order by task_key")]
