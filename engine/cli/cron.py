"""``dashboard cron``: the pipeline's jobs, computed from the source as it is now."""

from __future__ import annotations

import math
from typing import Any

import click

from engine.cli.options import db_option, json_option, progress_bar, settings_for
from engine.cli.terminal_text import print_json, print_table
from engine.model.clock import wall_clock
from engine.model.errors import ComputeError, DashboardError, nearest
from engine.model.job_state import job_state
from engine.model.places.postgres_address import SourceAddress
from engine.model.settings import Settings


@click.group("cron")
def cron_group() -> None:
    """Show the pipeline's jobs, their runs and their success rates."""


def _rows(settings: Settings, *names: str) -> list[list[dict[str, Any]]]:
    """Return datasets computed now from one state of the source; each row is a dictionary."""
    from engine.runs.adhoc import adhoc_values, compute_adhoc

    with progress_bar("Reading") as report:
        outcome = compute_adhoc(settings, list(names), wall_clock(), report)
    for problem in outcome.problems:
        raise ComputeError(settings.source, problem.reason, "run `dashboard check` to see what is there")
    found = adhoc_values(outcome)
    return [
        [dict(zip(found[name], values, strict=True)) for values in zip(*found[name].values(), strict=True)]
        for name in names
    ]


HEALTH = ("failing", "consecutive_failures", "abandoned_7d", "stuck")


def _json_value(value: Any) -> Any:
    """Return a value of the source as JSON; bytes and infinite numbers become text, as SQLite writes them."""
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _percent(rate: float | None) -> str | None:
    return None if rate is None else f"{rate:.1%}"


def _seconds(seconds: float | None) -> str | None:
    """Return a duration; None if there is none, or if the run ends before it starts."""
    return None if seconds is None or seconds < 0 else f"{seconds:.1f} s"


def _interval(minutes: float | None) -> str | None:
    if minutes is None:
        return None
    for unit, length in (("d", 1440), ("h", 60)):
        if minutes >= length and minutes % length == 0:
            return f"{minutes / length:g} {unit}"
    return f"{minutes:g} min"


@cron_group.command("list")
@db_option
@json_option
def list_jobs(db: SourceAddress | None, as_json: bool) -> None:
    """Show every job: its health, interval, last and next run, and whether it is overdue."""
    # Both datasets have one row for each job, in the same order.
    summaries, health = _rows(settings_for(db), "cron_job_summary", "job_health")
    rows = [
        summary
        | {name: state[name] for name in HEALTH}
        | {"state": job_state(state, is_overdue=bool(summary["overdue"])).words}
        for summary, state in zip(summaries, health, strict=True)
    ]
    if as_json:
        print_json(rows)
        return
    print_table(
        [
            "name",
            "task key",
            "state",
            "schedule",
            "last run",
            "status",
            "duration",
            "next run",
            "overdue",
        ],
        [
            (
                row["name"],
                row["task_key"],
                row["state"],
                _interval(row["interval_minutes"]),
                row["last_started_at"],
                row["last_status"],
                _seconds(row["last_duration_s"]),
                row["next_due_at"],
                row["overdue"],
            )
            for row in rows
        ],
    )


@cron_group.command()
@db_option
@json_option
def stats(db: SourceAddress | None, as_json: bool) -> None:
    """Show the success rate and the duration of each job, over all its runs."""
    rows, health = _rows(settings_for(db), "cron_job_stats", "job_health")
    # If jobs share a task key, in a table without that constraint, the worst one counts.
    states: dict[str | None, dict[str, Any]] = {}
    for state in sorted(health, key=lambda state: (bool(state["failing"]), state["abandoned_7d"])):
        states[state["task_key"]] = state
    for row in rows:
        known = states.get(row["task_key"])
        row |= {name: None if known is None else known[name] for name in HEALTH}
        row["state"] = None if known is None else job_state(known).words
    if as_json:
        print_json(rows)
        return
    print_table(
        ["name", "task key", "state", "runs", "success", "failed", "rate", "mean", "longest", "last run"],
        [
            (
                row["name"],
                row["task_key"],
                row["state"],
                row["runs"],
                row["success"],
                row["failed"],
                _percent(row["success_rate"]),
                _seconds(row["mean_duration_s"]),
                _seconds(row["max_duration_s"]),
                row["last_started_at"],
            )
            for row in rows
        ],
    )


@cron_group.command()
@click.argument("key")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000), help="Runs to show.")
@db_option
@json_option
def logs(key: str, limit: int, db: SourceAddress | None, as_json: bool) -> None:
    """Show the runs of the job with this task KEY, newest first."""
    from engine.runs.records.job_log import known_task_keys, read_job_log

    settings = settings_for(db)
    rows = read_job_log(settings.source, key, limit)
    if not rows and key not in (keys := known_task_keys(settings.source)):
        raise DashboardError(key, "no such job", nearest(key, keys) if keys else "no job is registered")
    headers = ["id", "status", "started_at", "finished_at", "items", "failed", "error", "summary"]
    if as_json:
        print_json([dict(zip(headers, map(_json_value, row), strict=True)) for row in rows])
        return
    print_table(headers, rows)
