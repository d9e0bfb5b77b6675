"""Pages say that they are up to date only if nobody else is known to have changed the source since."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from engine.model.source_file.stamp import ChangeClock, stamp_of
from engine.store.sqlite.connections import connections_to
from engine.store.sqlite.database import write_transaction
from tests.engine.source_database import execute, make_source

CHANGES = {
    "a message is read": "update conversations set read_at = '2026-11-25 10:00:00' where id = 1",
    "a row in the middle is deleted": "delete from sites where id = 2",
    "a run ends": "update cron_job_logs set status = 'success', finished_at = '2026-11-25 10:00:00'",
}


@pytest.fixture(params=["wal", "delete"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    db = make_source(tmp_path / "sites.db", request.param)
    execute(db, "insert into sites (domain) values (?)", ("a",), ("b",), ("c",))
    execute(db, "insert into conversations (outreach_id, direction, channel) values (1, 'inbound', 'email')")
    execute(
        db, "insert into cron_job_logs (job_name, status, started_at) values ('j', 'running', '2026-11-25')"
    )
    with write_transaction(db) as connection:
        connection.execute("create table dashboard_of_ours (a)")
    return db


def unchanged(db: Path, ticks: float) -> float:
    """Return for how long the source is known to be unchanged, after a look at a moment of the test's own."""
    changes = connections_to(db).changes
    changes.see(stamp_of(db), ticks)
    return changes.unchanged_seconds(ticks)


def after_a_tick_of_the_file_system() -> None:
    time.sleep(0.02)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_that_no_count_shows_is_noticed_by_the_file(source: Path, change: str) -> None:
    begin = time.monotonic()
    unchanged(source, begin)
    assert unchanged(source, begin + 100) >= 100
    after_a_tick_of_the_file_system()
    execute(source, CHANGES[change])
    assert unchanged(source, begin + 101) == 0
    assert unchanged(source, begin + 108) == 7


def test_a_write_of_our_own_is_no_change(source: Path) -> None:
    begin = time.monotonic()
    unchanged(source, begin)
    after_a_tick_of_the_file_system()
    with write_transaction(source) as connection:
        connection.execute("insert into dashboard_of_ours values (1)")
    assert unchanged(source, begin + 100) >= 99


def test_a_write_of_our_own_that_is_seen_while_it_is_under_way_is_no_change(source: Path) -> None:
    begin = time.monotonic()
    unchanged(source, begin)
    after_a_tick_of_the_file_system()
    with write_transaction(source) as connection:
        connection.execute("insert into dashboard_of_ours values (zeroblob(9000000))")
        unchanged(source, begin + 50)
    assert unchanged(source, begin + 100) >= 99


def test_a_change_just_before_a_write_of_our_own_is_noticed(source: Path) -> None:
    unchanged(source, time.monotonic() - 100)
    after_a_tick_of_the_file_system()
    execute(source, CHANGES["a message is read"])
    with write_transaction(source) as connection:
        connection.execute("insert into dashboard_of_ours values (1)")
    assert unchanged(source, time.monotonic()) < 90


def test_nothing_is_known_before_the_first_look() -> None:
    assert ChangeClock().unchanged_seconds(time.monotonic()) == 0
