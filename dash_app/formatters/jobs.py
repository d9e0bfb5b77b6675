"""The scheduled jobs: their health, which every page reads from ``job_health``, and their schedule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from dash_app.figures.style import View
from dash_app.formatters.ages import Age
from dash_app.formatters.formats import (
    NOTHING,
    duration,
    minutes,
    number,
    parse_instant,
    percent,
    run_duration,
)
from dash_app.formatters.kpi import Kpi
from dash_app.formatters.tables import (
    NO_VALUE,
    Cell,
    Order,
    Table,
    aged_cell,
    counted_cell,
    explained,
    figure_cell,
    headings,
    instant_cell,
    opening,
    rows_of,
)
from dash_app.formatters.tones import BAD, GOOD, WARN
from dash_app.things.addresses import job_path
from engine.model.job_state import JobState, job_state
from engine.model.values.payload import Columns


@dataclass(frozen=True)
class JobCounts:
    """The number of enabled jobs, and how many of these have each kind of trouble."""

    jobs: int
    enabled: int
    failing: int
    stuck: int
    killed: int


def count_jobs(columns: Columns) -> JobCounts:
    """Return the counts of ``job_health``; a killed run has no end although a later run began."""
    rows = [row for row in rows_of(columns) if row["enabled"]]
    return JobCounts(
        jobs=len(columns["name"]),
        enabled=len(rows),
        failing=sum(bool(row["failing"]) for row in rows),
        stuck=sum(bool(row["stuck"]) for row in rows),
        killed=sum(row["abandoned_7d"] > 0 for row in rows),
    )


def job_totals(columns: Columns, view: View) -> tuple[Kpi, ...]:
    """Return the number of jobs that are failing, are stuck or have killed runs."""
    jobs = count_jobs(columns)
    return (
        Kpi(
            number(jobs.failing),
            "failing",
            "latest finished run failed",
            BAD if jobs.failing else GOOD,
            "failing_jobs",
        ),
        Kpi(
            number(jobs.stuck),
            "stuck",
            "running far longer than usual",
            BAD if jobs.stuck else GOOD,
            "stuck_jobs",
        ),
        Kpi(
            number(jobs.killed),
            "with killed runs",
            "no end in 7 d, though a later run began",
            WARN if jobs.killed else GOOD,
            "jobs_with_killed_runs",
        ),
        Kpi(number(jobs.jobs), "jobs", f"{number(jobs.enabled)} enabled", measure="jobs"),
    )


def schedule_totals(columns: Columns, view: View) -> tuple[Kpi, ...]:
    """Return the number of overdue jobs and the runs of a day."""
    overdue = sum(map(bool, columns["overdue"]))
    enabled = sum(map(bool, columns["enabled"]))
    hint = f"past 1.5 intervals, of {number(enabled)} enabled"
    return (
        Kpi(number(overdue), "overdue", hint, BAD if overdue else GOOD, "overdue_jobs"),
        _runs(columns),
    )


def _runs(columns: Columns) -> Kpi:
    runs = sum(columns["runs_24h"])
    return Kpi(number(runs), "runs in the last 24 h", "of these jobs", measure="runs_of_jobs_24h")


STATE_HELP = (
    "failing: the latest finished run failed. stuck: running far longer than usual. "
    "overdue: not started for 1.5 intervals. "
    "runs killed: a run of the last 168 hours has no end, though a later one has started. "
    "The worst state stands first"
)
_TONES = {0: BAD, 1: BAD, 2: BAD, 3: WARN}


def job_health(columns: Columns, view: View) -> Table:
    """Return the health of each job, failing ones first; ``view.beside`` has their schedule."""
    overdue = {_key(row) for row in rows_of(view.beside or {}) if row["overdue"]}
    return Table(
        headings(
            ("Job", "name"),
            explained("State", STATE_HELP),
            ("# Failures in a row", "consecutive_failures"),
            ("Last success", "last_success_at"),
            ("Last failure", "last_failed_at"),
            ("# Killed 7 d", "abandoned_7d"),
            ("# Median duration", "p50_duration_s"),
            ("# 95 % under", "p95_duration_s"),
            ("# Items 24 h", "items_processed_24h"),
            ("# Items failed 24 h", "items_failed_24h"),
            ("Last error", "last_error"),
        ),
        tuple(
            _health_row(job_state(row, is_overdue=_key(row) in overdue), row, view)
            for row in rows_of(columns)
        ),
        "no jobs are registered",
        main="State",
        order=Order("State"),
    )


def _key(row: dict[str, Any]) -> tuple[str | None, str | None]:
    return row["name"], row["task_key"]


def tone_of_state(state: JobState) -> str:
    """Return the tone of a job's state, on every page that shows it."""
    return GOOD if state.words == "ok" else _TONES.get(state.rank, "")


def _state_cell(state: JobState, view: View) -> Cell:
    if state.since is None:
        return Cell(state.words, state.rank, tone_of_state(state), badge=True)
    aged = Age(parse_instant(state.since), f"{state.words} for ", is_span=True)
    return Cell(aged.text(view.as_of), state.rank, tone_of_state(state), badge=True, age=aged)


def _health_row(state: JobState, row: dict[str, Any], view: View) -> tuple[Cell, ...]:
    failures, killed, items_failed = row["consecutive_failures"], row["abandoned_7d"], row["items_failed_24h"]
    return (
        Cell(
            row["name"] or row["task_key"] or NOTHING,
            note=row["task_key"] or "",
            path=job_path(row["task_key"]),
        ),
        _state_cell(state, view),
        counted_cell(view, row, "consecutive_failures", number(failures), tone=BAD if failures else ""),
        opening(instant_cell(row["last_success_at"], view), view, row, "last_success_at"),
        opening(instant_cell(row["last_failed_at"], view), view, row, "last_failed_at"),
        counted_cell(view, row, "abandoned_7d", number(killed), tone=WARN if killed else ""),
        counted_cell(view, row, "p50_duration_s", duration(row["p50_duration_s"])),
        counted_cell(view, row, "p95_duration_s", duration(row["p95_duration_s"])),
        counted_cell(view, row, "items_processed_24h", number(row["items_processed_24h"])),
        counted_cell(view, row, "items_failed_24h", number(items_failed), tone=WARN if items_failed else ""),
        Cell(row["last_error"] or NOTHING),
    )


def job_schedule(columns: Columns, view: View) -> Table:
    """Return each job's last and next run, and how its finished runs ended."""
    return Table(
        headings(
            ("Job", "name"),
            ("Last run", "last_started_at"),
            ("# Duration", "last_duration_s"),
            ("# Schedule", "interval_minutes"),
            ("Next due", "next_due_at"),
            ("# Runs 24 h", "runs_24h"),
            ("# Failed 24 h", "failures_24h"),
            ("# Success 7 d, of finished", "success_rate_7d"),
        ),
        tuple(_schedule_row(row, view) for row in rows_of(columns)),
        "no jobs are registered",
        main="Next due",
        order=Order("Next due"),
    )


def _schedule_row(row: dict[str, Any], view: View) -> tuple[Cell, ...]:
    rate, failures = row["success_rate_7d"], row["failures_24h"]
    marks = [
        mark
        for mark, holds in (("disabled", row["enabled"] is False), ("critical", row["critical"]))
        if holds
    ]
    due = opening(instant_cell(row["next_due_at"], view), view, row, "next_due_at")
    if row["overdue"]:
        due = Cell("overdue", due.sort, BAD)
        if row["next_due_at"] is not None:
            due = aged_cell(Age(parse_instant(row["next_due_at"]), "overdue, due "), view, BAD)
    elif row["enabled"] is False:
        # It will not run, however long it has been due.
        due = replace(due, sort=NO_VALUE)
    return (
        Cell(
            row["name"] or row["task_key"] or NOTHING,
            note=row["task_key"] or "",
            path=job_path(row["task_key"]),
            after=f"({', '.join(marks)})" if marks else "",
        ),
        opening(instant_cell(row["last_started_at"], view), view, row, "last_started_at"),
        opening(_duration_cell(row["last_duration_s"]), view, row, "last_duration_s"),
        counted_cell(view, row, "interval_minutes", minutes(row["interval_minutes"])),
        due,
        counted_cell(view, row, "runs_24h", number(row["runs_24h"])),
        counted_cell(view, row, "failures_24h", number(failures), tone=BAD if failures else ""),
        counted_cell(
            view, row, "success_rate_7d", percent(rate), tone="" if rate is None or rate >= 0.95 else WARN
        ),
    )


def _duration_cell(seconds: float | None) -> Cell:
    """Return the duration of a run, a dash if it ends before it starts."""
    return figure_cell(None if seconds is not None and seconds < 0 else seconds, run_duration(seconds))
