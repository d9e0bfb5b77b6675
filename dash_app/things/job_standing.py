"""How a job stands, by its newest runs: by the rules of the dataset ``job_health``."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.attention.jobs import OVERDUE_INTERVALS
from engine.model.clock import to_iso
from engine.model.job_state import JobState, job_state
from engine.model.questions import JobAnswer, JobRun

STUCK_AFTER_S = 600
"""A run is not stuck before; the dataset ``job_health`` has the same rule."""


def result_of(run: JobRun, place: int) -> str | None:
    """Return how a run ended; ``place`` counts from the newest run.

    A run without an end is killed if a later one has started.
    """
    return "killed" if run.status == "running" and place > 0 else run.status


def failing_since(answer: JobAnswer) -> datetime | None:
    """Return the start of the first failed run since the latest success; None if the latest end was none."""
    since = None
    for run in answer.runs:
        if run.status == "success":
            break
        if run.status == "failed" and run.started_at is not None:
            since = run.started_at
    return since


def latest_error(answer: JobAnswer) -> str | None:
    """Return the error of the latest finished run; None if it succeeded, or says none."""
    finished = (run for run in answer.runs if run.status in ("success", "failed"))
    latest = next(finished, None)
    return latest.error if latest is not None and latest.status == "failed" else None


def is_overdue(answer: JobAnswer, now: datetime) -> bool:
    """Return whether the job has not started for too long; of one that never has, that is not known here."""
    started = answer.runs[0].started_at if answer.runs else None
    if started is None or not answer.enabled or not answer.interval_minutes:
        return False
    return now > started + timedelta(minutes=OVERDUE_INTERVALS * answer.interval_minutes)


def state_of(answer: JobAnswer, now: datetime) -> JobState:
    """Return the job's state by the rules of ``job_health``, as far as the newest runs tell."""
    newest = answer.runs[0] if answer.runs else None
    is_running = newest is not None and newest.status == "running" and newest.started_at is not None
    running_since = newest.started_at if newest is not None and is_running else None
    longest = answer.p95_duration_s and 3 * answer.p95_duration_s
    if longest is None and answer.interval_minutes is not None:
        longest = round(60 * answer.interval_minutes)
    is_stuck = (
        running_since is not None
        and longest is not None
        and now - running_since > timedelta(seconds=max(longest, STUCK_AFTER_S))
    )
    week = now - timedelta(hours=168)
    killed = sum(
        result_of(run, place) == "killed" and run.started_at is not None and run.started_at > week
        for place, run in enumerate(answer.runs)
    )
    return job_state(
        {
            "enabled": answer.enabled,
            "failing": bool(answer.enabled) and failing_since(answer) is not None,
            "stuck": is_stuck,
            "abandoned_7d": killed,
            "running_since": None if running_since is None else to_iso(running_since),
            "last_success_at": True if answer.success else None,
        },
        is_overdue=is_overdue(answer, now),
    )
