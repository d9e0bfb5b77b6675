"""The pipeline's job log in a source in PostgreSQL, as `dashboard cron logs` shows it. It is only read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from engine.model.errors import SourceError
from engine.model.places.postgres_address import PostgresAddress

if TYPE_CHECKING:
    from engine.postgres import PostgresConnection


@contextmanager
def _reading(address: PostgresAddress, table: str) -> Iterator[PostgresConnection]:
    # What talks to a server takes a while to import, and most sources are files.
    from engine.postgres import reading

    with reading(address) as connection:
        connection.execute("set local search_path to default")
        connection.execute("set local time zone 'UTC'")
        if connection.execute("select to_regclass(?)::text", (table,)).fetchone() == (None,):
            raise SourceError(
                address, f"table {table} is missing", "run `dashboard check` to see what is there"
            )
        yield connection


def read_server_job_log(
    address: PostgresAddress, task_key: str, limit: int, most_characters: int
) -> list[tuple[Any, ...]]:
    """Return a job's runs, newest first, with the columns of ``read_job_log``. Raises SourceError."""
    sql = (
        "select id, status::text, started_at::text, finished_at::text, items_processed, items_failed,"
        f" left(error_message::text, {int(most_characters)}), left(summary::text, {int(most_characters)})"
        " from cron_job_logs where job_name = ? order by id desc limit ?"
    )
    with _reading(address, "cron_job_logs") as connection:
        return connection.execute(sql, (task_key, limit)).fetchall()


def server_task_keys(address: PostgresAddress) -> list[str]:
    """Return the task keys of the registered jobs. Raises SourceError."""
    with _reading(address, "cron_jobs") as connection:
        rows = connection.execute("select task_key::text from cron_jobs order by 1").fetchall()
    return [str(key) for (key,) in rows]
