"""The dashboard is ready when it has values, they are not late, and new ones can be stored."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine.model.catalogue.datasets import catalogue
from engine.model.settings import Settings
from engine.runs.health.readiness import ReadinessCheck, find_readiness
from engine.store.freshness.unstored import UnstoredFailure, UnstoredFailures
from engine.store.sqlite.migration import migrate
from engine.store.writes import clear_entries, set_entry
from tests.engine.runs.test_run_health import given_run
from tests.engine.small_disk import fill, make_read_only, small_disk
from tests.engine.source_database import NOW, execute, make_source, settings_of

TOTAL = len(catalogue())
MINUTE = timedelta(minutes=1)


@pytest.fixture
def db(source: Path) -> Path:
    return given_values(source)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk") as folder:
        yield folder


def given_values(db: Path) -> Path:
    """Give a database a value of every dataset, as a run a minute ago has stored them."""
    migrate(db)
    for dataset in catalogue().values():
        set_entry(db, dataset.key, {}, 15, NOW - MINUTE)
    given_run(db, MINUTE)
    return db


def reasons(settings: Settings, now: datetime = NOW, failures: UnstoredFailures | None = None) -> list[str]:
    """Return why it is not ready; no reason may name a path."""
    found = find_readiness(settings, failures or UnstoredFailures(), now)
    assert found.is_ready is not bool(found.reasons)
    assert not any("/" in reason or "sites.db" in reason for reason in found.reasons)
    return list(found.reasons)


def test_it_is_ready_with_values_that_are_not_late(db: Path) -> None:
    assert reasons(settings_of(db)) == []


def test_it_is_not_ready_before_the_first_run(source: Path) -> None:
    migrate(source)
    assert reasons(settings_of(source)) == [f"none of the {TOTAL} datasets has a value yet"]
    keys = [dataset.key for dataset in catalogue().values()]
    for key in keys[2:]:
        set_entry(source, key, {}, 15, NOW)
    assert reasons(settings_of(source)) == [f"2 of the {TOTAL} datasets have no value yet"]


def test_a_dataset_that_cannot_have_a_value_does_not_count(db: Path) -> None:
    key = next(iter(catalogue().values())).key
    execute(db, "delete from dashboard_cache where cache_key = ?", (key,))
    execute(db, "insert into dashboard_problems values (?, 'unavailable', 'no table', '2026-11-23')", (key,))
    assert reasons(settings_of(db)) == []


def test_a_source_without_any_table_of_the_pipeline_is_as_ready_as_it_can_be(db: Path) -> None:
    clear_entries(db)
    rows = [(dataset.key,) for dataset in catalogue().values()]
    execute(db, "insert into dashboard_problems values (?, 'unavailable', 'no table', '2026-11-23')", *rows)
    assert reasons(settings_of(db)) == []


def test_it_is_not_ready_when_the_scheduled_run_has_not_come(db: Path) -> None:
    (late,) = reasons(settings_of(db), NOW + 20 * MINUTE)
    assert late.startswith("The scheduled run due at 20:09 UTC has not come")


def test_it_is_not_ready_when_runs_come_and_none_stores_a_value(db: Path) -> None:
    now = NOW + 20 * MINUTE
    given_run(db, -19 * MINUTE, status="failed", error="no")
    assert reasons(settings_of(db), now) == [
        "the newest values were computed 21 min ago: runs come, and fail"
    ]
    # Values live longer than the schedule's interval: they are good for all that time.
    assert reasons(settings_of(db), NOW + 13 * MINUTE) == []


def test_it_is_not_ready_when_the_database_cannot_be_read(db: Path) -> None:
    db.rename(db.with_name("away.db"))
    first, *_ = reasons(settings_of(db))
    assert first == "the database cannot be read"
    db.write_bytes(b"not a database" * 100)
    assert reasons(settings_of(db)) == ["the database cannot be read"]


def test_a_locked_database_is_no_reason(db: Path) -> None:
    with closing(sqlite3.connect(db, isolation_level=None)) as writer:
        writer.execute("begin immediate")
        assert reasons(settings_of(db)) == []
        writer.rollback()


def test_a_run_that_could_not_be_stored_counts_until_one_is(db: Path) -> None:
    settings, failures = settings_of(db), UnstoredFailures()
    settings.state_dir.mkdir()
    failures.keep(settings, UnstoredFailure(NOW, f"{db}: it is damaged"))
    assert reasons(settings, failures=failures) == ["the latest run could not be stored"]
    given_run(db, -MINUTE)
    assert reasons(settings, failures=failures) == []


def test_a_full_disk_is_noticed_before_a_run_meets_it(db: Path, disk: Path) -> None:
    own = given_values(make_source(disk / "sites.db"))
    elsewhere = settings_of(db, DASHBOARD_STATE_DIR=str(disk / "state"))
    beside = settings_of(own, DASHBOARD_STATE_DIR=str(db.parent))
    assert (reasons(elsewhere), reasons(beside)) == ([], [])
    fill(disk)
    assert reasons(elsewhere) == ["the state folder cannot be written to, or its disk is full"]
    assert reasons(beside) == ["the disk of the database is full"]


def test_a_read_only_disk_is_noticed(disk: Path, tmp_path: Path) -> None:
    # Without a log beside it SQLite can read a file that nobody may write.
    db = given_values(make_source(disk / "sites.db", "delete"))
    settings = settings_of(db, DASHBOARD_STATE_DIR=str(tmp_path))
    make_read_only(disk)
    assert reasons(settings) == ["the database, or its folder, cannot be written to"]


def test_looking_leaves_no_file_behind(db: Path) -> None:
    settings = settings_of(db)
    settings.state_dir.mkdir()
    assert reasons(settings) == []
    assert list(settings.state_dir.iterdir()) == []
    # SQLite's own files come with any reading.
    names = {path.name for path in db.parent.iterdir()} - {"sites.db-wal", "sites.db-shm"}
    assert names == {"sites.db", settings.state_dir.name}


def test_what_was_found_counts_for_a_moment_and_each_change_is_logged(
    db: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ticks = 1000.0
    monkeypatch.setattr("engine.runs.health.readiness.time.monotonic", lambda: ticks)
    check = ReadinessCheck(settings_of(db), UnstoredFailures())
    assert check.readiness(NOW).is_ready
    assert check.readiness(NOW + 20 * MINUTE).is_ready
    for _ in range(2):
        ticks += 10
        assert not check.readiness(NOW + 20 * MINUTE).is_ready
    ticks += 10
    assert check.readiness(NOW).is_ready
    lines = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(lines) == 2
    assert lines[0].startswith("not ready: The scheduled run due at")
    assert lines[1] == "ready again"
