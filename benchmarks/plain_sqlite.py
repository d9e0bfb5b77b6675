"""The contender that knows nothing but SQLite: a statement for each dataset, under ``benchmarks/sql/sqlite``.

The statements use the indexes that the pipeline creates, and read values more simply than the
product: clean ones, and the few unreadable ones of a demo database. Days are those of UTC.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.baselines import SQLITE_SQL_DIR, baselines, statement
from benchmarks.harness import Computed
from benchmarks.worker import answer_requests
from engine.model.catalogue.columns import Column
from engine.model.catalogue.datasets import Dataset
from engine.model.clock import to_sqlite
from engine.model.values.payload import Columns
from engine.store.sqlite.database import open_database

PAGE_CACHE_KIB = 64 * 1024

_PARTICULARS = (
    (re.compile(r"https?://\S+"), "<url>"),
    (re.compile(r"\b[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b", re.ASCII), "<id>"),
    (re.compile(r"\b[0-9a-fA-F]{16,}\b", re.ASCII), "<id>"),
    (re.compile(r"[0-9]+"), "<n>"),
)


def serve(pipe: Connection, db: Path) -> None:
    """Answer requests on the pipe with one connection to the database."""
    with open_database(db) as connection:
        prepare(connection)
        answer_requests(pipe, lambda now: compute_all(connection, now))


def prepare(connection: sqlite3.Connection) -> None:
    """Give a connection the function that the statements call, and room for pages."""
    connection.create_function("without_particulars", 1, _without_particulars, deterministic=True)
    connection.execute(f"pragma cache_size = -{PAGE_CACHE_KIB}")


def compute_all(connection: sqlite3.Connection, now: datetime) -> Computed:
    """Return all datasets with a baseline as of an instant, from one snapshot."""
    values = parameters(now)
    started = time.perf_counter()
    results, seconds = {}, {}
    connection.execute("begin")
    try:
        for name, dataset in baselines().items():
            begun = time.perf_counter()
            rows = connection.execute(statement(SQLITE_SQL_DIR, name), values).fetchall()
            results[name] = _columns(dataset, rows)
            seconds[name] = time.perf_counter() - begun
    finally:
        connection.execute("rollback")
    return Computed(time.perf_counter() - started, results, seconds)


def parameters(now: datetime) -> Mapping[str, str]:
    """Return the instants that the statements name, as SQLite's own functions write them."""

    def day(ago: int) -> str:
        return to_sqlite(now - timedelta(days=ago))[:10]

    return {
        "now": to_sqlite(now),
        "today": day(0),
        "tomorrow": day(-1),
        "yesterday": day(1),
        "day_7": day(6),
        "day_30": day(29),
        "hour_48": to_sqlite(now.replace(minute=0, second=0) - timedelta(hours=47)),
        "ago_24h": to_sqlite(now - timedelta(hours=24)),
        "ago_48h": to_sqlite(now - timedelta(hours=48)),
        "ago_168h": to_sqlite(now - timedelta(hours=168)),
    }


def _columns(dataset: Dataset, rows: list[tuple[Any, ...]]) -> Columns:
    return {
        column.name: [_json_value(column, row[place]) for row in rows]
        for place, column in enumerate(dataset.columns)
    }


def _json_value(column: Column, value: object) -> object:
    return bool(value) if column.type == "boolean" and value is not None else value


@lru_cache(maxsize=100_000)
def _without_particulars(message: str) -> str:
    for pattern, stand_in in _PARTICULARS:
        message = pattern.sub(stand_in, message)
    return message[:200]
