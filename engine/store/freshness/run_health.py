"""Run health: warnings that the dashboard's own runs are late or have failed, or that the clock was set back.

A run of all datasets that a schedule or a command started shows that the schedule is alive, however it ended.
The next one is due an interval after it began. A run that a client asked for shows nothing about the
schedule.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from engine.model.clock import in_words, is_future, local_time
from engine.model.settings import StorePlace
from engine.model.trigger import Trigger
from engine.store.backend import has_table, reading
from engine.store.freshness.unstored import UnstoredFailure
from engine.store.runs import ALL, RunRow, select_runs

LATE_AFTER_INTERVALS = 1.5
GRACE = timedelta(seconds=30)
SCHEDULED = (Trigger.SCHEDULE, Trigger.WARM, Trigger.COMMAND)


def read_late_run(
    store: StorePlace, now: datetime, interval_seconds: int, zone: ZoneInfo, *, is_under_way: bool = False
) -> str | None:
    """Return the warning that the scheduled run is late; None if it is not. Raises SourceError.

    ``is_under_way`` says that a run is under way, in any process.
    """
    latest = _select_latest(
        store, """where scope = ? and "trigger" in (?, ?, ?)""", [ALL, *map(str, SCHEDULED)]
    )
    return late_run_line(latest, now, interval_seconds, zone, is_under_way=is_under_way)


def read_failed_run(store: StorePlace, now: datetime, zone: ZoneInfo) -> str | None:
    """Return the warning that the latest run has failed; None if it has not. Raises SourceError."""
    return failed_run_line(_select_latest(store, "", []), now, zone)


def _select_latest(store: StorePlace, condition: str, parameters: list[object]) -> RunRow | None:
    with reading(store) as connection:
        if not has_table(connection, "dashboard_runs"):
            return None
        return next(iter(select_runs(connection, f"{condition} order by id desc limit 1", parameters)), None)


def late_run_line(
    latest_of_all: RunRow | None,
    now: datetime,
    interval_seconds: int,
    zone: ZoneInfo,
    *,
    is_under_way: bool = False,
) -> str | None:
    """Return the warning that the scheduled run is late, with times in the zone; None if it is not.

    A run is late half an interval and some seconds after it was due. There is no warning before the first
    run.
    """
    if latest_of_all is None:
        return None
    interval, began = timedelta(seconds=interval_seconds), latest_of_all.started_at
    if now <= began + LATE_AFTER_INTERVALS * interval + GRACE:
        return None
    due = began + interval
    run = f"The scheduled run due at {local_time(due, now, zone)} {due.astimezone(zone):%Z}"
    last = f"(the last one began {in_words(now - began)} ago)"
    if is_under_way:
        return f"{run} has not ended {last}: a run is under way"
    return f"{run} has not come {last}: is `dashboard schedule` running?"


def clock_line(stamps: Iterable[datetime | None], now: datetime) -> str | None:
    """Return the warning that the dashboard's own stamps lie in the future; None if none does."""
    newest = max((stamp for stamp in stamps if stamp is not None), default=None)
    if newest is None or not is_future(newest, now):
        return None
    return f"The newest values are stamped {in_words(newest - now)} in the future: the clock was set back"


def failed_run_line(latest: RunRow | None, now: datetime, zone: ZoneInfo) -> str | None:
    """Return the warning that the latest run has failed, with its time in the zone; None if it has not."""
    if latest is None or latest.status != "failed":
        return None
    reason = "" if latest.error is None else f": {latest.error}"
    return f"The run of {local_time(latest.started_at, now, zone)} failed{reason}"


def read_newest_start(store: StorePlace) -> datetime | None:
    """Return when the newest stored run began; None before the first. Raises SourceError."""
    latest = _select_latest(store, "", [])
    return None if latest is None else latest.started_at


def unstored_failure_line(failure: UnstoredFailure, now: datetime, zone: ZoneInfo) -> str:
    """Return the warning that a run has failed whose failure could not be stored."""
    return f"The run of {local_time(failure.started_at, now, zone)} failed: {failure.error}"
