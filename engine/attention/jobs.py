"""The rules about jobs: failing, stuck, overdue, abandoned. Pure.

``failing``, ``stuck``, ``overdue`` and ``abandoned_7d`` are those of the datasets, as on the pages. Time
alone makes a job overdue or stuck, so both are judged at *now* too, but only for a job that was nearly so
when the value was computed, because any other may have started or ended since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from engine.attention.line import Kind, Level, Line, Opened, Row, Value, name_text, opened, reason_text
from engine.model.clock import from_iso, in_words
from engine.model.text.in_words import counted

OVERDUE_INTERVALS = 1.5
"""After more than so many intervals without a start a job is overdue, as in ``cron_job_summary``."""

CRITICAL_INTERVALS = 3.0
"""After more than so many intervals without a start an overdue job is critical; at once if
the job is."""

LATE_INTERVALS = 1.25
"""A job without a start for as long when the value was computed becomes overdue by time alone."""

STUCK_TIMES, STUCK_SECONDS = 3, 600
"""A run longer than so many times what 95 % of the runs took, and than so long, is stuck: ``job_health``."""

NEARLY_STUCK = 0.75
"""A run at this part of that time when the value was computed becomes stuck by time alone."""


@dataclass(frozen=True)
class JobLines:
    """The lines about jobs, one a job; the task keys of those that are failing, and all names by task key."""

    lines: tuple[Line, ...]
    failing: frozenset[str | None]
    names: Mapping[str | None, str]


def judge_jobs(health: Value | None, schedule: Value | None, now: datetime) -> JobLines:
    """Return a line for each job with a trouble, its worst; others that it has stand in the reason.

    ``health`` is of ``job_health``, ``schedule`` of ``cron_job_summary``; None for one that has no value.
    """
    jobs: dict[tuple[str | None, str | None], list[Line]] = {}
    scheduled = {_key(row): row for row in (() if schedule is None else schedule.rows)}
    failing = set()
    if health is not None:
        for row in health.rows:
            of_job = scheduled.get(_key(row), {})
            found = (failing_job(row), stuck_job(row, of_job, health.as_of, now), abandoned_job(row))
            jobs.setdefault(_key(row), []).extend(line for line in found if line is not None)
            if row["enabled"] and row["failing"]:
                failing.add(row["task_key"])
    if schedule is not None:
        for row in schedule.rows:
            line = overdue_job(row, schedule.as_of, now)
            jobs.setdefault(_key(row), []).extend([] if line is None else [line])
    lines = [_together(found) for found in jobs.values() if found]
    names = {task_key: name for name, task_key in jobs if name}
    return JobLines(tuple(lines), frozenset(failing), names)


def _key(row: Row) -> tuple[str | None, str | None]:
    return row["name"], row["task_key"]


_ALSO = {
    Kind.JOB_STUCK: "also stuck",
    Kind.JOB_OVERDUE: "also overdue",
    Kind.JOB_ABANDONED: "also with killed runs",
}


def _together(lines: Iterable[Line]) -> Line:
    """Return the worst line of a job, with the other troubles in its reason."""
    worst, *others = sorted(lines, key=lambda line: line.order)
    also = "".join(f"; {_ALSO[line.kind]}" for line in others if line.kind in _ALSO)
    return replace(worst, reason=worst.reason + also)


@dataclass(frozen=True)
class _State:
    kind: Kind
    level: Level
    words: str


_FAILING = _State(Kind.JOB_FAILING, Level.CRITICAL, "is failing")
_STUCK = _State(Kind.JOB_STUCK, Level.CRITICAL, "is stuck")
_OVERDUE = _State(Kind.JOB_OVERDUE, Level.WARNING, "is overdue")
_LONG_OVERDUE = replace(_OVERDUE, level=Level.CRITICAL)
_ABANDONED = _State(Kind.JOB_ABANDONED, Level.WARNING, "has killed runs")


def failing_job(row: Row) -> Line | None:
    """Return the line of a job whose latest finished run failed, with its error; None for others."""
    if not (row["enabled"] and row["failing"]):
        return None
    failures = row["consecutive_failures"]
    reason = "Its latest finished run failed" if failures < 2 else f"{failures:,} failed runs in a row"
    error = "" if row["last_error"] is None else f": {reason_text(row['last_error'])}"
    # After one failure that is when it began; after more the latest success is the nearest known instant.
    since = row["last_failed_at"] if failures == 1 else row["last_success_at"]
    opens = opened("job_health", "consecutive_failures", row)
    return _line(_FAILING, row, reason + error, since, opens)


def stuck_job(row: Row, scheduled: Row, as_of: datetime, now: datetime) -> Line | None:
    """Return the line of a job whose latest run goes on for too long.

    ``scheduled`` is its row of the schedule, empty if it has none.
    """
    if not row["enabled"] or row["running_since"] is None:
        return None
    usual, interval = row["p95_duration_s"], scheduled.get("interval_minutes")
    if not row["stuck"]:
        limit = STUCK_TIMES * usual if usual is not None else None if interval is None else 60 * interval
        if limit is None:
            return None
        limit = max(limit, STUCK_SECONDS)
        began = from_iso(row["running_since"])
        ran, runs = (as_of - began).total_seconds(), (now - began).total_seconds()
        if ran < NEARLY_STUCK * limit or runs <= limit:
            return None
    reason = "It runs longer than its interval"
    if usual is not None:
        reason = f"95 % of its runs take no more than {in_words(timedelta(seconds=usual))}"
    opens = opened("job_health", "running_since", row)
    return _line(_STUCK, row, reason, row["running_since"], opens)


def overdue_job(row: Row, as_of: datetime, now: datetime) -> Line | None:
    """Return the line of a job that has not started for too long; since it was due."""
    minutes, started = row["interval_minutes"], row["last_started_at"]
    if not row["enabled"]:
        return None
    waits = None
    if started is not None and minutes:
        began, interval = from_iso(started), 60 * minutes
        waits = (now - began).total_seconds() / interval
        waited = (as_of - began).total_seconds() / interval
        by_time = waited >= LATE_INTERVALS and waits > OVERDUE_INTERVALS
    else:
        by_time = False
    if not (row["overdue"] or by_time):
        return None
    is_critical = row["critical"] or (waits is not None and waits > CRITICAL_INTERVALS)
    every = "" if minutes is None else f", though it is to run every {_interval(minutes)}"
    missed = "It has not started since it was due" if started is not None else "It has never run"
    opens = opened("cron_job_summary", "last_started_at", row)
    return _line(_LONG_OVERDUE if is_critical else _OVERDUE, row, missed + every, row["next_due_at"], opens)


def abandoned_job(row: Row) -> Line | None:
    """Return the line of a job with runs that never ended although a later one has started."""
    runs = row["abandoned_7d"]
    if not row["enabled"] or not runs:
        return None
    reason = f"{counted(runs, 'run')} of the last 7 days {'has' if runs == 1 else 'have'} no end"
    reason = f"{reason}, though a later one has started"
    opens = opened("job_health", "abandoned_7d", row)
    return _line(_ABANDONED, row, reason, None, opens)


def _interval(minutes: float) -> str:
    for unit, length in (("d", 1440), ("h", 60)):
        if minutes >= length and minutes % length == 0:
            return f"{minutes / length:g} {unit}"
    return f"{minutes:g} min"


def _line(state: _State, row: Row, reason: str, since: str | None, opens: Opened | None) -> Line:
    name = name_text(row["name"] or row["task_key"] or "A job without a name")
    began = None if since is None else from_iso(since)
    return Line(state.kind, state.level, f"{name} {state.words}", reason, "cron", began, opens, name)
