"""Owns the reading of the source database: every row of every table, each value by its reading rule.

The annotation of a field says how its column is read. A table that is missing is None.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

from .reading import (
    Stored,
    read_label,
    read_number,
    read_text,
    read_timestamp,
    read_truth,
    read_whole_number,
)

Number = int | float
AnInstant = Annotated[datetime | None, read_timestamp]
ANumber = Annotated[Number | None, read_number]
AWholeNumber = Annotated[int | None, read_whole_number]
ATruth = Annotated[bool | None, read_truth]
ALabel = Annotated[str | None, read_label]
AText = Annotated[str | None, read_text]
AsStored = Annotated[Stored, lambda stored: stored]


@dataclass(frozen=True)
class Site:
    id: ANumber
    status: ALabel
    error_message: AText
    updated_at: AnInstant
    country_code: ALabel = None


@dataclass(frozen=True)
class SiteStatus:
    id: ANumber
    site_id: ANumber
    status: ALabel
    created_at: AnInstant


@dataclass(frozen=True)
class Outreach:
    id: ANumber
    site_id: ANumber
    contact_method: ALabel
    status: ALabel
    error_message: AText
    updated_at: AnInstant
    sent_at: AnInstant
    delivered_at: AnInstant


@dataclass(frozen=True)
class Conversation:
    id: ANumber
    outreach_id: ANumber
    direction: ALabel
    sentiment: ALabel
    received_at: AnInstant
    read_at: AsStored


@dataclass(frozen=True)
class LlmUsage:
    id: ANumber
    site_id: ANumber
    stage: ALabel
    provider: ALabel
    model: ALabel
    prompt_tokens: ANumber
    completion_tokens: ANumber
    estimated_cost: ANumber
    created_at: AnInstant


@dataclass(frozen=True)
class HttpError:
    id: ANumber
    status_code: AWholeNumber
    occurred_at: AnInstant


@dataclass(frozen=True)
class CronJob:
    id: ANumber
    name: AText
    task_key: AText
    interval_value: ANumber
    interval_unit: ALabel
    enabled: ATruth
    critical: ATruth
    created_at: AnInstant


@dataclass(frozen=True)
class CronJobLog:
    id: Annotated[int, read_number]
    job_name: AText
    status: ALabel
    started_at: AnInstant
    finished_at: AnInstant
    error_message: AText
    items_processed: ANumber
    items_failed: ANumber


@dataclass(frozen=True)
class SystemMetric:
    id: ANumber
    cpu_percent: ANumber
    memory_percent: ANumber
    disk_percent: ANumber
    recorded_at: AnInstant


ROW_TYPES: dict[str, type] = {
    "sites": Site,
    "site_status": SiteStatus,
    "outreaches": Outreach,
    "conversations": Conversation,
    "llm_usage": LlmUsage,
    "http_errors": HttpError,
    "cron_jobs": CronJob,
    "cron_job_logs": CronJobLog,
    "system_metrics": SystemMetric,
}

TIMESTAMP_COLUMNS: dict[str, tuple[str, ...]] = {
    "sites": ("created_at", "updated_at"),
    "site_status": ("created_at",),
    "outreaches": ("created_at", "updated_at", "sent_at", "delivered_at"),
    "conversations": ("received_at", "read_at"),
    "llm_usage": ("created_at",),
    "http_errors": ("occurred_at",),
    "cron_jobs": ("last_run_at", "created_at", "updated_at"),
    "cron_job_logs": ("started_at", "finished_at"),
    "system_metrics": ("recorded_at",),
}
"""Every timestamp of every source table, those that only say when the source was last written included."""

Row = TypeVar("Row")


@dataclass(frozen=True)
class FileFacts:
    """The database file as it is; `integrity` is the first line of SQLite's quick check."""

    size_bytes: int
    wal_bytes: int
    page_size: int
    pages: int
    free_pages: int
    journal_mode: str
    integrity: str


@dataclass(frozen=True)
class Source:
    """All rows read, by table; `timestamps` are all readable instants of the source tables.

    `unreadable` counts, by table and column, the values that are not null and could not be read.
    """

    tables: dict[str, list[Any]]
    timestamps: list[datetime]
    unreadable: dict[tuple[str, str], int]
    file: FileFacts

    def missing(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the tables that the source lacks."""
        return tuple(name for name in names if name not in self.tables)

    def rows(self, row_type: type[Row]) -> list[Row]:
        """The rows of the table that this row type reads, in the order of their ids."""
        name = next(name for name, known in ROW_TYPES.items() if known is row_type)
        return self.tables[name]


ROW_COLUMNS: dict[str, dict[str, Any]] = {
    "sites": {
        "domain": read_text,
        "keyword": read_text,
        "score": read_number,
        "grade": read_text,
        "http_status_code": read_whole_number,
    },
    "outreaches": {"contact_uri": read_text},
    "conversations": {"channel": read_label},
    "http_errors": {"site_id": read_number},
}
"""The columns that no dataset reads, but the rows behind its numbers show."""


def read_source(path: Path) -> Source:
    """Reads the whole database, read-only; raises sqlite3.Error if the file is no database."""
    size_bytes = path.stat().st_size
    wal = path.with_name(path.name + "-wal")
    wal_bytes = wal.stat().st_size if wal.exists() else 0
    tables: dict[str, list[Any]] = {}
    timestamps: list[datetime] = []
    unreadable: Counter[tuple[str, str]] = Counter()
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        connection.text_factory = bytes
        listed = connection.execute("select name from sqlite_master where type = 'table'")
        present = {name.decode() for (name,) in listed}
        for table, row_type in ROW_TYPES.items():
            if table not in present:
                continue
            tables[table] = list(_read_table(connection, table, row_type, unreadable))
            _count_in_rows(connection, table, unreadable)
            for column in TIMESTAMP_COLUMNS[table]:
                timestamps += _read_instants(connection, table, column, unreadable)
        file = FileFacts(
            size_bytes,
            wal_bytes,
            _pragma(connection, "page_size"),
            _pragma(connection, "page_count"),
            _pragma(connection, "freelist_count"),
            _pragma(connection, "journal_mode").decode(),
            _pragma(connection, "quick_check").decode(),
        )
    return Source(tables, timestamps, dict(unreadable), file)


def _read_table(
    connection: sqlite3.Connection, table: str, row_type: type, unreadable: Counter[tuple[str, str]]
) -> Iterator[Any]:
    hints = get_type_hints(row_type, include_extras=True)
    names = [field.name for field in fields(row_type)]
    readers = [hints[name].__metadata__[0] for name in names]
    for stored_row in _stored_rows(connection, table, names):
        values = [reader(stored) for reader, stored in zip(readers, stored_row, strict=True)]
        for name, value, stored in zip(names, values, stored_row, strict=True):
            if value is None and stored.kind != "null" and name not in TIMESTAMP_COLUMNS[table]:
                unreadable[table, name] += 1
        yield row_type(*values)


def _count_in_rows(connection: sqlite3.Connection, table: str, unreadable: Counter[tuple[str, str]]) -> None:
    present = {row[1].decode() for row in connection.execute(f"pragma table_info({table})")}
    for name, reader in ROW_COLUMNS.get(table, {}).items():
        if name in present:
            for (stored,) in _stored_rows(connection, table, [name]):
                if reader(stored) is None and stored.kind != "null":
                    unreadable[table, name] += 1


def _read_instants(
    connection: sqlite3.Connection, table: str, column: str, unreadable: Counter[tuple[str, str]]
) -> Iterator[datetime]:
    """The readable instants of a timestamp column; counts the others, save nulls."""
    for (stored,) in _stored_rows(connection, table, [column]):
        instant = read_timestamp(stored)
        if instant is not None:
            yield instant
        elif stored.kind != "null":
            unreadable[table, column] += 1


def _stored_rows(connection: sqlite3.Connection, table: str, names: list[str]) -> Iterator[list[Stored]]:
    # With a text factory of bytes, text and blob look alike: typeof distinguishes them.
    selected = ", ".join(f"typeof({name}), {name}" for name in names)
    for row in connection.execute(f"select {selected} from {table} order by rowid"):
        yield [Stored(row[at].decode(), row[at + 1]) for at in range(0, len(row), 2)]


def _pragma(connection: sqlite3.Connection, name: str) -> Any:
    return connection.execute(f"pragma {name}").fetchone()[0]
