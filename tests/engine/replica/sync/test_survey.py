"""A survey shows how rows of the source's tables are identified, and whether tables were created again."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.model.values.orders import RunOrder
from engine.model.values.results import RunOutcome
from engine.runs.processes.engine_process import EngineProcess
from tests.engine.source_database import NOW, STATE_TABLE, execute, make_source, store_token
from tests.histories.image import differences

COLUMNS = "site_id integer, status text, created_at datetime"


@pytest.fixture
def db(tmp_path: Path) -> Path:
    path = make_source(tmp_path / "sites.db")
    execute(path, "drop table site_status")
    execute(path, STATE_TABLE)
    return path


def sync(engine: EngineProcess, db: Path) -> RunOutcome:
    order = RunOrder(
        db, NOW, "UTC", ("daily_throughput",), replica=db.with_name("replica.duckdb"), started_at=NOW
    )
    outcome = engine.compute(order, lambda _: None)
    store_token(db, outcome)
    return outcome


@pytest.mark.parametrize(
    "columns",
    [
        f"id integer primary key, {COLUMNS}",
        f"id integer primary key desc, {COLUMNS}",
        f"id int primary key, {COLUMNS}",
        f"id text primary key, {COLUMNS}",
        f"id integer, {COLUMNS}, primary key (id, site_id)",
        f"id integer primary key, rowid text, {COLUMNS}",
        f"id text, rowid text, _rowid_ text, {COLUMNS}",
        "id integer primary key, site_id integer, created_at datetime,"
        " status text generated always as (lower('FOUND')) virtual",
    ],
)  # fmt: skip
def test_a_table_is_kept_up_to_date_whatever_its_key(engine: EngineProcess, db: Path, columns: str) -> None:
    execute(db, f"create table site_status ({columns})")
    generated = "generated" in columns
    names = "id, site_id, created_at" if generated else "id, site_id, created_at, status"
    marks = "?, ?, '2026-11-23 19:00:00'" + ("" if generated else ", 'found'")
    execute(db, f"insert into site_status ({names}) values ({marks})", (7, 1), (3, 2), (5, 3))
    sync(engine, db)
    assert differences(db, db.with_name("replica.duckdb")) == []
    execute(db, f"insert into site_status ({names}) values ({marks})", (9, 4), (1, 5))
    execute(db, "delete from site_status where site_id = 2")
    sync(engine, db)
    assert differences(db, db.with_name("replica.duckdb")) == []


def test_a_table_whose_name_is_spelt_in_another_case_is_the_same(engine: EngineProcess, db: Path) -> None:
    execute(db, f"create table Site_STATUS (ID integer primary key, {COLUMNS.upper()})")
    execute(db, "insert into site_status (status) values ('found')")
    outcome = sync(engine, db)
    assert differences(db, db.with_name("replica.duckdb")) == []
    assert next(table.rows for table in outcome.replica if table.table.lower() == "site_status") == 1


def test_a_table_that_is_made_again_is_copied_again(engine: EngineProcess, db: Path) -> None:
    create = f"create table site_status (id integer primary key autoincrement, {COLUMNS})"
    execute(db, create)
    execute(db, "insert into site_status (status) values (?)", *[("found",)] * 5)
    sync(engine, db)
    execute(db, "drop table site_status")
    execute(db, create)
    execute(db, "insert into site_status (status) values (?)", *[("scored",)] * 5)
    outcome = sync(engine, db)
    assert differences(db, db.with_name("replica.duckdb")) == []
    assert [table.repaired for table in outcome.replica] == [0] * len(outcome.replica)
