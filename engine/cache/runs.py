"""Reading the rows of ``dashboard_runs``."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from engine.clock import from_sqlite
from engine.database import open_database


@dataclass(frozen=True)
class RunRow:
    """One run; ``error`` is None where all went well, ``generation`` None where it changed nothing."""

    id: int
    trigger: str
    scope: str
    as_of: datetime
    started_at: datetime
    finished_at: datetime
    duration_ms: int
    datasets: int
    entries: int
    status: str
    error: str | None
    generation: int | None


def recent_runs(db: Path, limit: int) -> tuple[RunRow, ...]:
    """Return the latest runs, newest first. Raises SourceError."""
    with open_database(db) as connection:
        return tuple(select_runs(connection, "order by id desc limit ?", [limit]))


def select_runs(connection: sqlite3.Connection, clause: str, parameters: list[object]) -> Iterable[RunRow]:
    """Yield the runs that an SQL clause selects."""
    columns = (
        'id, "trigger", scope, as_of, started_at, finished_at, duration_ms, datasets, entries, status,'
        " error, generation"
    )
    for row in connection.execute(f"select {columns} from dashboard_runs {clause}", parameters).fetchall():
        id_, trigger, scope, as_of, started_at, finished_at, *rest = row
        times = (from_sqlite(as_of), from_sqlite(started_at), from_sqlite(finished_at))
        yield RunRow(id_, trigger, scope, *times, *rest)
