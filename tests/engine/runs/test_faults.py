"""Faults that show from outside, one line each; ``dashboard check`` prints them before anything can hang."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from subprocess import Popen

import pytest

from engine.model.clock import to_sqlite, wall_clock
from engine.model.source_file.open_files import PROC
from engine.runs import Runner, Trigger
from engine.runs.health.faults import LARGE_LOG_BYTES, find_faults
from engine.store.freshness.unstored import UnstoredFailure, UnstoredFailures
from engine.store.sqlite.migration import migrate
from tests.engine.programs import dashboard, read_line, start_script
from tests.engine.source_database import execute, run_request, settings_of

needs_proc = pytest.mark.skipif(not PROC.is_dir(), reason="it reads /proc; run the tests on Linux")

HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("select count(*) from sites").fetchone()
print("holds", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def holder(source: Path) -> Iterator[Popen[str]]:
    """Another process that has the source open."""
    process = start_script(HOLD, source)
    try:
        assert read_line(process) == "holds"
        yield process
    finally:
        process.kill()
        process.communicate()


def faults(db: Path, **environ: str) -> tuple[str, ...]:
    return find_faults(settings_of(db, **environ), wall_clock())


def computed(runner: Runner) -> None:
    runner.run(run_request(trigger=Trigger.SCHEDULE, now=wall_clock()))


def test_a_source_that_is_well_has_none(source: Path, runner: Runner) -> None:
    assert faults(source) == ()
    computed(runner)
    assert faults(source) == ()


def test_so_has_one_that_a_process_has_open_which_is_at_work(source: Path, holder: Popen[str]) -> None:
    assert faults(source) == ()


@needs_proc
def test_a_stopped_process_that_has_the_source_open_is_named(source: Path, holder: Popen[str]) -> None:
    os.kill(holder.pid, signal.SIGSTOP)
    (fault,) = faults(source)
    assert fault.startswith(f"process {holder.pid} (python")
    assert f"or end it with `kill -KILL {holder.pid}`" in fault


@needs_proc
def test_a_process_that_has_a_replaced_file_open_is_named(source: Path, holder: Popen[str]) -> None:
    copy = source.with_name("copy.db")
    shutil.copy(source, copy)
    copy.replace(source)
    (fault,) = faults(source)
    assert fault.startswith(f"process {holder.pid} (python")
    assert "(sites.db); restart it" in fault


def test_entries_and_runs_of_a_clock_set_back_since_are_reported(source: Path, runner: Runner) -> None:
    computed(runner)
    later = to_sqlite(wall_clock() + timedelta(hours=3))
    execute(source, "update dashboard_cache set created_at = ?, expires_at = ?", (later, later))
    execute(source, "update dashboard_runs set started_at = ?, finished_at = ?", (later, later))
    lines = "\n".join(faults(source))
    assert f"entries are stamped later than the clock, up to {later} UTC" in lines
    assert "a run is stamped 3 h later than the clock" in lines or "2 h 59 min later" in lines


def test_entries_of_another_time_zone_are_reported(source: Path, runner: Runner) -> None:
    computed(runner)
    (fault,) = faults(source, DASHBOARD_TIMEZONE="Australia/Adelaide")
    assert "entries are not fresh here: " in fault
    assert "UTC" in fault


def test_a_log_that_cannot_be_reset_is_reported_with_its_size(source: Path) -> None:
    log = source.with_name("sites.db-wal")
    with log.open("wb") as file:
        file.truncate(LARGE_LOG_BYTES + 1)
    (fault,) = (fault for fault in faults(source) if str(log) in fault)
    assert "it has 67 MB" in fault


def test_a_lost_generation_is_reported(source: Path) -> None:
    migrate(source)
    execute(source, "delete from dashboard_state where name = 'generation'")
    (fault,) = faults(source)
    assert "the generation of the cache" in fault
    assert "run `dashboard migrate`" in fault


def test_a_disk_without_room_is_reported_by_its_folder(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(source.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=3_000_000))
    lines = faults(source)
    assert f"{source.parent}: 3.0 MB are free on its disk; free some space" in lines


def test_a_failure_that_could_not_be_stored_is_reported(source: Path) -> None:
    settings = settings_of(source)
    settings.state_dir.mkdir(mode=0o700)
    UnstoredFailures().keep(settings, UnstoredFailure(wall_clock(), "the disk is full"))
    (fault,) = faults(source)
    assert fault.endswith("failed: the disk is full")


def test_check_names_what_it_finds(source: Path, tmp_path: Path) -> None:
    migrate(source)
    execute(source, "delete from dashboard_state where name = 'generation'")
    shown = dashboard("check", "--db", source, cwd=tmp_path).stdout
    assert f"warning      {source}: it lacks a trigger or the generation of the cache" in shown
