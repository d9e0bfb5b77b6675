"""The migration creates the dashboard's tables in the source once, by the command or by hand."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from engine.model.clock import wall_clock
from engine.model.errors import SourceError
from engine.store.sqlite.database import write_transaction
from engine.store.sqlite.migration import (
    DASHBOARD_TABLES,
    MIGRATIONS,
    MIGRATIONS_DIR,
    migrate,
    missing_tables,
)
from engine.store.writes import set_entry
from tests.engine.source_database import execute, execute_script, make_source, query

FILES = [MIGRATIONS_DIR / name for name in MIGRATIONS]
JOB = ("Dashboard Pre-Computation", "precomputeDashboard", 10, "minutes", 1)
JOB_SQL = (
    "select name, task_key, interval_value, interval_unit, enabled from cron_jobs"
    " where task_key = 'precomputeDashboard'"
)


def by_the_shell(db: Path) -> None:
    shell = shutil.which("sqlite3")
    if shell is None:
        pytest.skip("there is no sqlite3 shell; install the package sqlite3")
    for file in FILES:
        with file.open() as script:
            subprocess.run([shell, "-bail", str(db)], stdin=script, check=True, stdout=subprocess.DEVNULL)


def by_a_script(db: Path) -> None:
    for file in FILES:
        execute_script(db, file.read_text(encoding="utf-8"))


WAYS = [migrate, by_a_script, by_the_shell]


def test_the_files_are_all_applied_in_the_order_of_their_numbers() -> None:
    assert list(MIGRATIONS) == sorted(path.name for path in MIGRATIONS_DIR.glob("*.sql"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_file_makes_the_tables_it_is_said_to(source: Path, file: Path) -> None:
    for earlier in FILES[: FILES.index(file)]:
        execute_script(source, earlier.read_text(encoding="utf-8"))
    before = missing_tables(source)
    execute_script(source, file.read_text(encoding="utf-8"))
    assert set(before) - set(missing_tables(source)) == set(MIGRATIONS[file.name])


def test_a_database_of_an_earlier_version_keeps_what_it_has_and_gets_what_is_new(source: Path) -> None:
    execute_script(source, FILES[0].read_text(encoding="utf-8"))
    execute(source, "insert into dashboard_state values ('mine', 'kept')")
    later = [table for file in FILES[1:] for table in MIGRATIONS[file.name]]
    assert missing_tables(source) == tuple(later)
    migrate(source)
    assert missing_tables(source) == ()
    assert query(source, "select value from dashboard_state where name = 'mine'") == [("kept",)]


def schema(db: Path) -> list[tuple[str, ...]]:
    return query(db, "select type, name, sql from sqlite_master order by 1, 2")


@pytest.mark.parametrize("way", WAYS)
def test_it_creates_the_tables_and_registers_the_job(source: Path, way: Callable[[Path], None]) -> None:
    assert set(missing_tables(source)) == set(DASHBOARD_TABLES)
    way(source)
    assert missing_tables(source) == ()
    assert query(source, JOB_SQL) == [JOB]


@pytest.mark.parametrize("way", WAYS)
def test_run_again_it_changes_nothing(source: Path, way: Callable[[Path], None]) -> None:
    migrate(source)
    set_entry(source, "mine", [1], 5, wall_clock())
    execute(source, "update cron_jobs set enabled = 0, interval_value = 30")
    before = schema(source)
    way(source)
    assert schema(source) == before
    assert query(source, "select cache_key from dashboard_cache") == [("mine",)]
    assert query(source, "select enabled, interval_value from cron_jobs") == [(0, 30)]


@pytest.mark.parametrize("way", WAYS)
def test_a_source_without_cron_jobs_gets_the_tables_and_no_cron_jobs(
    source: Path, way: Callable[[Path], None]
) -> None:
    execute(source, "drop table cron_jobs")
    way(source)
    assert missing_tables(source) == ()
    assert "cron_jobs" not in {name for _, name, _ in schema(source)}
    way(source)


def test_it_touches_no_table_of_the_pipeline_but_the_one_row(source: Path) -> None:
    execute(source, "insert into sites (domain) values ('a.com')")
    tables = [name for _, name, _ in schema(source) if not name.startswith(("sqlite_", "idx_"))]
    before = {table: query(source, f"select * from {table}") for table in tables}
    old_schema = schema(source)
    migrate(source)
    after = {table: query(source, f"select * from {table}") for table in tables}
    assert len(after.pop("cron_jobs")) == len(before.pop("cron_jobs")) + 1
    assert after == before
    assert [row for row in schema(source) if "dashboard" not in row[1]] == old_schema


@pytest.mark.parametrize(
    "foreign",
    [
        "create table cron_jobs (job text, schedule text)",
        "create view cron_jobs as select 1 as task_key",
        "create table cron_jobs (name, task_key, description, handler_type, handler_value, interval_value,"
        " interval_unit, enabled, critical, owner not null)",
    ],
)
def test_a_cron_jobs_that_cannot_take_the_job_costs_the_job_alone_and_is_reported_in_the_log(
    source: Path, foreign: str, caplog: pytest.LogCaptureFixture
) -> None:
    execute(source, "drop table cron_jobs")
    execute(source, foreign)
    before = query(source, "select * from cron_jobs")
    migrate(source)
    assert missing_tables(source) == ()
    assert query(source, "select * from cron_jobs") == before
    assert [record.getMessage().count("cron_jobs") > 0 for record in caplog.records] == [True]


def test_a_damaged_file_is_left_as_it_is(tmp_path: Path) -> None:
    db = make_source(tmp_path / "sites.db", "delete")
    execute(
        db,
        "insert into sites (domain, html_dom) values (?, ?)",
        *[(f"{n}.com", "x" * 900) for n in range(500)],
    )
    pages = bytearray(db.read_bytes())
    third = len(pages) // 4096 // 3
    pages[third * 4096 : 2 * third * 4096] = b"\x5a" * (third * 4096)
    db.write_bytes(pages)
    with pytest.raises(SourceError, match="it is damaged"):
        migrate(db)
    assert db.read_bytes() == bytes(pages)


def test_the_statements_for_the_sqlite_shell_work_as_they_stand(source: Path) -> None:
    migrate(source)
    now = wall_clock()
    set_entry(source, "a", {"x": [1]}, 15, now)
    set_entry(source, "b", {"x": [1]}, 15, now - timedelta(hours=1))
    listing = (
        "SELECT cache_key, length(cache_value) as size_bytes, datetime(expires_at) as expires"
        " FROM dashboard_cache;"
    )
    counts = """SELECT COUNT(*) as total,
       SUM(CASE WHEN expires_at > datetime('now') THEN 1 ELSE 0 END) as fresh,
       SUM(CASE WHEN expires_at <= datetime('now') THEN 1 ELSE 0 END) as expired
FROM dashboard_cache;"""
    with closing(sqlite3.connect(source)) as connection:
        for key, size_bytes, expires in connection.execute(listing):
            assert key in ("a", "b")
            assert size_bytes > 0
            assert expires == f"{now + timedelta(minutes=15 if key == 'a' else -45):%Y-%m-%d %H:%M:%S}"
        assert connection.execute(counts).fetchall() == [(2, 1, 1)]
        with connection:
            connection.execute("DELETE FROM dashboard_cache;")
        assert connection.execute(counts).fetchall() == [(0, None, None)]


def test_an_empty_cache_can_be_asked_too(source: Path) -> None:
    migrate(source)
    assert query(source, "select cache_key from dashboard_cache") == []


def test_what_is_changed_by_hand_is_a_new_generation(source: Path) -> None:
    migrate(source)
    generation = "select cast(value as integer) from dashboard_state where name = 'generation'"
    set_entry(source, "a", 1, 15, wall_clock())
    seen = [query(source, generation)]
    for by_hand in (
        "update dashboard_cache set expires_at = '2026-01-01 00:00:00'",
        "DELETE FROM dashboard_cache",
    ):
        execute(source, by_hand)
        seen.append(query(source, generation))
    assert seen == sorted(seen)
    assert len({value for [(value,)] in seen}) == 3


def test_a_write_that_fails_leaves_nothing_behind(source: Path) -> None:
    migrate(source)
    with pytest.raises(SourceError, match="no such table: nowhere"), write_transaction(source) as connection:
        connection.execute("insert into dashboard_state values ('half', 'done')")
        connection.execute("insert into nowhere values (1)")
    assert query(source, "select * from dashboard_state where name = 'half'") == []


def test_opening_never_creates_a_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        missing_tables(tmp_path / "nothing.db")
    assert list(tmp_path.iterdir()) == []
