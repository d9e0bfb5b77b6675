"""A run is stored whole or not at all, and is not part of its own results."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.model.catalogue.datasets import catalogue
from engine.model.catalogue.staging import staging
from engine.model.clock import from_sqlite, to_sqlite, wall_clock
from engine.model.errors import DashboardError, SettingError, SourceError
from engine.model.values.payload import Columns
from engine.model.values.results import Progress
from engine.runs import Runner, RunRequest, Trigger
from engine.store import read_entries, recent_runs
from engine.store.sqlite.migration import migrate
from tests.engine.source_database import NOW, dump, execute, query, run_request, settings_of

FUNNEL, EXCLUDED, HEALTH = "pipeline_funnel", "excluded_sites_count", "database_health"


def value(db: Path, dataset: str) -> Columns:
    """Return the value stored for a dataset, fresh or expired."""
    key = catalogue()[dataset].key
    found: Columns = read_entries(db, [key], NOW)[key].value
    return found


def add_sites(db: Path, *statuses: str) -> None:
    execute(db, "insert into sites (domain, status) values ('a.com', ?)", *[(status,) for status in statuses])


def test_a_run_of_all_stores_every_dataset_of_an_empty_source(runner: Runner, source: Path) -> None:
    summary = runner.run(run_request(trigger=Trigger.COMMAND))
    assert len(summary.outcome.computed) == len(catalogue())
    assert summary.outcome.problems == ()
    stored = query(source, "select cache_key, entries from dashboard_cache order by 1")
    assert stored == sorted((dataset.key, dataset.value.entries) for dataset in summary.outcome.computed)
    assert summary.entries == sum(entries for _, entries in stored)
    (row,) = recent_runs(source, 5)
    assert (row.trigger, row.scope, row.status, row.error) == ("command", "all", "success", None)
    assert (row.datasets, row.entries, row.as_of) == (len(catalogue()), summary.entries, NOW)
    assert row.generation == summary.generation


def test_a_value_lives_for_its_minutes_from_the_end_of_its_run(runner: Runner, source: Path) -> None:
    runner.run(run_request(EXCLUDED))
    ((created_at, expires_at, as_of),) = query(
        source, "select created_at, expires_at, as_of from dashboard_cache"
    )
    assert from_sqlite(expires_at) - from_sqlite(created_at) == timedelta(minutes=15)
    assert (created_at, as_of) == (to_sqlite(recent_runs(source, 1)[0].finished_at), to_sqlite(NOW))


def test_a_run_of_some_datasets_leaves_the_others_as_they_were(runner: Runner, source: Path) -> None:
    runner.run(run_request(EXCLUDED, FUNNEL))
    add_sites(source, "excluded")
    runner.run(run_request(EXCLUDED))
    assert value(source, EXCLUDED) == {"excluded_sites": [1]}
    assert sum(value(source, FUNNEL)["sites"]) == 0
    assert [row.scope for row in recent_runs(source, 5)] == [EXCLUDED, f"{EXCLUDED},{FUNNEL}"]


def test_the_same_rows_at_the_same_now_give_the_same_bytes(runner: Runner, source: Path) -> None:
    add_sites(source, "found", "scored", "excluded")
    blobs = []
    for _ in range(2):
        runner.run(run_request(FUNNEL, EXCLUDED))
        blobs.append(query(source, "select cache_key, cache_value from dashboard_cache order by 1"))
    assert blobs[0] == blobs[1]


def test_a_run_that_cannot_be_stored_leaves_everything_as_it_was(runner: Runner, source: Path) -> None:
    runner.run(run_request(EXCLUDED, FUNNEL))
    add_sites(source, "excluded")
    before = dump(source)
    # The run's own row is the last thing written: all entries are there by then.
    execute(
        source,
        "create trigger refuse before insert on dashboard_runs"
        " begin select raise(abort, 'no more rows'); end",
    )
    with pytest.raises(SourceError, match="no more rows"):
        runner.run(run_request(EXCLUDED, FUNNEL))
    assert dump(source) == before
    execute(source, "drop trigger refuse")
    runner.run(run_request(EXCLUDED, FUNNEL))
    assert value(source, EXCLUDED) == {"excluded_sites": [1]}


def row_of_own_job(db: Path) -> dict[str, Any]:
    summary = value(db, "cron_job_summary")
    index = summary["task_key"].index("precomputeDashboard")
    return {name: column[index] for name, column in summary.items()}


def test_a_run_is_no_part_of_its_own_results(runner: Runner, source: Path) -> None:
    migrate(source)
    seen = []
    for _ in range(2):
        now = wall_clock() + timedelta(seconds=1)
        runner.run(RunRequest(Trigger.SCHEDULE, now, reproduce=True))
        seen.append(row_of_own_job(source))
    assert [row["runs_24h"] for row in seen] == [0, 1]
    assert [row["last_status"] for row in seen] == [None, "success"]


def test_a_run_of_all_is_logged_in_the_pipelines_own_tables_when_it_ends(
    runner: Runner, source: Path
) -> None:
    runner.run(run_request(trigger=Trigger.SCHEDULE))
    (run,) = recent_runs(source, 1)
    logged = query(
        source, "select job_name, status, started_at, finished_at, items_failed from cron_job_logs"
    )
    started_at, finished_at = to_sqlite(run.started_at), to_sqlite(run.finished_at)
    assert logged == [("precomputeDashboard", "success", started_at, finished_at, 0)]
    assert query(source, "select last_run_at, updated_at from cron_jobs") == [(started_at, finished_at)]


@pytest.mark.parametrize("trigger", [Trigger.FULL, Trigger.PAGE, Trigger.READ])
def test_a_run_that_a_viewer_asked_for_is_no_job_run(runner: Runner, source: Path, trigger: Trigger) -> None:
    runner.run(run_request(EXCLUDED, trigger=trigger))
    assert query(source, "select * from cron_job_logs") == []


def test_a_source_whose_job_log_differs_loses_the_log_row_and_not_the_run(
    runner: Runner, source: Path
) -> None:
    execute(source, "alter table cron_job_logs drop column items_failed")
    runner.run(run_request(trigger=Trigger.SCHEDULE))
    assert query(source, "select count(*) from cron_job_logs") == [(0,)]
    assert query(source, "select last_run_at from cron_jobs") == [(None,)]
    assert recent_runs(source, 1)[0].status == "success"


def test_progress_is_reported_step_by_step_up_to_the_last(runner: Runner) -> None:
    steps: list[Progress] = []
    runner.run(run_request(EXCLUDED), steps.append)
    names = [step.step for step in steps]
    tables = [f"reading {table.source_table}" for table in staging().values()]
    assert names[0] == "reading the source"
    assert names[1 : len(tables) + 2] == [*tables, "comparing some rows with the source"]
    assert [name for name in names if name.startswith("updating ")] == names[len(tables) + 2 : -2]
    assert names[-2:] == [EXCLUDED, "storing"]
    assert [step.done for step in steps] == [0, *[500] * (len(steps) - 2), 1000]
    assert {step.total for step in steps} == {1000}


def test_an_unknown_dataset_is_refused_before_anything_is_written(runner: Runner, source: Path) -> None:
    with pytest.raises(DashboardError, match="did you mean 'pipeline_funnel'"):
        runner.run(run_request("pipeline_funel"))
    assert query(source, "select name from sqlite_master where name like 'dashboard%'") == []


def test_a_state_folder_that_cannot_be_is_reported_before_anything_is_written(
    runner: Runner, source: Path
) -> None:
    taken = source.with_name("file")
    taken.touch()
    runner.settings = settings_of(source, DASHBOARD_STATE_DIR=str(taken))
    with pytest.raises(SettingError, match="DASHBOARD_STATE_DIR: cannot make"):
        runner.run(run_request(EXCLUDED))
    assert query(source, "select name from sqlite_master where name like 'dashboard%'") == []


def integrity(db: Path) -> tuple[Any, str | None]:
    """Return the value of the health dataset, and when the file was last checked."""
    checked = query(db, "select value from dashboard_state where name = 'integrity_checked_at'")
    return value(db, HEALTH)["integrity"][0], checked[0][0] if checked else None


def test_the_file_is_checked_at_a_full_refresh_and_otherwise_once_a_day(runner: Runner, source: Path) -> None:
    def run_and_check(trigger: Trigger) -> None:
        runner.run(run_request(trigger=trigger))
        runner.finish_integrity_check()

    migrate(source)
    execute(source, "delete from dashboard_state where name like 'integrity%'")
    runner.run(run_request(HEALTH))
    assert integrity(source) == (None, None)
    run_and_check(Trigger.SCHEDULE)
    finding, first = integrity(source)
    assert finding == "ok"
    assert first is not None

    def set_last_check(hours_ago: float) -> str:
        text = to_sqlite(wall_clock() - timedelta(hours=hours_ago))
        execute(source, "update dashboard_state set value = ? where name = 'integrity_checked_at'", (text,))
        return text

    recent = set_last_check(hours_ago=23)
    run_and_check(Trigger.SCHEDULE)
    assert integrity(source) == ("ok", recent)
    old = set_last_check(hours_ago=25)
    runner.run(run_request(HEALTH))
    assert integrity(source) == ("ok", old)
    run_and_check(Trigger.SCHEDULE)
    assert integrity(source)[1] not in (None, old)
    recent = set_last_check(hours_ago=1)
    run_and_check(Trigger.FULL)
    assert integrity(source)[1] not in (None, recent)


def test_a_lock_that_cannot_be_taken_is_reported_in_one_line(runner: Runner, source: Path) -> None:
    runner.settings.lock_path.mkdir(parents=True)
    with pytest.raises(SettingError, match=r"DASHBOARD_STATE_DIR: cannot lock .*; name another folder"):
        runner.run(run_request(EXCLUDED))
