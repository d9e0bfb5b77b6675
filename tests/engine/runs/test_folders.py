"""Folders: their names may have any characters, and an error names the folder whose disk is full."""

from __future__ import annotations

import shutil
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.model.errors import DashboardError
from engine.model.source_file.disk_space import find_full_disk
from engine.runs import Runner
from engine.store import recent_runs
from engine.store.sqlite.migration import migrate
from tests.engine.small_disk import fill, small_disk
from tests.engine.source_database import execute, make_source, run_request, settings_of

EXCLUDED = "excluded_sites_count"
NAMES = (
    "a?b",
    "a#b",
    "a%41b",
    "a b",
    "it's",
    'a"b',
    "äö€",
    "a?mode=memory&x=1",
    "*[a]{b}",
    "file:a",
    "a\\b;",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_and_a_file_may_have_any_name(
    runner: Runner, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    folder = tmp_path / name
    folder.mkdir()
    db = make_source(folder / f"{name}.db")
    runner.settings = settings_of(db)
    for excluded in (1, 2):
        execute(db, "insert into sites (domain, status) values (?, 'excluded')", (f"{excluded}.com",))
        assert runner.run(run_request(EXCLUDED)).entries == 1
    assert [run.status for run in recent_runs(db, 5)] == ["success", "success"]
    replica = runner.settings.replica_path
    assert [path for path in tmp_path.rglob("*.duckdb") if path.is_file()] == [replica]
    # DuckDB can open no file with a question mark in its path.
    assert replica.is_relative_to(tmp_path / "home" if "?" in name else folder)
    assert {path.name for path in tmp_path.iterdir()} - {"home"} == {name, "sites.db"}


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "tiny") as folder:
        yield folder


def test_a_full_state_folder_is_named_and_the_replica_stays(
    runner: Runner, source: Path, tiny_disk: Path
) -> None:
    runner.settings = settings_of(source, DASHBOARD_STATE_DIR=str(tiny_disk))
    runner.run(run_request(EXCLUDED))
    rows = [(f"{number}.com", "x" * 400) for number in range(10_000)]
    execute(source, "insert into sites (domain, error_message) values (?, ?)", *rows)
    fill(tiny_disk)
    with pytest.raises(DashboardError) as failure:
        runner.run(run_request(EXCLUDED))
    line = (
        f"{tiny_disk}: the disk of this folder is full (0.0 MB free); the replica and working files are in it"
    )
    assert str(failure.value) == (f"{line}; free some space, or name another folder with DASHBOARD_STATE_DIR")
    assert recent_runs(source, 1)[0].error == str(failure.value)
    assert runner.settings.replica_path.exists()
    (tiny_disk / "filler").unlink()
    runner.settings = settings_of(source)
    assert runner.run(run_request(EXCLUDED)).entries == 1


def test_a_full_folder_of_the_source_is_named(runner: Runner, tmp_path: Path, tiny_disk: Path) -> None:
    db = make_source(tiny_disk / "sites.db")
    migrate(db)
    fill(tiny_disk)
    runner.settings = settings_of(db, DASHBOARD_STATE_DIR=str(tmp_path / "state"))
    with pytest.raises(DashboardError) as failure:
        runner.run(run_request(EXCLUDED))
    assert str(failure.value) == (
        f"{tiny_disk}: the disk of this folder is full (0.0 MB free); the source is in it; free some space"
    )
    latest = runner.unstored_failures.latest(runner.settings, None)
    assert latest is not None
    assert latest.error == str(failure.value)


Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return the list of folders that are full; a test adds to it."""
    folders: list[Path] = []

    def usage(folder: Path) -> Usage:
        is_full = any(each == folder or each in folder.parents for each in folders)
        return Usage(10**9, 0, 0 if is_full else 10**9)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    return folders


DB, STATE = Path("/data/sites.db"), Path("/state/dashboard")


@pytest.mark.parametrize(
    ("message", "full_folders", "named"),
    [
        ("database or disk is full", [], "/data"),
        ("database or disk is full", ["/tmp"], "/tmp"),
        (
            'Could not write file "/state/dashboard/a": No space left on device',
            [],
            "/state/dashboard",
        ),
        ('Could not write file "/tmp/spill/a": No space left on device', ["/state"], "/tmp"),
        ("Detached database 'replica', but CHECKPOINT during DETACH failed.", ["/state"], "/state/dashboard"),
        ("Detached database 'replica', but CHECKPOINT during DETACH failed.", [], None),
        ("disk I/O error", ["/data"], "/data"),
        ("disk I/O error", [], None),
        ("no such table: sites", ["/data", "/state", "/tmp"], None),
    ],
)
def test_the_folder_that_is_full_is_found_by_the_message_and_by_the_room_there_is(
    monkeypatch: pytest.MonkeyPatch,
    full: list[Path],
    message: str,
    full_folders: list[str],
    named: str | None,
) -> None:
    monkeypatch.setenv("SQLITE_TMPDIR", "/tmp")
    full += map(Path, full_folders)
    found = find_full_disk(message, DB, STATE if "Could" in message or "CHECKPOINT" in message else None)
    assert (None if found is None else str(found.folder)) == named
