"""The dashboard's files are their user's alone, and are never read or written through a link or a pipe."""

from __future__ import annotations

import logging
import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.demo import generate
from engine.model.errors import SettingError
from engine.model.private_files import loose_files, read_private, tighten, write_private
from engine.runs import Runner, Trigger
from engine.runs.health.faults import find_faults
from engine.runs.health.progress import read_progress
from engine.store.freshness.unstored import UnstoredFailure, UnstoredFailures
from engine.store.sqlite.database import write_transaction
from engine.store.sqlite.replaced_file import read_record, record_path
from tests.engine.source_database import NOW, run_request, settings_of

EXCLUDED = "excluded_sites_count"


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    """Let every file be as open as the code that makes it allows."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def modes_in(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): mode(path) for path in folder.rglob("*")}


def test_all_that_a_run_leaves_is_its_users_alone_and_the_source_keeps_its_mode(source: Path) -> None:
    source.chmod(0o664)
    settings = settings_of(source)
    settings.state_dir.mkdir(mode=0o755)
    UnstoredFailures().keep(settings, UnstoredFailure(NOW, "made up"))
    assert mode(settings.state_dir / "sites.db.failure.json") == 0o600
    with closing(sqlite3.connect(source)) as pipeline:
        pipeline.execute("pragma journal_mode = wal")
        pipeline.execute("insert into sites (domain, status) values ('a.com', 'found')")
        pipeline.commit()
        runner = Runner(settings)
        try:
            runner.run(run_request(trigger=Trigger.FULL))
        finally:
            runner.close()
        beside = {path.name: mode(path) for path in source.parent.glob("sites.db*")}
    assert mode(settings.state_dir) == 0o700
    assert set(modes_in(settings.state_dir).values()) == {0o600}
    assert beside == {"sites.db": 0o664, "sites.db-wal": 0o664, "sites.db-shm": 0o664}


def test_the_log_that_the_dashboard_makes_has_the_mode_of_the_source(source: Path) -> None:
    source.chmod(0o660)
    os.umask(0o077)
    with closing(sqlite3.connect(source)) as pipeline:
        pipeline.execute("pragma journal_mode = wal")
    with write_transaction(source) as connection:
        connection.execute("create table own (a)")
        made = {path.name: mode(path) for path in source.parent.glob("sites.db-*")}
    assert made == {"sites.db-wal": 0o660, "sites.db-shm": 0o660}


def test_files_of_an_earlier_version_are_tightened_at_the_start(source: Path) -> None:
    settings = settings_of(source)
    runner = Runner(settings)
    runner.run(run_request(EXCLUDED))
    runner.close()
    settings.state_dir.chmod(0o755)
    for path in settings.state_dir.iterdir():
        path.chmod(0o644)
    loose = [path.name for path, _ in loose_files(settings.state_dir)]
    assert loose == [".dashboard", "sites.db.replica.duckdb", "sites.db.run.lock"]
    warnings = [fault for fault in find_faults(settings, NOW) if "other users" in fault]
    assert len(warnings) == len(loose)
    assert warnings[1].endswith(f"(mode 0644); run `chmod go= {settings.replica_path}`")
    Runner(settings).close()
    assert list(loose_files(settings.state_dir)) == []


def test_a_folder_that_other_programs_use_keeps_its_mode_and_so_do_their_files(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir(mode=0o755)
    for name in ("sites.db", "sites.db-wal", "sites.db.bak", "sites.db.replica.duckdb"):
        (folder / name).touch(0o644)
    tighten(folder)
    assert mode(folder) == 0o755
    assert modes_in(folder) == {
        "sites.db": 0o644, "sites.db-wal": 0o644, "sites.db.bak": 0o644, "sites.db.replica.duckdb": 0o600,
    }  # fmt: skip


def test_a_state_folder_that_is_a_link_is_refused(source: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    settings_of(source).state_dir.symlink_to(elsewhere)
    with pytest.raises(SettingError, match="it is a link, or no folder; remove it, or name a folder with"):
        Runner(settings_of(source))
    assert list(elsewhere.iterdir()) == []


def test_a_demo_is_its_users_alone(tmp_path: Path) -> None:
    db = tmp_path / "demo.db"
    seen: set[int] = set()
    generate(
        db, scale=0.01, now=datetime(2026, 11, 23, tzinfo=UTC), days=40,
        progress=lambda *_: seen.update(modes_in(tmp_path).values()),
    )  # fmt: skip
    assert seen == {0o600}
    assert modes_in(tmp_path) == {"demo.db": 0o600}


def make_link(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def make_dangling_link(path: Path) -> None:
    path.symlink_to(path.with_name("made elsewhere"))


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def make_folder(path: Path) -> None:
    path.mkdir()


ODD_FILES = [make_link, make_dangling_link, make_pipe, make_device, make_folder]


@pytest.mark.parametrize("make", ODD_FILES)
def test_only_regular_files_are_read_and_none_is_waited_for(
    make: Callable[[Path], None], source: Path
) -> None:
    settings = settings_of(source)
    settings.state_dir.mkdir()
    for name in ("progress", "failure", "replaced"):
        make(settings.state_dir / f"sites.db.{name}.json")
    assert read_progress(settings, NOW) is None
    assert UnstoredFailures().latest(settings, None) is None
    assert read_record(record_path(settings.state_dir, source)) is None


@pytest.mark.parametrize("make", ODD_FILES[:4])
def test_what_is_written_replaces_a_link_and_never_follows_it(
    make: Callable[[Path], None], tmp_path: Path
) -> None:
    before = Path("/etc/passwd").read_bytes()
    path = tmp_path / "file.json"
    make(path)
    make(tmp_path / f"file.json.{os.getpid()}.new")
    write_private(path, b"content")
    assert (read_private(path), mode(path)) == (b"content", 0o600)
    assert Path("/etc/passwd").read_bytes() == before
    assert not (tmp_path / "made elsewhere").exists()


def test_what_a_killed_process_had_spilled_goes_with_the_next_run(source: Path) -> None:
    settings = settings_of(source)
    spill = settings.replica_path.with_name(settings.replica_path.name + ".spill")
    spill.mkdir(parents=True)
    (spill / "duckdb_temp_storage_DEFAULT-0.tmp").write_bytes(b"x" * 1000)
    runner = Runner(settings)
    try:
        assert runner.run(run_request(EXCLUDED)).entries == 1
    finally:
        runner.close()
    assert list(settings.state_dir.rglob("duckdb_temp_*")) == []


@pytest.mark.parametrize("name", ["", ".wal", ".spill"])
@pytest.mark.parametrize("make", [make_dangling_link, make_pipe])
def test_a_replica_that_is_no_regular_file_is_built_again_in_its_place(
    make: Callable[[Path], None], name: str, source: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    settings = settings_of(source)
    settings.state_dir.mkdir(mode=0o700)
    make(settings.replica_path.with_name(settings.replica_path.name + name))
    runner = Runner(settings)
    try:
        assert runner.run(run_request(EXCLUDED)).entries == 1
    finally:
        runner.close()
    assert stat.S_ISREG(settings.replica_path.lstat().st_mode)
    assert mode(settings.replica_path) == 0o600
    assert not (settings.state_dir / "made elsewhere").exists()
