"""If the clock was set back, the dashboard's own stamps that lie in the future are ignored."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from dash_app.live.notices import read_notices
from engine.model.clock import CLOCK_SLACK, to_sqlite, wall_clock
from engine.model.errors import ComputeError
from engine.model.values.quality import IntegrityCheck
from engine.runs import Runner, RunRequest, Trigger
from engine.runs.request import full_audit_is_due
from engine.runs.turns.single_flight import join_finished_run
from engine.store import (
    EntryState,
    ReplicaState,
    SnapshotReader,
    list_entries,
    read_analytics,
    read_entries,
    replica_state,
)
from engine.store.entries import RETRY_MINUTES, STAMPED_LATER
from engine.store.freshness.run_health import clock_line
from engine.store.freshness.unstored import UnstoredFailures
from engine.store.quick_check import last_check_at, store_integrity
from engine.store.sqlite.database import write_transaction
from engine.store.sqlite.migration import migrate
from engine.store.writes import set_entry
from tests.engine.source_database import NOW, execute, settings_of

KEY, NAME = "pipeline/excluded_sites_count", "excluded_sites_count"
HOUR = timedelta(hours=1)
RUN = (
    'insert into dashboard_runs ("trigger", scope, as_of, started_at, finished_at, duration_ms, datasets,'
    " entries, status, error) values ('schedule', 'all', ?1, ?1, ?1, 1, 0, 0, ?2, 'disk full')"
)


@pytest.fixture
def db(source: Path) -> Path:
    migrate(source)
    return source


def test_an_entry_from_the_future_is_expired_and_due(db: Path) -> None:
    set_entry(db, KEY, 1, 15, NOW + 2 * HOUR)
    entry = read_entries(db, [KEY], NOW)[KEY]
    assert (entry.state, entry.due, entry.reason) == (EntryState.EXPIRED, True, STAMPED_LATER)
    (info,) = list_entries(db, NOW)
    assert (info.state, info.reason) == (EntryState.EXPIRED, STAMPED_LATER)


def test_a_reader_who_asked_the_clock_a_moment_before_finds_a_fresh_entry(db: Path) -> None:
    set_entry(db, KEY, 1, 15, NOW)
    assert read_entries(db, [KEY], NOW - CLOCK_SLACK)[KEY].state is EntryState.FRESH
    before = NOW - CLOCK_SLACK - timedelta(seconds=1)
    assert read_entries(db, [KEY], before)[KEY].state is EntryState.EXPIRED


def test_a_snapshot_keeps_nothing_past_a_clock_that_is_set_back(db: Path) -> None:
    snapshots = SnapshotReader(db, (KEY,), 3600)
    set_entry(db, KEY, 1, 15, NOW)
    assert snapshots.read(NOW).entries[KEY].state is EntryState.FRESH
    for _ in range(2):
        assert snapshots.read(NOW - HOUR).entries[KEY].reason == STAMPED_LATER
    snapshots.close()


def test_a_failure_from_the_future_keeps_nothing_from_being_computed(db: Path) -> None:
    for at, due in ((NOW, False), (NOW + HOUR, True), (NOW - timedelta(minutes=RETRY_MINUTES), True)):
        execute(db, "delete from dashboard_problems")
        execute(
            db, "insert into dashboard_problems values (?, 'failed', 'it broke', ?)", (KEY, to_sqlite(at))
        )
        assert read_entries(db, [KEY], NOW)[KEY].due is due


def test_a_check_from_the_future_is_none(db: Path) -> None:
    request = RunRequest(Trigger.SCHEDULE, NOW)
    assert not full_audit_is_due(request, NOW - HOUR, NOW)
    assert full_audit_is_due(request, NOW + HOUR, NOW)


def test_a_failed_run_from_the_future_keeps_no_reader_from_a_run(db: Path) -> None:
    settings, request = settings_of(db), RunRequest(Trigger.READ, NOW, (NAME,))
    execute(db, RUN, (to_sqlite(NOW), "failed"))
    with pytest.raises(ComputeError, match="disk full"):
        join_finished_run(settings, request, 9)
    execute(db, RUN, (to_sqlite(NOW + HOUR), "failed"))
    assert join_finished_run(settings, request, 9) is None


def test_every_page_says_that_the_clock_was_set_back_until_a_run_has_put_it_right(db: Path) -> None:
    execute(db, RUN, (to_sqlite(NOW + 2 * HOUR), "success"))
    set_entry(db, KEY, 1, 15, NOW + 2 * HOUR)
    settings, failures = settings_of(db), UnstoredFailures()
    notices = read_notices(settings, read_entries(db, [KEY], NOW), NOW, failures)
    assert notices.texts == ("The newest values are stamped 2 h in the future: the clock was set back",)
    assert {each.text for each in notices.lag.values()} == {""}
    set_entry(db, KEY, 1, 15, NOW)
    execute(db, RUN, (to_sqlite(NOW), "success"))
    assert read_notices(settings, read_entries(db, [KEY], NOW), NOW, failures).texts == ()


def test_a_run_alone_from_the_future_is_said_too() -> None:
    assert clock_line([NOW - HOUR, None], NOW) is None
    assert clock_line([], NOW) is None
    assert "stamped 1 d in the future" in (clock_line([NOW - HOUR, NOW + timedelta(days=1)], NOW) or "")


def test_a_run_of_now_makes_entries_from_the_future_fresh(runner: Runner, db: Path) -> None:
    runner.run(RunRequest(Trigger.CARD, NOW, (NAME,)))
    later = "strftime('%Y-%m-%d %H:%M:%S', created_at, '+1 day')"
    execute(db, f"update dashboard_cache set created_at = {later}")
    execute(db, f"update dashboard_origins set created_at = {later}")
    execute(db, "update dashboard_runs set started_at = '2099-01-01 00:00:00'")
    runner.run(RunRequest(Trigger.READ, NOW, (NAME,)))
    (info,) = list_entries(db, wall_clock())
    assert (info.state, info.reason) == (EntryState.FRESH, "")


def test_a_verification_from_the_future_says_nothing(db: Path) -> None:
    insert = "insert into dashboard_replica values (?, 'appended', 9, ?, 1.0, 1, ?)"
    execute(db, insert, ("sites", to_sqlite(NOW + HOUR), to_sqlite(NOW + HOUR)))
    execute(db, insert, ("llm_usage", to_sqlite(NOW - HOUR), None))
    tables = replica_state(db, NOW)
    assert [(table.table, table.verified_at, table.repaired_at) for table in tables] == [
        ("llm_usage", NOW - HOUR, None),
        ("sites", None, None),
    ]
    assert ReplicaState(tables).verified_at is None


def test_the_last_check_is_one_that_was_begun_by_now(db: Path) -> None:
    with write_transaction(db) as connection:
        store_integrity(connection, NOW - HOUR, IntegrityCheck("ok", NOW - HOUR))
        store_integrity(connection, NOW + HOUR, None)
        assert last_check_at(connection, NOW) == NOW - HOUR


def test_runs_from_the_future_are_in_no_window(db: Path) -> None:
    execute(db, RUN, (to_sqlite(NOW - HOUR), "success"), (to_sqlite(NOW + HOUR), "failed"))
    runs = read_analytics(db, NOW, 600).runs
    assert (runs.last_24_hours.runs, runs.last_24_hours.failures) == (1, 0)
    assert [(started.trigger, started.totals.runs) for started in runs.triggers] == [("schedule", 1)]
