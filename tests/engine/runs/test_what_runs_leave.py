"""What runs store in the source beside the values, and what they delete."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from engine.model.catalogue.datasets import catalogue
from engine.model.clock import to_sqlite, wall_clock
from engine.model.errors import ComputeError, DashboardError
from engine.model.values.results import UNAVAILABLE
from engine.runs import Runner, RunRequest, Trigger
from engine.runs.records.job_log import keep_job_interval
from engine.runs.schedule import next_due
from engine.store import cache_state, recent_runs
from engine.store.quality import unreadable_values
from engine.store.sqlite.migration import migrate
from engine.store.writes import clear_entries
from tests.engine.source_database import NOW, execute, query, run_request, settings_of

EXCLUDED = "excluded_sites_count"


def test_counts_of_unreadable_values_go_with_their_table(runner: Runner, source: Path) -> None:
    execute(source, "insert into http_errors (status_code) values ('abc')")
    runner.run(run_request())
    assert [count.table for count in unreadable_values(source)] == ["http_errors"]
    execute(source, "drop table http_errors")
    runner.run(run_request())
    assert unreadable_values(source) == ()


def test_runs_of_long_ago_are_forgotten(runner: Runner, source: Path) -> None:
    runner.run(run_request(EXCLUDED))
    long_ago = to_sqlite(wall_clock() - timedelta(days=91))
    execute(source, "update dashboard_runs set finished_at = ?", (long_ago,))
    runner.run(run_request(EXCLUDED, "pipeline_funnel"))
    assert [run.datasets for run in recent_runs(source, 5)] == [2]


def test_a_run_of_all_is_due_at_once_when_the_time_zone_has_changed(runner: Runner, source: Path) -> None:
    runner.run(run_request())
    now = wall_clock()
    assert cache_state(source, now).time_zone == "UTC"
    assert next_due(settings_of(source), now) > now
    assert next_due(settings_of(source, DASHBOARD_TIMEZONE="Australia/Adelaide"), now) == now


def test_a_reader_does_not_start_a_run_that_has_just_failed_over_again(runner: Runner, source: Path) -> None:
    migrate(source)
    runner.run(run_request(EXCLUDED))
    failed = (
        'insert into dashboard_runs ("trigger", scope, as_of, started_at, finished_at, duration_ms, datasets,'
        " entries, status, error) values ('read', 'all', ?, ?, ?, 1, 0, 0, 'failed', 'out of memory')"
    )
    now = wall_clock()
    execute(source, failed, (to_sqlite(now),) * 3)
    runs = len(recent_runs(source, 9))
    with pytest.raises(ComputeError, match="out of memory"):
        runner.run(RunRequest(Trigger.READ, now, (EXCLUDED,)))
    assert len(recent_runs(source, 9)) == runs
    assert runner.run(RunRequest(Trigger.PAGE, now, (EXCLUDED,))).entries == 1
    execute(source, failed, (to_sqlite(now - timedelta(minutes=2)),) * 3)
    clear_entries(source)
    assert runner.run(RunRequest(Trigger.READ, now, (EXCLUDED,))).entries == 1


def test_a_runner_that_is_closed_starts_nothing(source: Path) -> None:
    runner = Runner(settings_of(source))
    runner.close()
    with pytest.raises(DashboardError, match="being ended"):
        runner.run(run_request(EXCLUDED))
    assert runner.engine_pid is None


def test_the_jobs_row_has_the_interval_of_the_schedule(source: Path) -> None:
    migrate(source)
    keep_job_interval(source, 3600)
    own = "select interval_value, interval_unit from cron_jobs where task_key = 'precomputeDashboard'"
    assert query(source, own) == [(60, "minutes")]


def test_a_view_that_fails_on_one_row_costs_only_the_datasets_that_read_it(
    runner: Runner, source: Path
) -> None:
    execute(source, "drop table http_errors")
    execute(
        source,
        "create view http_errors as select 1 as id, json_extract('{bad', '$.a') as status_code,"
        " '2026-11-23' as occurred_at",
    )
    summary = runner.run(run_request(now=NOW))
    reasons = summary.reasons(UNAVAILABLE)
    assert set(reasons) == {
        name for name, dataset in catalogue().items() if "http_errors" in dataset.needed_tables
    }
    assert "table http_errors cannot be read" in reasons["http_errors_30d"]
