"""A backup put in the source's place is followed by the next run, however it was put there.

A restored backup holds rows whose stamps and ids are those of rows that the replica has already.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from engine.model.values.results import Progress
from engine.runs import Runner
from engine.runs.processes.engine_process import EngineProcess
from engine.store.sqlite.change_log import create_change_log
from tests.engine.replica.sync.given import FUNNEL, Dashboard, found
from tests.engine.source_database import (
    STATE_TABLE,
    execute,
    make_source,
    query,
    run_request,
    settings_of,
    store_token,
)
from tests.histories.image import differences

MARKS = "select value from dashboard_state where name glob 'replica *'"


def copied_over(backup: Path, db: Path) -> None:
    """The same inode afterwards, as after ``cp`` or ``rsync --inplace``."""
    without_log(db)
    shutil.copyfile(backup, db)


def moved_in(backup: Path, db: Path) -> None:
    without_log(db)
    fresh = backup.with_name("fresh.db")
    shutil.copyfile(backup, fresh)
    fresh.rename(db)


def restored_by_sqlite(backup: Path, db: Path) -> None:
    with closing(sqlite3.connect(backup)) as kept, closing(sqlite3.connect(db)) as restored:
        kept.backup(restored)


def vacuumed_into_its_place(backup: Path, db: Path) -> None:
    fresh = backup.with_name("fresh.db")
    execute(backup, f"vacuum into '{fresh}'")
    without_log(db)
    fresh.rename(db)


WAYS = (copied_over, moved_in, restored_by_sqlite, vacuumed_into_its_place)
PutBack = Callable[[Path, Path], None]


def without_log(db: Path) -> None:
    for ending in ("-wal", "-shm"):
        db.with_name(db.name + ending).unlink(missing_ok=True)


def back_up(db: Path, backup: Path) -> None:
    with closing(sqlite3.connect(db)) as source, closing(sqlite3.connect(backup)) as copy:
        source.backup(copy)


@pytest.fixture(params=["in the source", "apart"])
def dashboard(engine: EngineProcess, tmp_path: Path, request: pytest.FixtureRequest) -> Dashboard:
    """Return a dashboard on a source with 300 sites found, which has had one run; and both kinds of store."""
    db = make_source(tmp_path / "sites.db")
    store = tmp_path / "cache.db" if request.param == "apart" else None
    execute(store or db, STATE_TABLE)
    sites = [(f"{number}.example",) for number in range(300)]
    execute(db, "insert into sites (domain, updated_at) values (?, '2026-11-20 10:00:00')", *sites)
    dashboard = Dashboard(engine, db, store)
    assert dashboard.run() == 300
    return dashboard


def fail_half(dashboard: Dashboard) -> None:
    stamp = f"{dashboard.at + timedelta(minutes=5):%Y-%m-%d %H:%M:%S}"
    execute(dashboard.db, "update sites set status = 'failing', updated_at = ? where id > 150", (stamp,))


@pytest.mark.parametrize(
    ("put_back", "runs_since", "has_log"),
    [
        *((put_back, 2, False) for put_back in WAYS),
        (copied_over, 1, False),
        (restored_by_sqlite, 1, True),
        (copied_over, 2, True),
    ],
)
def test_the_next_run_shows_a_backup_made(
    dashboard: Dashboard, tmp_path: Path, has_log: bool, put_back: PutBack, runs_since: int
) -> None:
    if has_log:
        create_change_log(dashboard.db)
        assert dashboard.run() == 300
    back_up(dashboard.db, tmp_path / "backup.db")
    fail_half(dashboard)
    for _ in range(runs_since):
        assert dashboard.run() == 150
    put_back(tmp_path / "backup.db", dashboard.db)
    assert dashboard.run() == 300
    assert differences(dashboard.db, dashboard.replica) == []
    assert dashboard.run() == 300
    assert not dashboard.compared_all()


def test_a_backup_made_after_the_last_run_is_followed_like_any_other_change(
    dashboard: Dashboard, tmp_path: Path
) -> None:
    fail_half(dashboard)
    back_up(dashboard.db, tmp_path / "backup.db")
    execute(dashboard.db, "delete from sites where id > 100")
    copied_over(tmp_path / "backup.db", dashboard.db)
    assert dashboard.run() == 150
    # A copy made by SQLite has another schema version, which is all that a store apart has to go by.
    assert dashboard.compared_all() == (dashboard.store is not None)


def test_a_newest_row_that_is_deleted_costs_one_comparison_at_most(dashboard: Dashboard) -> None:
    execute(dashboard.db, "update sites set updated_at = '2026-11-23 19:00:00' where id = 7")
    dashboard.run()
    execute(dashboard.db, "delete from sites where id = 7")
    assert dashboard.run() == 299
    assert dashboard.compared_all() == (dashboard.store is not None)
    assert dashboard.run() == 299
    assert not dashboard.compared_all()


def test_every_run_leaves_another_mark(dashboard: Dashboard) -> None:
    marks = set()
    for _ in range(3):
        dashboard.run()
        ((mark,),) = query(dashboard.store or dashboard.db, MARKS)
        marks.add(mark)
    assert len(marks) == 3


def test_after_a_run_that_was_not_stored_every_row_is_compared_once(dashboard: Dashboard) -> None:
    fail_half(dashboard)
    dashboard.compute()
    assert dashboard.run() == 150
    assert dashboard.compared_all()
    assert dashboard.run() == 150
    assert not dashboard.compared_all()


def test_a_backup_restored_after_a_run_that_was_not_stored_is_followed(
    dashboard: Dashboard, tmp_path: Path
) -> None:
    back_up(dashboard.db, tmp_path / "backup.db")
    fail_half(dashboard)
    assert found(dashboard.compute()) == 150
    copied_over(tmp_path / "backup.db", dashboard.db)
    assert dashboard.run() == 300
    assert differences(dashboard.db, dashboard.replica) == []


@pytest.mark.parametrize("runs_before", [0, 1])
def test_a_run_leaves_no_mark_in_a_source_that_was_restored_meanwhile(
    dashboard: Dashboard, tmp_path: Path, runs_before: int
) -> None:
    back_up(dashboard.db, tmp_path / "backup.db")
    fail_half(dashboard)
    for _ in range(runs_before):
        dashboard.run()
    outcome = dashboard.compute()
    restored_by_sqlite(tmp_path / "backup.db", dashboard.db)
    assert not store_token(dashboard.db, outcome, dashboard.store)
    assert dashboard.run() == 300
    assert differences(dashboard.db, dashboard.replica) == []


def test_a_source_whose_marks_are_gone_is_copied_again(dashboard: Dashboard) -> None:
    execute(dashboard.store or dashboard.db, "delete from dashboard_state")
    execute(dashboard.db, "update sites set status = 'scored' where id > 100")
    assert dashboard.run() == 100


def test_tokens_of_deleted_replicas_do_not_pile_up(dashboard: Dashboard) -> None:
    marks = [(f"replica {number}", "x") for number in range(100)]
    tokens = dashboard.store or dashboard.db
    execute(tokens, "insert into dashboard_state values (?, ?)", *marks)
    dashboard.run()
    assert query(tokens, "select count(*) from dashboard_state where name like 'replica %'") == [(20,)]
    dashboard.run()
    assert not dashboard.compared_all()


def test_a_backup_restored_over_a_first_build_that_was_cut_short_is_followed(
    engine: EngineProcess, tmp_path: Path
) -> None:
    db = make_source(tmp_path / "sites.db")
    execute(db, STATE_TABLE)
    execute(
        db,
        "insert into sites (domain, updated_at)"
        " with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 25000)"
        " select 'a.example', '2026-11-20 10:00:00' from numbers",
    )
    back_up(db, tmp_path / "backup.db")
    execute(db, "update sites set status = 'failing'")
    dashboard = Dashboard(engine, db)

    def kill_after_a_chunk(progress: Progress) -> None:
        if progress.step.startswith("copying") and progress.done > 0 and engine.pid is not None:
            os.kill(engine.pid, 9)

    dashboard.steps = type("Steps", (list,), {"append": lambda _, step: kill_after_a_chunk(step)})()
    with pytest.raises(Exception, match="ended unexpectedly"):
        dashboard.compute()
    dashboard.steps = []
    copied_over(tmp_path / "backup.db", db)
    assert dashboard.run() == 25_000
    assert differences(db, dashboard.replica) == []


@pytest.mark.parametrize("put_back", [restored_by_sqlite, moved_in])
def test_a_backup_restored_while_a_server_runs_is_shown_by_its_next_run(
    tmp_path: Path, put_back: PutBack
) -> None:
    db = make_source(tmp_path / "sites.db")
    execute(db, "insert into sites (domain) values ('a.example')")
    runner = Runner(settings_of(db))
    try:
        runner.run(run_request(FUNNEL))
        back_up(db, tmp_path / "backup.db")
        execute(db, "update sites set status = 'failing', updated_at = datetime('now')")
        assert found(runner.run(run_request(FUNNEL)).outcome) == 0
        put_back(tmp_path / "backup.db", db)
        assert found(runner.run(run_request(FUNNEL)).outcome) == 1
    finally:
        runner.close()
