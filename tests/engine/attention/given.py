"""Rows of datasets as rules read them: nothing is wrong with them but what a test says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from engine.attention.line import Value
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import to_iso
from engine.model.values.payload import encode
from engine.store import Entry, EntryState

NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)

HEALTH: dict[str, Any] = {
    "name": "Score sites", "task_key": "score", "enabled": True, "failing": False,
    "consecutive_failures": 0, "last_success_at": to_iso(NOW - HOUR), "last_failed_at": None,
    "last_error": None, "abandoned_7d": 0, "p50_duration_s": 60, "p95_duration_s": 300,
    "running_since": None, "stuck": False, "items_processed_24h": 0, "items_failed_24h": 0,
}  # fmt: skip
SCHEDULE: dict[str, Any] = {
    "name": "Score sites", "task_key": "score", "enabled": True, "critical": False, "interval_minutes": 60,
    "last_started_at": to_iso(NOW - 30 * MINUTE), "last_status": "success", "last_duration_s": 60,
    "runs_24h": 24, "failures_24h": 0, "success_rate_7d": 1.0, "next_due_at": to_iso(NOW + 30 * MINUTE),
    "overdue": False,
}  # fmt: skip
ACTIVITY: dict[str, Any] = {
    "last_entry_at": to_iso(NOW - MINUTE),
    "usual_entries": 12.0,
    "quiet": False,
}
TODAY: dict[str, Any] = {
    "measure": "failed_requests", "day": "2026-11-23", "so_far": 0.0, "usual_q75": 0.0, "days": 28,
}  # fmt: skip
WAITING: dict[str, Any] = {
    "waiting": 0, "waiting_positive": 0, "oldest_hours": None, "oldest_positive_hours": None,
    "received_30d": 0, "answered_30d": 0, "median_answer_minutes": None,
}  # fmt: skip
DELIVERY: dict[str, Any] = {
    "channel": "email", "sent": 100, "confirmed": 100, "bounced": 0, "failed": 0, "unconfirmed": 0,
    "bounce_rate": 0.0,
}  # fmt: skip
ERRORS: dict[str, Any] = {
    "source": "cron", "stage": "score", "message": "timeout after <n> s", "errors_24h": 3, "errors_7d": 3,
    "errors_30d": 3, "first_seen": to_iso(NOW - HOUR), "last_seen": to_iso(NOW), "example": "timeout",
}  # fmt: skip
WELL = {
    "job_health": HEALTH,
    "cron_job_summary": SCHEDULE,
    "activity_now": ACTIVITY,
    "usual_today": TODAY,
    "waiting_replies": WAITING,
    "delivery_by_channel_30d": DELIVERY,
    "error_groups_30d": ERRORS | {"first_seen": None},
}
"""One row of each dataset that the rules need, with which nothing needs attention."""


def columns_of(*rows: dict[str, Any]) -> dict[str, list[Any]]:
    """Return rows as a dataset has them."""
    return {name: [row[name] for row in rows] for name in rows[0]}


def value(*rows: dict[str, Any], as_of: datetime = NOW) -> Value:
    """Return the value of a dataset with these rows."""
    return Value(columns_of(*rows), as_of)


def entries(**rows: dict[str, Any] | list[dict[str, Any]]) -> dict[str, Entry]:
    """Return fresh entries by key: those of datasets named here have these rows, and the others are well."""
    found = {}
    for name, well in WELL.items():
        given = rows.get(name, well)
        listed = given if isinstance(given, list) else [given]
        key = catalogue()[name].key
        columns = columns_of(*listed)
        times = (NOW, NOW, NOW + 15 * MINUTE)
        found[key] = Entry(key, EntryState.FRESH, columns, *times, blob=encode(columns).blob)
    return found
