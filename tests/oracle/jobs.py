"""Owns the expected datasets about the health of jobs: how their latest runs ended, which hang."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from .clock import Clock
from .cron import interval_minutes
from .messages_of_errors import error_text
from .results import Columns, Value, columns, instant_text, nulls_last
from .source import CronJob, CronJobLog, Source
from .sums import quantile, total

DAY = timedelta(hours=24)
WEEK = timedelta(hours=168)
LEAST_STUCK_S = 600
STATUSES = ("success", "failed", "running")
COLUMNS = (
    "name", "task_key", "enabled", "failing", "consecutive_failures", "last_success_at", "last_failed_at",
    "last_error", "abandoned_7d", "p50_duration_s", "p95_duration_s", "running_since", "stuck",
    "items_processed_24h", "items_failed_24h",
)  # fmt: skip


def job_health(source: Source, clock: Clock) -> Columns:
    """One row per job, of its runs that started readably and not later than now.

    The latest finished run is the latest of status `success` or `failed`.
    """
    jobs = sorted(source.rows(CronJob), key=lambda job: (nulls_last(job.name), nulls_last(job.task_key)))
    rows = [_health(job, _runs(job, source, clock), clock) for job in jobs]
    return columns(COLUMNS, ([row[name] for name in COLUMNS] for row in rows))


def _runs(job: CronJob, source: Source, clock: Clock) -> list[CronJobLog]:
    """The job's runs, oldest first."""
    own = []
    for run in source.rows(CronJobLog):
        if job.task_key is not None and run.job_name == job.task_key and clock.is_past(run.started_at):
            own.append(run)
    return sorted(own, key=lambda run: (run.started_at, run.id))


def _health(job: CronJob, runs: list[CronJobLog], clock: Clock) -> dict[str, Value]:
    successes = [run for run in runs if run.status == "success"]
    failures = [run for run in runs if run.status == "failed"]
    finished = [run for run in runs if run.status in ("success", "failed")]
    in_a_row = 0
    for run in reversed(finished):
        if run.status == "success":
            break
        in_a_row += 1
    abandoned = 0
    for place, run in enumerate(runs):
        if run.status == "running" and clock.in_last(run.started_at, WEEK):
            abandoned += place < len(runs) - 1
    durations = []
    for run in successes:
        if clock.in_last(run.started_at, WEEK) and run.finished_at is not None:
            assert run.started_at is not None
            seconds = (run.finished_at - run.started_at).total_seconds()
            if seconds >= 0:
                durations.append(seconds)
    p95 = quantile(durations, 95, 100)
    running_since = runs[-1].started_at if runs and runs[-1].status == "running" else None
    last_day = [run for run in runs if clock.in_last(run.started_at, DAY)]
    return {
        "name": job.name,
        "task_key": job.task_key,
        "enabled": job.enabled,
        "failing": job.enabled is True and bool(finished) and finished[-1].status == "failed",
        "consecutive_failures": in_a_row,
        "last_success_at": instant_text(successes[-1].started_at) if successes else None,
        "last_failed_at": instant_text(failures[-1].started_at) if failures else None,
        "last_error": error_text(failures[-1].error_message) if failures else None,
        "abandoned_7d": abandoned,
        "p50_duration_s": quantile(durations, 1, 2),
        "p95_duration_s": p95,
        "running_since": instant_text(running_since),
        "stuck": _is_stuck(job, running_since, p95, clock),
        "items_processed_24h": total(run.items_processed for run in last_day),
        "items_failed_24h": total(run.items_failed for run in last_day),
    }


def _is_stuck(job: CronJob, running_since: datetime | None, p95: float | None, clock: Clock) -> bool:
    if running_since is None:
        return False
    running_s = (clock.now - running_since).total_seconds()
    if p95 is not None:
        return running_s > max(3 * p95, LEAST_STUCK_S)
    minutes = interval_minutes(job)
    return minutes is not None and running_s > max(minutes * 60, LEAST_STUCK_S)


def job_hours_24h(source: Source, clock: Clock) -> Columns:
    """Runs by the local hour they started in, of the last 24 hours to the second.

    Names are those of `cron_timeline_24h`; runs without a readable job_name are one job, the last.
    """
    names = {job.task_key: job.name for job in source.rows(CronJob) if job.task_key is not None}
    counts: dict[tuple[str | None, datetime], Counter[str]] = {}
    latest: dict[str | None, tuple[datetime, int]] = {}
    runs = [run for run in source.rows(CronJobLog) if clock.in_last(run.started_at, DAY)]
    for run in source.rows(CronJobLog):
        if not clock.is_past(run.started_at):
            continue
        latest[run.job_name] = max(
            latest.get(run.job_name, (run.started_at, run.id)), (run.started_at, run.id)
        )
    for run in runs:
        if run.started_at is not None:
            status = run.status if run.status in STATUSES else "other"
            is_latest = latest[run.job_name] == (run.started_at, run.id)
            if status == "running" and run.job_name is not None and not is_latest:
                status = "killed"
            counts.setdefault((run.job_name, clock.hour_of(run.started_at)), Counter())[str(status)] += 1
    rows = []
    for job_name, hour in sorted(counts, key=lambda group: (nulls_last(group[0]), group[1])):
        name = None if job_name is None else names.get(job_name)
        found = [counts[job_name, hour][status] for status in (*STATUSES, "killed", "other")]
        rows.append((job_name, job_name if name is None else name, instant_text(hour), *found))
    return columns(("job_name", "name", "hour", *STATUSES, "killed", "other"), rows)
