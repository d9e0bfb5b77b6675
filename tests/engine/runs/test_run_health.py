"""Run health: the warnings that a run is late, and that the latest has failed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from engine.model.clock import to_sqlite
from engine.model.errors import SourceError
from engine.runs import Runner, Trigger
from engine.store.freshness.run_health import read_failed_run, read_late_run
from engine.store.sqlite.migration import migrate
from tests.engine.source_database import NOW, execute, run_request

UTC_ZONE, ADELAIDE = ZoneInfo("UTC"), ZoneInfo("Australia/Adelaide")
INTERVAL_SECONDS = 600
MINUTE = timedelta(minutes=1)


@pytest.fixture
def db(source: Path) -> Path:
    migrate(source)
    return source


def given_run(
    db: Path,
    ago: timedelta,
    *,
    scope: str = "all",
    status: str = "success",
    error: str | None = None,
    trigger: Trigger = Trigger.SCHEDULE,
) -> None:
    """Insert the row of a run that began this long ago and took a second."""
    began = NOW - ago
    execute(
        db,
        'insert into dashboard_runs ("trigger", scope, as_of, started_at, finished_at, duration_ms, datasets,'
        " entries, status, error) values (?, ?, ?, ?, ?, 1000, 23, 40, ?, ?)",
        (
            trigger,
            scope,
            to_sqlite(NOW),
            to_sqlite(began),
            to_sqlite(began + timedelta(seconds=1)),
            status,
            error,
        ),
    )


def late(db: Path, zone: ZoneInfo = UTC_ZONE) -> str | None:
    return read_late_run(db, NOW, INTERVAL_SECONDS, zone)


def test_before_the_first_run_of_all_none_is_late(source: Path) -> None:
    assert late(source) is None
    migrate(source)
    assert late(source) is None
    given_run(source, timedelta(days=9), scope="pipeline_funnel")
    assert late(source) is None


def test_a_run_is_late_half_an_interval_and_half_a_minute_after_it_was_due(db: Path) -> None:
    given_run(db, 15 * MINUTE + timedelta(seconds=30))
    assert late(db) is None
    given_run(db, 15 * MINUTE + timedelta(seconds=31))
    assert late(db) == (
        "The scheduled run due at 19:54 UTC has not come (the last one began 15 min ago):"
        " is `dashboard schedule` running?"
    )


def test_a_run_is_late_while_one_is_under_way_too(db: Path) -> None:
    given_run(db, 25 * MINUTE)
    assert read_late_run(db, NOW, INTERVAL_SECONDS, UTC_ZONE, is_under_way=True) == (
        "The scheduled run due at 19:45 UTC has not ended (the last one began 25 min ago): a run is under way"
    )
    given_run(db, MINUTE)
    assert read_late_run(db, NOW, INTERVAL_SECONDS, UTC_ZONE, is_under_way=True) is None


def test_the_latest_run_of_all_counts_however_it_ended(db: Path) -> None:
    given_run(db, 60 * MINUTE)
    given_run(db, 25 * MINUTE, status="failed", error="disk full")
    given_run(db, MINUTE, scope="pipeline_funnel")
    assert "due at 19:45 UTC has not come (the last one began 25 min ago)" in (late(db) or "")
    given_run(db, 5 * MINUTE, status="failed", error="disk full")
    assert late(db) is None


def test_a_run_that_a_reader_asked_for_does_not_hide_that_the_schedule_is_dead(db: Path) -> None:
    given_run(db, 60 * MINUTE)
    given_run(db, MINUTE, trigger=Trigger.FULL)
    assert "the last one began 1 h ago" in (late(db) or "")
    given_run(db, MINUTE, trigger=Trigger.COMMAND)
    assert late(db) is None


def test_a_late_run_is_reported_in_the_time_of_the_zone(db: Path) -> None:
    given_run(db, 25 * MINUTE)
    assert "due at 06:15 ACDT has not come" in (late(db, ADELAIDE) or "")


def test_a_run_that_was_due_on_another_day_is_reported_with_its_day(db: Path) -> None:
    given_run(db, timedelta(days=2, hours=3))
    assert "due at 2026-11-21 17:10 UTC has not come (the last one began 2 d 3 h ago)" in (late(db) or "")


def test_a_run_that_has_just_ended_is_neither_late_nor_failed(runner: Runner, source: Path) -> None:
    summary = runner.run(run_request(trigger=Trigger.SCHEDULE))
    now = summary.started_at + 5 * MINUTE
    assert read_late_run(source, now, INTERVAL_SECONDS, UTC_ZONE) is None
    assert read_failed_run(source, now, UTC_ZONE) is None
    assert read_late_run(source, now + 15 * MINUTE, INTERVAL_SECONDS, UTC_ZONE) is not None


def test_the_latest_run_is_reported_if_it_failed(db: Path) -> None:
    given_run(db, 27 * MINUTE, status="failed", error="sites.db: it is locked; try again")
    assert read_failed_run(db, NOW, UTC_ZONE) == "The run of 19:33 failed: sites.db: it is locked; try again"
    assert read_failed_run(db, NOW, ADELAIDE) == "The run of 06:03 failed: sites.db: it is locked; try again"


def test_a_failure_of_another_day_is_reported_with_its_day(db: Path) -> None:
    given_run(db, timedelta(days=1), status="failed")
    assert read_failed_run(db, NOW, UTC_ZONE) == "The run of 2026-11-22 20:00 failed"


@pytest.mark.parametrize("status", ["success", "partial"])
def test_a_failure_is_over_with_the_next_run_of_anything(db: Path, status: str) -> None:
    given_run(db, 27 * MINUTE, status="failed", error="disk full")
    given_run(db, MINUTE, scope="pipeline_funnel", status=status)
    assert read_failed_run(db, NOW, UTC_ZONE) is None


def test_without_a_run_none_has_failed(source: Path) -> None:
    assert read_failed_run(source, NOW, UTC_ZONE) is None
    migrate(source)
    assert read_failed_run(source, NOW, UTC_ZONE) is None


def test_a_source_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    for read in (read_failed_run, lambda db, now, zone: read_late_run(db, now, INTERVAL_SECONDS, zone)):
        with pytest.raises(SourceError, match="no such file"):
            read(tmp_path / "none.db", NOW, UTC_ZONE)
