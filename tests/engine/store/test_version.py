"""The version of the cache changes when there is something new to show; reading it never waits."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engine.model.errors import SourceError
from engine.model.settings import StorePlace
from engine.runs import Runner
from engine.store import CacheVersion, version_reader
from engine.store.backend import VersionReader
from engine.store.sqlite.migration import migrate
from engine.store.writes import clear_entries, set_entry
from tests.engine.source_database import NOW, execute, make_source, run_request
from tests.engine.store.given_counts import given_run
from tests.engine.store.places import in_files


@pytest.fixture
def db(store: StorePlace) -> StorePlace:
    set_entry(store, "a", 1, 15, NOW)
    return store


@pytest.fixture
def reader(db: StorePlace) -> Iterator[VersionReader]:
    reader = version_reader(db)
    yield reader
    reader.close()


def is_new(before: CacheVersion, after: CacheVersion) -> tuple[bool, bool]:
    """Return whether the contents differ, and whether the text does."""
    return before.contents != after.contents, before.text != after.text


CHANGES: dict[str, Callable[[StorePlace], object]] = {
    "an entry set": lambda db: set_entry(db, "a", 2, 15, NOW),
    "the same entry set again": lambda db: set_entry(db, "a", 1, 15, NOW),
    "the cache cleared": clear_entries,
    "rows deleted by hand": lambda db: execute(db, "delete from dashboard_cache"),
    "rows updated by hand": lambda db: execute(
        db, "update dashboard_cache set expires_at = '2026-01-01 00:00:00'"
    ),
    "the cache table dropped": lambda db: execute(db, "drop table dashboard_cache"),
    "the table of states dropped": lambda db: execute(db, "drop table dashboard_state"),
    "the table of runs dropped": lambda db: execute(db, "drop table dashboard_runs"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_of_the_cache_is_another_version(
    db: StorePlace, reader: VersionReader, change: str
) -> None:
    before = reader.read()
    CHANGES[change](db)
    assert is_new(before, reader.read()) == (True, True)


def test_each_run_is_another_version(runner: Runner, source: Path) -> None:
    reader = version_reader(source)
    migrate(source)
    versions = [reader.read()]
    for _ in range(2):
        runner.run(run_request("excluded_sites_count"))
        versions.append(reader.read())
    reader.close()
    assert [version.generation for version in versions] == [0, 1, 2]
    assert [version.latest_run for version in versions] == [0, 1, 2]
    assert len({version.nonce for version in versions}) == 3


def test_a_run_that_failed_is_something_new_to_show_and_leaves_the_entries(
    db: StorePlace, reader: VersionReader
) -> None:
    before = reader.read()
    given_run(db, "schedule", "failed", 1, hours_ago=0)
    assert is_new(before, reader.read()) == (False, True)
    assert reader.read().latest_run == before.latest_run + 1


def test_what_the_pipeline_writes_leaves_the_version_the_same_object(
    db: StorePlace, source: Path, reader: VersionReader
) -> None:
    before = reader.read()
    execute(source, "insert into sites (domain) values (?)", *[(f"{n}.com",) for n in range(100)])
    execute(source, "update sites set status = 'scored'")
    assert reader.read() is before


def test_a_database_that_was_never_migrated_has_a_version_too(source: Path) -> None:
    reader = version_reader(source)
    version = reader.read()
    assert (version.generation, version.nonce, version.latest_run) == (0, "", 0)
    migrate(source)
    assert is_new(version, reader.read()) == (True, True)
    reader.close()


def copied_over(backup: Path, db: Path) -> None:
    shutil.copyfile(backup, db)


def moved_in(backup: Path, db: Path) -> None:
    shutil.copyfile(backup, backup.with_suffix(".copy"))
    backup.with_suffix(".copy").replace(db)


def restored_by_sqlite(backup: Path, db: Path) -> None:
    with closing(sqlite3.connect(backup)) as source, closing(sqlite3.connect(db)) as target:
        source.backup(target)


@pytest.mark.parametrize("put_back", [copied_over, moved_in, restored_by_sqlite])
@pytest.mark.parametrize("journal_mode", ["wal", "delete"])
def test_a_backup_put_back_is_another_version_even_at_the_same_generation(
    tmp_path: Path, journal_mode: str, put_back: Callable[[Path, Path], None]
) -> None:
    db, backup = make_source(tmp_path / "sites.db", journal_mode), tmp_path / "backup.db"
    migrate(db)
    set_entry(db, "a", 1, 15, NOW)
    empty_log(db)
    shutil.copyfile(db, backup)
    reader = version_reader(db)
    old = reader.read()

    set_entry(db, "a", 2, 15, NOW)
    empty_log(db)
    newer = reader.read()
    put_back(backup, db)
    assert reader.read().generation == old.generation < newer.generation
    assert is_new(newer, reader.read()) == (True, True)

    set_entry(db, "a", 3, 15, NOW)
    assert reader.read().generation == newer.generation
    assert reader.read().nonce != newer.nonce
    assert is_new(newer, reader.read()) == (True, True)
    reader.close()


def empty_log(db: Path) -> tuple[int, int, int]:
    """Copy the whole log into the file; return whether something blocked it, and the frames left."""
    with closing(sqlite3.connect(db, timeout=0)) as connection:
        row: tuple[int, int, int] = connection.execute("pragma wal_checkpoint(truncate)").fetchone()
    return row


@in_files
def test_the_log_can_be_emptied_between_reads_of_the_version(db: Path, reader: VersionReader) -> None:
    for n in range(3):
        reader.read()
        set_entry(db, "a", n, 15, NOW)
        reader.read()
        assert empty_log(db) == (0, 0, 0)
    assert db.with_name("sites.db-wal").stat().st_size == 0


def test_while_another_writer_locks_the_file_the_version_is_the_one_before(tmp_path: Path) -> None:
    db = make_source(tmp_path / "sites.db", "delete")
    migrate(db)
    reader = version_reader(db)
    before = reader.read()
    with closing(sqlite3.connect(db, isolation_level=None)) as writer:
        writer.execute("begin exclusive")
        writer.execute("update dashboard_state set value = 7 where name = 'generation'")
        assert reader.read() is before
        writer.execute("commit")
    assert reader.read().generation == 7
    reader.close()


def test_before_the_first_version_a_locked_database_is_an_error(tmp_path: Path) -> None:
    db = make_source(tmp_path / "sites.db", "delete")
    migrate(db)
    reader = version_reader(db)
    with closing(sqlite3.connect(db, isolation_level=None)) as writer:
        writer.execute("begin exclusive")
        with pytest.raises(SourceError, match="another program keeps it locked"):
            reader.read()
    assert reader.read().generation == 0
    reader.close()


@in_files
def test_a_file_that_is_gone_is_an_error_until_it_is_back(db: Path, reader: VersionReader) -> None:
    before = reader.read()
    db.rename(db.with_name("away.db"))
    for _ in range(2):
        with pytest.raises(SourceError, match="no such file"):
            reader.read()
    db.with_name("away.db").rename(db)
    assert reader.read() == before


@in_files
@pytest.mark.parametrize(
    ("content", "message"), [(b"", "it is empty"), (b"x" * 5000, "not an SQLite database")]
)
def test_a_file_that_is_no_database_is_reported_in_one_line(
    tmp_path: Path, db: Path, reader: VersionReader, content: bytes, message: str
) -> None:
    before = reader.read()
    empty_log(db)
    other = tmp_path / "other"
    other.write_bytes(content)
    kept = db.rename(tmp_path / "kept.db")
    other.replace(db)
    with pytest.raises(SourceError, match=message):
        reader.read()
    kept.replace(db)
    assert reader.read() == before


def test_a_reader_that_was_closed_opens_the_database_again(db: StorePlace, reader: VersionReader) -> None:
    before = reader.read()
    reader.close()
    assert reader.read() == before
