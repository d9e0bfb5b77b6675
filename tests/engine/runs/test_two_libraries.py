"""The rule that protects the pipeline's data: one process opens its database with one SQLite library."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.programs import environment, read_line
from tests.engine.source_database import query

SCANNER, SQLITE3, DUCKDB = "sqlite_scanner.duckdb_extension", ("_sqlite3", "libsqlite3"), "duckdb"
PROC = Path("/proc")

pytestmark = pytest.mark.skipif(not PROC.is_dir(), reason="it reads /proc; run the tests on Linux")


def descendants(pid: int) -> list[int]:
    children = []
    for task in (PROC / str(pid) / "task").iterdir():
        children += [int(child) for child in (task / "children").read_text().split()]
    return [found for child in children for found in (child, *descendants(child))]


def mapped(pid: int) -> str:
    """Return the names of the files that a process has mapped into its memory."""
    return (PROC / str(pid) / "maps").read_text()


def sees_a_run(db: Path) -> bool:
    return query(db, "select count(*) from sqlite_master where name = 'dashboard_runs'") == [(1,)] and (
        query(db, "select count(*) from dashboard_runs")[0][0] > 0
    )


@pytest.fixture
def schedule(source: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """``dashboard schedule`` after its first run."""
    process = subprocess.Popen(
        [sys.executable, "-m", "engine", "schedule", "--db", str(source)],
        cwd=tmp_path, env=environment({}), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert read_line(process).startswith("Computing ")
        while not sees_a_run(source):
            assert process.poll() is None
            time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.communicate()


def test_the_engine_process_has_duckdbs_sqlite_and_no_other_and_its_parent_has_no_duckdb(
    schedule: subprocess.Popen[str],
) -> None:
    maps = {pid: mapped(pid) for pid in descendants(schedule.pid)}
    engines = [pid for pid, files in maps.items() if SCANNER in files]
    assert len(engines) == 1
    for files in maps.values():
        assert not any(library in files for library in SQLITE3)
    parent = mapped(schedule.pid)
    assert any(library in parent for library in SQLITE3)
    assert DUCKDB not in parent


def wait_until_gone(pids: list[int]) -> None:
    while any((PROC / str(pid) / "exe").exists() for pid in pids):
        time.sleep(0.05)


def test_the_schedule_ends_with_its_engine_process_at_a_signal(
    schedule: subprocess.Popen[str],
) -> None:
    children = descendants(schedule.pid)
    assert children
    schedule.send_signal(signal.SIGTERM)
    assert schedule.wait(30) == 0
    wait_until_gone(children)


def test_the_engine_process_ends_when_its_parent_is_killed(schedule: subprocess.Popen[str]) -> None:
    children = descendants(schedule.pid)
    schedule.kill()
    schedule.wait(30)
    wait_until_gone(children)


ARMED = """
import multiprocessing, sqlite3
from engine.replica.process import serve_orders
ours, theirs = multiprocessing.Pipe()
ours.close()
serve_orders(theirs)
try:
    sqlite3.connect(":memory:")
except RuntimeError as error:
    print(error)
"""


def test_a_process_that_has_served_orders_is_refused_sqlite3() -> None:
    found = subprocess.run(
        [sys.executable, "-c", ARMED], env=environment({}), capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "the engine process must not open a database with sqlite3"
