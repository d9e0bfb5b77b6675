"""A cache in a file of its own: what a run stores and shows, and that the source is only read."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import engine.store as cache
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import wall_clock
from engine.model.errors import SettingError, SourceError
from engine.model.settings import Settings
from engine.runs import Runner, RunRequest, Trigger
from engine.runs.health.faults import find_faults
from engine.runs.health.readiness import find_readiness
from engine.store import cache_state, read_entries, recent_runs
from engine.store.freshness.lag import SourceLag, read_lag
from engine.store.freshness.unstored import UnstoredFailures
from engine.store.sqlite.change_log import create_change_log
from engine.store.sqlite.connections import connections_to
from engine.store.sqlite.store_file import missing_in_store, prepare_store
from tests.engine.programs import Command, one_line_of_failure, start_script
from tests.engine.small_disk import mounted
from tests.engine.source_database import execute, make_source, query, run_request, settings_of, store_path

FUNNEL = "pipeline_funnel"
KEY = catalogue()[FUNNEL].key
SITES = "insert into sites (domain, updated_at) values (?, datetime('now'))"
JOB_RUNS = "select status from cron_job_logs where job_name = 'precomputeDashboard'"
ALL = RunRequest(Trigger.SCHEDULE, wall_clock(), reproduce=True)


def apart(db: Path, store: Path, **environ: str) -> Settings:
    return settings_of(db, DASHBOARD_CACHE_URL=f"sqlite://{store}", **environ)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings for a source with two sites, and a cache in another folder that is not made yet."""
    (tmp_path / "source").mkdir()
    db = make_source(tmp_path / "source" / "sites.db")
    execute(db, SITES, ("a.example",), ("b.example",))
    return apart(db, tmp_path / "cache" / "cache.db")


@pytest.fixture
def runner(_one_runner: Runner, settings: Settings) -> Iterator[Runner]:
    """A runner on these settings, with the engine process that all tests share."""
    _one_runner.settings = settings
    yield _one_runner
    _one_runner.finish_integrity_check()


def content(db: Path) -> str:
    return hashlib.sha256(db.read_bytes()).hexdigest()


def tables(db: Path) -> set[str]:
    return {name for (name,) in query(db, "select name from sqlite_master where name like 'dashboard%'")}


def found_sites(settings: Settings) -> int:
    value = read_entries(store_path(settings), [KEY], wall_clock())[KEY].value
    return int(dict(zip(value["stage"], value["sites"], strict=True))["found"])


def test_runs_store_everything_apart_and_leave_the_source_byte_for_byte(
    settings: Settings, runner: Runner
) -> None:
    before = content(settings.db)
    summary = runner.run(ALL)
    runner.finish_integrity_check()
    assert not summary.outcome.problems
    assert cache_state(store_path(settings), wall_clock()).fresh == len(catalogue())
    assert missing_in_store(settings) == ()
    assert found_sites(settings) == 2
    runner.run(ALL)
    assert [run.status for run in recent_runs(store_path(settings), 9)] == ["success"] * 3
    assert query(store_path(settings), "select value from dashboard_state where name = 'integrity'") == [
        ("ok",)
    ]
    assert content(settings.db) == before
    assert tables(settings.db) == set()
    assert store_path(settings).stat().st_mode & 0o077 == 0
    assert all(path.name.startswith("cache.db.") for path in settings.state_dir.iterdir())


def test_the_values_are_those_of_a_cache_in_the_source(
    settings: Settings, runner: Runner, tmp_path: Path
) -> None:
    runner.run(run_request())
    both = settings_of(Path(shutil.copy(settings.db, tmp_path / "both.db")))
    runner.settings = both
    runner.run(run_request())
    # The job has a row in the one source and none in the other, and the cache a size.
    alike = [
        each.key
        for each in catalogue().values()
        if not {"cron_jobs", "cron_job_logs"} & set(each.tables) and each.name != "database_health"
    ]
    assert len(alike) > 20
    values, others = (
        {key: entry.value for key, entry in read_entries(store_path(each), alike, wall_clock()).items()}
        for each in (settings, both)
    )
    assert values == others


def test_the_lag_is_counted_in_the_source_from_watermarks_of_the_store(
    settings: Settings, runner: Runner
) -> None:
    runner.run(ALL)
    execute(settings.db, SITES, ("c.example",))
    report = read_lag(settings.db, wall_clock(), store_path(settings))
    assert list(report.by_time.values()) == [SourceLag(1, 0, is_capped=False)]
    assert read_lag(settings.db, wall_clock()).by_time == {}


def test_nothing_opens_the_source_for_writing_unless_a_run_of_the_job_is_logged(
    settings: Settings, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes = []
    real = connections_to(settings.db).open

    def noted(mode: str, **options: Any) -> sqlite3.Connection:
        modes.append(mode)
        return real(mode, **options)

    monkeypatch.setattr(connections_to(settings.db), "open", noted)
    runner.run(RunRequest(Trigger.SCHEDULE, wall_clock(), (FUNNEL,)))
    runner.settings = settings_of(settings.db.with_name("none.db"))
    assert set(modes) == {"ro"}
    assert query(settings.db, JOB_RUNS) == []


def test_runs_of_the_job_are_logged_in_the_source_if_that_is_set(settings: Settings, runner: Runner) -> None:
    runner.settings = apart(settings.db, store_path(settings), DASHBOARD_JOB_LOG="yes")
    runner.run(RunRequest(Trigger.SCHEDULE, wall_clock()))
    assert query(settings.db, JOB_RUNS) == [("success",)]
    assert query(settings.db, "select name from cron_jobs") == [("Dashboard Pre-Computation",)]
    assert tables(settings.db) == set()


def test_a_store_is_that_of_one_source(settings: Settings, runner: Runner, tmp_path: Path) -> None:
    runner.run(run_request(FUNNEL))
    other = apart(make_source(tmp_path / "other.db"), store_path(settings))
    with pytest.raises(SettingError, match=r"has the values of .*/source/sites.db, not of .*/other.db"):
        prepare_store(other)
    runner.settings = other
    with pytest.raises(SettingError, match="DASHBOARD_CACHE_URL"):
        runner.run(run_request(FUNNEL))
    assert found_sites(settings) == 2


def test_a_link_to_the_source_is_no_store(settings: Settings, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    os.link(settings.db, link)
    with pytest.raises(SettingError, match="is the source itself"):
        prepare_store(apart(settings.db, link))
    assert tables(settings.db) == set()


def test_without_a_source_no_store_is_made(settings: Settings) -> None:
    settings.db.unlink()
    with pytest.raises(SourceError, match="no such file"):
        prepare_store(settings)
    assert not store_path(settings).parent.exists()


def test_a_store_that_was_deleted_is_made_again_by_the_next_run(settings: Settings, runner: Runner) -> None:
    runner.run(run_request(FUNNEL))
    execute(settings.db, SITES, ("c.example",))
    # Nothing holds the file that is deleted.
    runner.settings = settings_of(settings.db.with_name("none.db"))
    for path in store_path(settings).parent.glob("cache.db*"):
        path.unlink()
    assert missing_in_store(settings)
    assert not [fault for fault in find_faults(settings, wall_clock()) if "cache.db" in fault]
    runner.settings = settings
    runner.run(run_request(FUNNEL))
    assert found_sites(settings) == 3


def test_the_four_functions_use_the_store(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHBOARD_DB", str(settings.db))
    monkeypatch.setenv("DASHBOARD_CACHE_URL", f"sqlite://{store_path(settings)}")
    assert cache.get_from_cache("own/key") is None
    assert cache.clear_all_cache() == 0
    assert cache.get_cache_stats().total == 0
    cache.set_cache("own/key", {"a": 1}, 5)
    assert cache.get_from_cache("own/key") == {"a": 1}
    assert cache.get_cache_stats().total == 1
    assert cache.clear_all_cache() == 1
    assert tables(settings.db) == set()


def test_a_change_log_that_is_there_is_read_and_pruned_after_the_store_has_the_run(
    settings: Settings, runner: Runner
) -> None:
    create_change_log(settings.db)
    runner.run(run_request(FUNNEL))
    execute(settings.db, "update sites set status = 'scored', updated_at = '2020-01-01'")
    runner.run(run_request(FUNNEL))
    assert query(settings.db, "select count(*) from dashboard_changes") == [(1,)]
    assert found_sites(settings) == 0
    assert tables(settings.db) >= {"dashboard_changes"}
    assert "dashboard_cache" not in tables(settings.db)


KILLED = """
import os, sys
from pathlib import Path
from engine.runs import Runner
from engine.runs.records import after_store
from tests.engine.source_database import run_request
from tests.engine.test_store_apart import apart

after_store.follow_in_source = lambda *_: os._exit(9)
Runner(apart(Path(sys.argv[1]), Path(sys.argv[2]))).run(run_request("pipeline_funnel"))
"""


def test_a_process_killed_between_the_commits_loses_nothing(settings: Settings, runner: Runner) -> None:
    create_change_log(settings.db)
    runner.run(run_request(FUNNEL))
    # The process of the script opens the files after this one.
    runner.settings = settings_of(settings.db.with_name("none.db"))
    execute(settings.db, "update sites set status = 'scored', updated_at = '2020-01-01'")
    killed = start_script(KILLED, settings.db, store_path(settings))
    killed.communicate(timeout=240)
    assert killed.returncode == 9
    # The store has the run, and the log is not pruned.
    assert found_sites(settings) == 0
    assert query(settings.db, "select count(*) from dashboard_changes") == [(3,)]
    execute(settings.db, SITES, ("c.example",))
    runner.settings = settings
    summary = runner.run(run_request(FUNNEL))
    assert found_sites(settings) == 1
    assert all(table.repaired == 0 for table in summary.outcome.replica)
    assert query(settings.db, "select count(*) from dashboard_changes") == [(1,)]


@pytest.fixture
def read_only(settings: Settings, tmp_path: Path) -> Iterator[Settings]:
    """Return settings for the same source in a folder that nobody can write to, not even root."""
    folder = tmp_path / "read-only"
    folder.mkdir()
    with mounted("--bind", str(settings.db.parent), at=folder):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
        yield apart(folder / "sites.db", store_path(settings))


def test_a_source_that_cannot_be_written_works_while_a_program_has_it_open(
    read_only: Settings, settings: Settings, runner: Runner
) -> None:
    now = wall_clock()
    with closing(sqlite3.connect(settings.db)) as pipeline:
        pipeline.execute(SITES, ("c.example",))
        pipeline.commit()
        runner.settings = read_only
        runner.run(run_request(FUNNEL))
        assert found_sites(read_only) == 3
        reasons = find_readiness(read_only, UnstoredFailures(), now).reasons
        assert [reason for reason in reasons if "no value yet" not in reason] == []
        lag = read_lag(read_only.db, now, store_path(read_only))
        assert list(lag.by_time.values()) == [SourceLag(0, 0, is_capped=False)]
        runner.settings = settings
    # SQLite has deleted the log with the last program's end, and cannot make it again from here.
    assert list(settings.db.parent.iterdir()) == [settings.db]
    with pytest.raises(SourceError, match="cannot make the index of its log"):
        prepare_store(read_only)
    execute(settings.db, "pragma journal_mode = delete")
    execute(settings.db, SITES, ("d.example",))
    runner.settings = read_only
    runner.run(run_request(FUNNEL))
    assert found_sites(read_only) == 4
    assert [run.status for run in recent_runs(store_path(read_only), 9)] == ["success"] * 2
    runner.settings = settings


def test_a_log_that_the_pipeline_could_not_write_is_not_made(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != settings.db and real(path, mode))
    with pytest.raises(SourceError, match="its own program could not write"):
        prepare_store(settings)
    assert list(settings.db.parent.iterdir()) == [settings.db]
    with closing(sqlite3.connect(settings.db)) as pipeline:
        pipeline.execute("select count(*) from sites").fetchone()
        prepare_store(settings)
    execute(settings.db, "pragma journal_mode = delete")
    prepare_store(settings)


def test_the_command_says_where_the_cache_is_and_makes_no_change_log(
    computing: Command, settings: Settings
) -> None:
    environ = {"DASHBOARD_DB": str(settings.db), "DASHBOARD_CACHE_URL": f"sqlite://{store_path(settings)}"}
    refused = one_line_of_failure(computing("migrate", "--change-log", **environ))
    assert "the source is only read" in refused
    before = content(settings.db)
    checked = computing("check", **environ)
    assert checked.returncode == 0, checked.stderr
    assert f"{store_path(settings)}; the source is only read, and nothing is written to it" in checked.stdout
    assert "daily audit  it alone finds an older copy" in checked.stdout
    assert "run `dashboard migrate`" in checked.stdout
    assert not store_path(settings).exists()
    migrated = computing("migrate", **environ)
    assert migrated.stdout == f"The dashboard's tables are in {store_path(settings)}.\n"
    assert "present" in computing("check", **environ).stdout
    assert content(settings.db) == before
