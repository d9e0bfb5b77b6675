"""The number of a lake's files stays bounded, however many syncs there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from itertools import count
from pathlib import Path

import psycopg
import pytest

from engine.model.places.lake import Lake
from engine.model.values.results import RunOrder
from engine.replica.lake import maintenance
from engine.replica.lake.catalog import SCHEMA
from engine.replica.run import compute_run
from engine.replica.session import DuckDBSession
from tests.engine.replica.lake.given import lake_at
from tests.engine.source_database import NOW, STATE_TABLE, execute, execute_script, make_source, store_token
from tests.lengths import times
from tests.postgres import Cluster

DAYS = times(2, 50)
SYNCS_A_DAY = times(2, 20)
MOST_FILES_A_TABLE = 4
MOST_STATES = 60
"""Maintenance itself leaves a state for each table, which the next one forgets."""


@pytest.fixture
def session() -> Iterator[DuckDBSession]:
    with closing(DuckDBSession()) as session:
        yield session


@pytest.fixture
def lake(cluster: Cluster, tmp_path: Path) -> Lake:
    return lake_at(cluster.create_database(), tmp_path / "lake")


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """A source with one table."""
    db = make_source(tmp_path / "sites.db")
    execute(db, STATE_TABLE)
    execute_script(db, "drop table llm_usage; drop table cron_job_logs; drop table system_metrics;")
    return db


def in_catalog(lake: Lake, sql: str) -> int:
    with psycopg.connect(lake.catalog.url.text) as catalog:
        row = catalog.execute(sql).fetchone()
    assert row is not None
    return int(row[0])


def sync(session: DuckDBSession, db: Path, lake: Lake, number: int) -> None:
    """Sync the replica with more new rows than the catalog takes, and changed ones."""
    stamp = (NOW + timedelta(minutes=10 * number)).strftime("%Y-%m-%d %H:%M:%S")
    sites = [(f"site{number}-{each}.example", stamp, stamp) for each in range(120)]
    execute(db, "insert into sites (domain, created_at, updated_at) values (?, ?, ?)", *sites)
    execute(db, "update sites set status = 'scored', updated_at = ? where id % 7 = ?", (stamp, number % 7))
    order = RunOrder(
        db, NOW, "UTC", (), replica=db.with_name("replica.duckdb"), holds=True, lake=lake,
        started_at=NOW + timedelta(minutes=10 * number),
    )  # fmt: skip
    assert store_token(db, compute_run(order, lambda _: None, session))


def test_files_are_merged_once_a_day_and_those_of_before_deleted(
    session: DuckDBSession, lake: Lake, db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "KEPT", timedelta(0))
    numbers = count(1)
    for _ in range(DAYS):
        for _ in range(SYNCS_A_DAY):
            sync(session, db, lake, next(numbers))
        in_catalog(lake, f"update {SCHEMA}.writer set maintained_at = now() - interval '2 days' returning 1")
        sync(session, db, lake, next(numbers))
        tables = in_catalog(lake, f"select count(*) from {SCHEMA}.ducklake_table where end_snapshot is null")
        assert len(list(Path(lake.data).rglob("*.parquet"))) <= MOST_FILES_A_TABLE * tables
        assert in_catalog(lake, f"select count(*) from {SCHEMA}.ducklake_snapshot") <= MOST_STATES


def test_maintenance_that_fails_does_not_fail_the_run(
    session: DuckDBSession,
    lake: Lake,
    db: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(maintenance, "_STEPS", ("no_such_function()",))
    sync(session, db, lake, 1)
    assert "failed" in caplog.text
    monkeypatch.undo()
    caplog.set_level("INFO")
    sync(session, db, lake, 2)
    assert "was maintained" in caplog.text
