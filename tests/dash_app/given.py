"""Values of every dataset as the cache would hold them, and what stands in for who computes them."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from dash_app.figures.style import View
from engine.model.catalogue.columns import Column
from engine.model.catalogue.datasets import Dataset, catalogue, select_datasets
from engine.model.clock import to_iso, wall_clock
from engine.model.selections.selected import with_previous
from engine.model.values.payload import Payload, encode
from engine.runs import RunRequest, Trigger
from engine.runs.turns.queued import Submits
from engine.store.entry_writes import PUT_ENTRY, entry_row
from engine.store.freshness.unstored import UnstoredFailures
from engine.store.page_values import delete_page_value
from engine.store.sqlite.database import write_transaction
from engine.store.sqlite.migration import is_complete, migrate
from engine.store.state_rows import next_generation

NOW = datetime(2026, 11, 23, 20, 0, 5, tzinfo=UTC)
STAGES = (
    "found", "assets_captured", "scored", "rescored", "enriched", "proposals_drafted", "outreach_partial",
    "outreach_sent",
)  # fmt: skip
MEASURES = (
    "stage_entries", "sites_found", "outreaches_sent", "replies", "positive_replies", "llm_calls",
    "llm_cost_usd", "failed_requests", "failed_runs",
)  # fmt: skip
WINDOWS = tuple((measure, hours) for measure in MEASURES for hours in (24, 168))
OUTCOMES = ("positive", "replied", "excluded", "failing", "outreach_sent", "in_pipeline", "no_site")
STEPS = ("proposed", "approved", "sent", "delivered", "replied")
_TEXTS = {
    "measure": tuple(measure for measure, _ in WINDOWS),
    "outcome": OUTCOMES,
    "status": ("success", "failed", "running"),
    "status_code": ("404", "500", "none"),
    "channel": ("email", "sms", "pigeon"),
    "message": ("timeout after <n> ms", "<b>not markup</b>", "no such host"),
}


def view(zone: str = "UTC") -> View:
    return View(ZoneInfo(zone), NOW)


def stages_of(dataset: Dataset) -> tuple[str, ...]:
    return STEPS if dataset.name == "outreach_funnel" else STAGES


def values_of(name: str, rows: int | None = None) -> dict[str, list[Any]]:
    """Return made-up columns of a dataset; None for rows takes a plausible number of them."""
    dataset = catalogue()[name]
    if name == "key_figures_7d":
        return key_figures_of()
    names = {column.name for column in dataset.columns}
    if rows is None and name == "activity_rolling":
        rows = len(WINDOWS)
    if rows is None:
        stages = len(stages_of(dataset))
        rows = stages if "stage" in names else 1 if dataset.row.startswith("the ") or len(names) == 1 else 48
    return {column.name: [_value(dataset, column, row) for row in range(rows)] for column in dataset.columns}


KEY_MEASURES = (
    "outreaches_sent", "replies", "positive_replies", "llm_cost_usd", "cohort_sent", "cohort_replied",
)  # fmt: skip


def key_figures_of(*, has_history: bool = True, **numbers: tuple[float, float]) -> dict[str, list[Any]]:
    """Return a value of the key figures, with a number now and before for each measure that is named.

    A day has as much as its place among the days says, from 0 on.
    """
    rows: list[tuple[str, str | None, float, float, bool]] = []
    for measure in KEY_MEASURES:
        places = 6 if measure.startswith("cohort_") else 14
        step = timedelta(days=7 if places == 6 else 1)
        last = date(2026, 11, 9) if places == 6 else NOW.date()
        current, previous = numbers.get(measure, (10.0, 8.0))
        rows.append((measure, None, current, previous, has_history))
        for place in range(places):
            day = last - (places - 1 - place) * step
            rows.append((measure, day.isoformat(), float(place), 0.0, has_history))
    names = ("measure", "first_day", "current", "previous", "has_history")
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}


_NULLABLE = {
    "sites_q25", "sites_median", "sites_q75",
    "change", "channel", "cost_per_call_usd", "cpu_percent", "cpu_percent_max", "critical",
    "disk_percent", "duration_s", "enabled", "finished_at", "integrity", "interval_minutes",
    "last_duration_s", "last_seen", "last_started_at", "last_status", "last_write_at",
    "median_reply_minutes", "memory_percent", "model", "next_due_at", "positive_rate", "provider",
    "response_rate", "stage", "status", "step_rate", "success_rate_7d", "last_entry_at", "usual_entries",
    "quiet",
    "median_wait_hours", "oldest_wait_hours", "days_to_clear", "last_entered_at", "bounce_rate", "reply_rate",
    "oldest_hours", "oldest_positive_hours", "median_answer_minutes", "first_seen", "example",
    "last_success_at",
    "last_failed_at", "last_error", "p50_duration_s", "p95_duration_s", "running_since", "name", "job_name",
    "task_key",
}  # fmt: skip
_STAGES_ARE_FIXED = (
    "pipeline_funnel",
    "outreach_funnel",
    "daily_throughput",
    "pipeline_losses",
    "stage_flow",
)


def nulls_of(name: str) -> dict[str, list[Any]]:
    """Return columns of a dataset in which everything is null that may be."""
    nullable = _NULLABLE - {"stage"} if name in _STAGES_ARE_FIXED else _NULLABLE
    return {
        key: [None] * len(column) if key in nullable else column for key, column in values_of(name).items()
    }


def _value(dataset: Dataset, column: Column, row: int) -> Any:
    if column.name == "stage":
        stages = stages_of(dataset)
        return stages[row % len(stages)]
    if column.type == "text":
        return _text(column, row)
    if column.type == "instant":
        step = timedelta(minutes=5) if column.name == "at" else timedelta(hours=1)
        return to_iso(NOW.replace(minute=0, second=0) - (47 - row) * step)
    if column.type == "day":
        return (date(2026, 11, 23) - timedelta(days=29 - row % 30)).isoformat()
    if column.type == "boolean":
        return row % 2 == 0
    return _number(column, row)


def _text(column: Column, row: int) -> str:
    texts = _TEXTS.get(column.name, (f"{column.name} 1", f"{column.name} 2"))
    return texts[row % len(texts)]


def _number(column: Column, row: int) -> float:
    if column.name == "window_hours":
        return WINDOWS[row % len(WINDOWS)][1]
    return 40 - row % 40 if column.type == "integer" else (row % 10) / 10


def database(folder: Path) -> Path:
    """Return a source database without rows, the dashboard's tables in it."""
    db = folder / "sites.db"
    db.write_bytes(_migrated())
    return db


@cache
def _migrated() -> bytes:
    """Return the file of a source that has been migrated."""
    with TemporaryDirectory() as folder:
        db = Path(folder) / "sites.db"
        with closing(sqlite3.connect(db)) as connection:
            connection.execute("create table sites (id integer primary key, status text)")
        migrate(db)
        assert [path.name for path in db.parent.iterdir()] == [db.name]
        return db.read_bytes()


def fill_cache(db: Path, at: datetime, minutes: int = 60) -> None:
    """Store a value of every dataset, computed at an instant and good for some minutes."""
    _store(db, catalogue().values(), at, minutes)


@cache
def _encoded(name: str) -> Payload:
    return encode(values_of(name))


def _store(db: Path, datasets: Iterable[Dataset], at: datetime, minutes: int) -> None:
    """Store made-up values as ``set_entry`` does, but all in one transaction, as those of a run are."""
    rows = [
        entry_row(
            dataset.key, _encoded(dataset.base_name), as_of=at, created_at=at,
            lifetime=timedelta(minutes=minutes), compute_ms=None,
        )
        for dataset in datasets
    ]  # fmt: skip
    keys = [(key,) for key, *_ in rows]
    if not is_complete(db):
        migrate(db)
    with write_transaction(db) as connection:
        connection.executemany(PUT_ENTRY, rows)
        for (key,) in keys:
            delete_page_value(connection, key)
        for table in ("dashboard_problems", "dashboard_origins"):
            connection.executemany(f"delete from {table} where cache_key = ?", keys)
        next_generation(connection)


class FakeRunner:
    """Stands in for the engine process: notes what it is asked, and stores made-up values for it.

    While ``goes_on`` is not set a run that has begun does not end.
    """

    def __init__(self, db: Path) -> None:
        self.requests: list[RunRequest] = []
        self.failure: Exception | None = None
        self.unstored_failures = UnstoredFailures()
        self.goes_on = threading.Event()
        self.goes_on.set()
        self._db = db

    def run(self, request: RunRequest) -> None:
        """Store a value of each dataset asked for, or fail."""
        self.requests.append(request)
        assert self.goes_on.wait(30)
        if self.failure is not None:
            raise self.failure
        _store(self._db, with_previous(select_datasets(request.names)), wall_clock(), 15)

    def watch_files(self) -> None:
        """Watch nothing."""

    def hold_replica(self) -> bool:
        """Return that there is no replica to hold."""
        return False

    def close(self) -> None:
        """Let a run under way end."""
        self.goes_on.set()

    @property
    def asked(self) -> list[tuple[Trigger, tuple[str, ...]]]:
        """Return the trigger and the datasets of each run."""
        return [(request.trigger, request.names) for request in self.requests]


def wait_until_idle(queue: Submits) -> None:
    """Wait until a queue is at no run."""
    for _ in range(5000):
        if queue.state.trigger is None:
            return
        threading.Event().wait(0.004)
    raise AssertionError("the run does not end")
