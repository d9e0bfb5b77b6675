"""Owns the expected datasets about the scheduled jobs and their runs.

A run belongs to the job whose task_key is its job_name, to the letter. Runs without a readable start, or
that start later than now, are in no window and never the latest.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from .clock import Clock
from .results import Columns, columns, instant_text, nulls_last, ratio
from .source import CronJob, CronJobLog, Source

MINUTES = {"minutes": 1, "hours": 60, "days": 24 * 60}
DAY = timedelta(hours=24)
NEWEST_RUNS = 200
SUMMARY_COLUMNS = (
    "name",
    "task_key",
    "enabled",
    "critical",
    "interval_minutes",
    "last_started_at",
    "last_status",
    "last_duration_s",
    "runs_24h",
    "failures_24h",
    "success_rate_7d",
    "next_due_at",
    "overdue",
)


def _runs_of(job: CronJob, runs: Iterable[CronJobLog]) -> list[CronJobLog]:
    return [run for run in runs if job.task_key is not None and run.job_name == job.task_key]


def latest_run(job: CronJob, runs: Iterable[CronJobLog], clock: Clock) -> CronJobLog | None:
    """The job's run with the latest start not later than now, of equal starts the highest id."""
    started = [run for run in _runs_of(job, runs) if clock.is_past(run.started_at)]
    return max(started, key=lambda run: (run.started_at, run.id), default=None)


def duration_s(run: CronJobLog) -> int | None:
    """Seconds from start to end, negative if it ends before it starts, also if the end is later than now.

    None while the status is `running`, or without a readable start or end.
    """
    if run.status == "running" or run.started_at is None or run.finished_at is None:
        return None
    return int((run.finished_at - run.started_at).total_seconds())


def interval_minutes(job: CronJob) -> int | float | None:
    """The interval as it stands, 0 and less included; None without a number or with an unknown unit.

    Units are `minutes`, `hours` and `days`, trimmed and in any case, as labels are.
    """
    factor = MINUTES.get(job.interval_unit or "")
    return None if factor is None or job.interval_value is None else job.interval_value * factor


def _due_at(start: datetime, minutes: float) -> datetime | None:
    """Start + interval, whole seconds; None if its year does not have four digits."""
    try:
        due = start + timedelta(seconds=math.floor(minutes * 60))
    except OverflowError:
        return None
    return due if due.year >= 1000 else None


def cron_job_summary(source: Source, clock: Clock) -> Columns:
    """One row per job. An `enabled` that is null or unreadable is None, and such a job is never overdue.

    `overdue` is false if the interval, or the instant it would be counted from, is not known.
    """
    rows = []
    runs = source.rows(CronJobLog)
    jobs = sorted(source.rows(CronJob), key=lambda job: (nulls_last(job.name), nulls_last(job.task_key)))
    for job in jobs:
        own = _runs_of(job, runs)
        latest = latest_run(job, own, clock)
        start = None if latest is None else latest.started_at
        minutes = interval_minutes(job)
        last_day = [run for run in own if clock.in_last(run.started_at, DAY)]
        week = Counter(run.status for run in own if clock.in_last(run.started_at, 7 * DAY))
        due = None
        if job.enabled and start is not None and minutes is not None:
            due = _due_at(start, minutes)
        since = job.created_at if start is None else start
        overdue = False
        if job.enabled and since is not None and minutes is not None:
            overdue = (clock.now - since).total_seconds() > 1.5 * minutes * 60
        rows.append(
            {
                "name": job.name,
                "task_key": job.task_key,
                "enabled": job.enabled,
                "critical": job.critical,
                "interval_minutes": minutes,
                "last_started_at": instant_text(start),
                "last_status": None if latest is None else latest.status,
                "last_duration_s": None if latest is None else duration_s(latest),
                "runs_24h": len(last_day),
                "failures_24h": sum(run.status == "failed" for run in last_day),
                "success_rate_7d": ratio(week["success"], week["success"] + week["failed"]),
                "next_due_at": instant_text(due),
                "overdue": overdue,
            }
        )
    return columns(SUMMARY_COLUMNS, ([row[name] for name in SUMMARY_COLUMNS] for row in rows))


def cron_timeline_24h(source: Source, clock: Clock) -> Columns:
    """The newest 200 runs started in the last 24 hours, oldest first.

    `name` is the job's, an empty one too; job_name if no job has the key or its name is not readable.
    """
    names = {job.task_key: job.name for job in source.rows(CronJob) if job.task_key is not None}
    recent = [run for run in source.rows(CronJobLog) if clock.in_last(run.started_at, DAY)]
    recent.sort(key=lambda run: (run.started_at, run.id))
    rows = []
    for run in recent[-NEWEST_RUNS:]:
        name = None if run.job_name is None else names.get(run.job_name)
        rows.append(
            (
                run.job_name,
                run.job_name if name is None else name,
                run.status,
                instant_text(run.started_at),
                instant_text(run.finished_at),
                duration_s(run),
            )
        )
    return columns(("job_name", "name", "status", "started_at", "finished_at", "duration_s"), rows)


def cron_daily_history_7d(source: Source, clock: Clock) -> Columns:
    """Runs with status success and failed by the local day of their start; no day left out."""
    counts: Counter[tuple[object, str | None]] = Counter()
    for run in source.rows(CronJobLog):
        if run.started_at is not None and clock.in_days(run.started_at, 7):
            counts[clock.day_of(run.started_at), run.status] += 1
    rows = [(day.isoformat(), counts[day, "success"], counts[day, "failed"]) for day in clock.days(7)]
    return columns(("day", "success", "failed"), rows)
