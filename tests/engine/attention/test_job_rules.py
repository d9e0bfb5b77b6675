"""Jobs that need attention, on either side of each threshold."""

from __future__ import annotations

import pytest

from engine.attention.jobs import (
    CRITICAL_INTERVALS,
    LATE_INTERVALS,
    NEARLY_STUCK,
    OVERDUE_INTERVALS,
    STUCK_SECONDS,
    STUCK_TIMES,
    abandoned_job,
    failing_job,
    judge_jobs,
    overdue_job,
    stuck_job,
)
from engine.attention.line import Kind, Level
from engine.model.clock import to_iso
from tests.engine.attention.given import HEALTH, HOUR, MINUTE, NOW, SCHEDULE, value

FAILING = HEALTH | {
    "failing": True, "consecutive_failures": 3, "last_failed_at": to_iso(NOW - MINUTE),
    "last_error": "no\nsuch\u202e mailbox",
}  # fmt: skip


def test_a_failing_job_is_critical_says_its_error_in_one_line_and_opens_its_failed_runs() -> None:
    line = failing_job(FAILING)
    assert line is not None
    assert (line.level, line.title) == (Level.CRITICAL, "Score sites is failing")
    assert line.reason == "3 failed runs in a row: no such mailbox"
    assert line.since == NOW - HOUR, "the latest success"
    assert line.opens is not None
    assert (line.opens.dataset, line.opens.column) == ("job_health", "consecutive_failures")
    assert dict(line.opens.cells) == {"task_key": "score"}


def test_after_one_failure_a_job_fails_since_then() -> None:
    line = failing_job(FAILING | {"consecutive_failures": 1, "last_error": None})
    assert line is not None
    assert (line.since, line.reason) == (NOW - MINUTE, "Its latest finished run failed")


@pytest.mark.parametrize("change", [{"failing": False}, {"enabled": False}, {"enabled": None}])
def test_a_job_that_is_well_or_not_enabled_is_not_failing(change: dict[str, object]) -> None:
    assert failing_job(FAILING | change) is None


def test_a_job_is_stuck_if_its_dataset_says_so() -> None:
    row = HEALTH | {"stuck": True, "running_since": to_iso(NOW - HOUR)}
    line = stuck_job(row, {}, NOW, NOW)
    assert line is not None
    assert (line.level, line.since) == (Level.CRITICAL, NOW - HOUR)
    assert line.reason == "95 % of its runs take no more than 5 min"
    assert stuck_job(row | {"enabled": False}, {}, NOW, NOW) is None


@pytest.mark.parametrize(
    ("usual_s", "interval_minutes", "limit_s"),
    [
        (300, None, STUCK_TIMES * 300),
        (10, None, STUCK_SECONDS),
        (None, 60, 3600),
        (None, 1, STUCK_SECONDS),
    ],
)
def test_time_alone_makes_a_run_stuck_that_was_nearly_so(
    usual_s: int | None, interval_minutes: int | None, limit_s: int
) -> None:
    second = MINUTE / 60
    row = HEALTH | {"p95_duration_s": usual_s, "running_since": to_iso(NOW)}
    scheduled = SCHEDULE | {"interval_minutes": interval_minutes}
    nearly = NOW + NEARLY_STUCK * limit_s * second
    assert stuck_job(row, scheduled, nearly, NOW + limit_s * second) is None
    assert stuck_job(row, scheduled, nearly, NOW + (limit_s + 1) * second) is not None
    assert stuck_job(row, scheduled, nearly - second, NOW + (limit_s + 1) * second) is None
    assert stuck_job(row | {"running_since": None}, scheduled, nearly, NOW + 9 * HOUR) is None


def test_a_run_without_a_usual_duration_or_an_interval_is_not_stuck() -> None:
    row = HEALTH | {"p95_duration_s": None, "running_since": to_iso(NOW - 900 * HOUR)}
    assert stuck_job(row, {}, NOW, NOW) is None


def test_a_job_is_overdue_if_its_dataset_says_so() -> None:
    due = NOW - HOUR
    started = {"last_started_at": to_iso(NOW - 2 * HOUR), "next_due_at": to_iso(due)}
    line = overdue_job(SCHEDULE | started | {"overdue": True}, NOW, NOW)
    assert line is not None
    assert (line.level, line.since) == (Level.WARNING, due)
    assert line.reason == "It has not started since it was due, though it is to run every 1 h"
    never = {"overdue": True, "last_started_at": None, "next_due_at": None, "interval_minutes": 1440}
    line = overdue_job(SCHEDULE | never, NOW, NOW)
    assert line is not None
    assert (line.reason, line.since, line.opens) == (
        "It has never run, though it is to run every 1 d",
        None,
        None,
    )


def test_time_alone_makes_a_job_overdue_that_was_late() -> None:
    row = SCHEDULE | {"last_started_at": to_iso(NOW)}
    late, limit, second = NOW + LATE_INTERVALS * HOUR, NOW + OVERDUE_INTERVALS * HOUR, MINUTE / 60
    assert overdue_job(row, late, limit) is None
    assert overdue_job(row, late, limit + second) is not None
    assert overdue_job(row, late - second, limit + second) is None
    assert overdue_job(row | {"enabled": False}, late, limit + second) is None


def test_it_is_critical_that_a_job_is_overdue_if_it_is_a_critical_one_or_long_overdue() -> None:
    row = SCHEDULE | {"overdue": True, "last_started_at": to_iso(NOW - CRITICAL_INTERVALS * HOUR)}
    levels = [
        line and line.level
        for line in (
            overdue_job(row, NOW, NOW),
            overdue_job(row, NOW, NOW + MINUTE),
            overdue_job(row | {"critical": True}, NOW, NOW),
        )
    ]
    assert levels == [Level.WARNING, Level.CRITICAL, Level.CRITICAL]


def test_a_job_with_killed_runs_is_a_warning() -> None:
    line = abandoned_job(HEALTH | {"abandoned_7d": 1})
    assert line is not None
    assert line.level is Level.WARNING
    assert line.reason == "1 run of the last 7 days has no end, though a later one has started"
    assert abandoned_job(HEALTH) is None
    assert abandoned_job(HEALTH | {"abandoned_7d": 1, "enabled": False}) is None


def test_a_job_has_one_line_that_names_its_other_troubles() -> None:
    found = judge_jobs(
        value(FAILING | {"abandoned_7d": 2, "stuck": True, "running_since": to_iso(NOW)}),
        value(SCHEDULE | {"overdue": True}),
        NOW,
    )
    (line,) = found.lines
    assert line.kind is Kind.JOB_FAILING
    assert line.reason.endswith("no such mailbox; also stuck; also overdue; also with killed runs")
    assert found.failing == {"score"}
    assert found.names == {"score": "Score sites"}


def test_jobs_are_judged_by_one_dataset_if_the_other_is_missing() -> None:
    assert len(judge_jobs(value(FAILING), None, NOW).lines) == 1
    assert len(judge_jobs(None, value(SCHEDULE | {"overdue": True}), NOW).lines) == 1
    assert judge_jobs(None, None, NOW).lines == ()


def test_a_job_without_a_name_goes_by_its_key() -> None:
    for change, title in (
        ({"name": None}, "score is failing"),
        ({"name": None, "task_key": None}, "A job without a name is failing"),
        ({"name": "x" * 500}, f"{'x' * 59}… is failing"),
    ):
        line = failing_job(FAILING | change)
        assert line is not None
        assert line.title == title
