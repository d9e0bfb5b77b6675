"""The number of a lake's files and of its catalog's rows stays bounded, however many syncs there are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import psycopg
import pytest

from engine.model.clock import wall_clock
from engine.model.places.lake import SCHEMA, Lake
from engine.model.values.orders import RunOrder
from engine.replica.lake import catalog, maintenance, tables
from engine.replica.lake.attach import LakeToOpen
from engine.replica.lake.catalog import claimed
from engine.replica.session import DuckDBSession
from engine.replica.source import connect_duckdb, transaction
from tests.engine.replica.lake.given import lake_at
from tests.lengths import times
from tests.postgres import Cluster

SYNCS, SYNCS_A_DAY = times(24, 1000), times(8, 300)
MOST_FILES = 14
"""A table keeps a few files with deleted rows and those with the deletions, and one or two without."""
STEPS = ["flush", "rewrite", "merge", "expire", "clean_up", "delete_orphans"]


@dataclass
class Growing:
    """A lake with two tables that grow and change, and a third that is made again now and then."""

    lake: Lake
    fence: int
    connection: duckdb.DuckDBPyConnection
    # The clock has whole seconds, and the lake is made within one.
    now: datetime = field(default_factory=lambda: wall_clock() + timedelta(seconds=1))
    syncs: int = 0

    def sync(self) -> None:
        """Add more rows to one table than the catalog takes, few to the other; change and delete some."""
        self.syncs += 1
        self.now += timedelta(days=1) / SYNCS_A_DAY
        first = 1000 * self.syncs
        with transaction(self.connection):
            self._execute(f"insert into long select n, 'row ' || n from range({first}, {first + 150}) r(n)")
            self._execute(f"insert into short values ({first}, 'a row')")
            self._execute(f"delete from long where id % 1000 = {self.syncs % 140} and id < {first}")
            self._execute(f"delete from short where id = {first - 5000}")
            if self.syncs % 4 == 0:
                self._execute("create or replace table made as select count(*) as rows from long")

    def _execute(self, sql: str) -> None:
        self.connection.execute(sql).fetchall()

    def maintain(self) -> str | None:
        """Do a run's part of the maintenance; return the piece that is next, None if none is."""
        with claimed(self.lake, self.fence) as claim:
            maintenance.maintain(self.connection, claim, self.now)
        with claimed(self.lake, self.fence) as claim:
            return claim.maintenance.next_piece

    def rows(self) -> list[tuple[int, int]]:
        return self.connection.execute(
            "select count(*), sum(hash(long)) from long"
            " union all select count(*), sum(hash(short)) from short"
        ).fetchall()

    def count(self, sql: str) -> int:
        with psycopg.connect(self.lake.catalog.url.text) as catalog:
            ((number,),) = catalog.execute(sql).fetchall()
        return int(number)

    def catalog_rows(self) -> dict[str, int]:
        names = ("data_file", "delete_file", "snapshot", "files_scheduled_for_deletion", "table", "column")
        return {name: self.count(f"select count(*) from {SCHEMA}.ducklake_{name}") for name in names} | {
            "inlined": self.count(
                "select count(*) from pg_tables where tablename ~ 'ducklake_inlined_(data|delete)_[0-9]'"
            )
        }

    def files(self) -> list[Path]:
        return list(Path(self.lake.data).rglob("*.parquet"))


@pytest.fixture
def growing(cluster: Cluster, tmp_path: Path) -> Iterator[Growing]:
    lake = lake_at(cluster.create_database(), tmp_path / "lake")
    with claimed(lake, None) as claim:
        connection = connect_duckdb(1 << 30, None, None, LakeToOpen(claim))
        claim.protect()
    with closing(connection):
        connection.execute("use replica")
        connection.execute("create table long (id bigint, text varchar)")
        connection.execute("create table short (id bigint, text varchar)")
        yield Growing(lake, claim.fence, connection)


def test_files_and_the_rows_of_the_catalog_stay_bounded(
    growing: Growing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "MOST_SECONDS", 600.0)
    # Files are written again one after the other, as if they were large.
    monkeypatch.setattr(tables, "REWRITTEN_BYTES", 1)
    for number in range(1, SYNCS + 1):
        growing.sync()
        if number % SYNCS_A_DAY == 0:
            before = growing.rows()
            assert growing.maintain() is None
            assert growing.rows() == before
            found = growing.catalog_rows()
            assert found["data_file"] + found["delete_file"] <= MOST_FILES
            assert len(growing.files()) <= MOST_FILES
            assert sum(file.stat().st_size for file in growing.files()) < 20_000 + 20 * before[0][0]
            assert (found["table"], found["column"], found["snapshot"]) == (3, 5, 1)
            assert found["files_scheduled_for_deletion"] == 0
            assert found["inlined"] <= 6


def test_a_round_begins_each_day_or_after_so_many_states(
    growing: Growing, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rounds() -> int:
        growing.sync()
        growing.maintain()
        return caplog.text.count("is complete")

    caplog.set_level("INFO")
    monkeypatch.setattr(maintenance, "MOST_SECONDS", 600.0)
    assert rounds() == 0
    growing.now += timedelta(days=1)
    assert rounds() == 1
    assert rounds() == 1
    monkeypatch.setattr(maintenance, "MOST_STATES", 2)
    assert rounds() == 2


def test_maintenance_goes_on_where_the_run_before_has_ended(
    growing: Growing, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(7):
        growing.sync()
    growing.now += timedelta(days=1)
    monkeypatch.setattr(maintenance, "MOST_SECONDS", 0.0)
    pieces = []
    while piece := growing.maintain():
        pieces.append(piece.split()[1])
        growing.now += timedelta(hours=2)
    assert len(pieces) >= len(STEPS)
    assert pieces == sorted(pieces, key=STEPS.index)
    found = growing.catalog_rows()
    assert len(growing.files()) <= MOST_FILES
    assert found["snapshot"] < growing.syncs


def test_a_piece_that_fails_or_takes_too_long_leaves_the_others(
    growing: Growing, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(claim: object, now: object) -> Iterator[tuple[str, str]]:
        yield "all", "no_such_function()"

    def slow(claim: object, now: object) -> Iterator[tuple[str, str]]:
        for name in ("long", "long", "short"):
            yield name, "range(1000000) a, range(1000000) b"

    monkeypatch.setattr(maintenance, "_STEPS", (broken, slow, *maintenance._STEPS))
    monkeypatch.setattr(maintenance, "MOST_SECONDS", 600.0)
    monkeypatch.setattr(maintenance, "MOST_SECONDS_A_PIECE", 0.5)
    caplog.set_level("INFO")
    growing.sync()
    growing.now += timedelta(days=1)
    assert growing.maintain() is None
    assert "failed: 1 broken all" in caplog.text
    # The rest of what has one name is left out too.
    assert caplog.text.count("leaves out 2 slow long") == 1
    assert "leaves out 2 slow short" in caplog.text
    assert "is complete" in caplog.text


def test_a_small_lake_is_read_by_one_thread_and_its_first_build_and_a_large_one_by_all(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = lake_at(cluster.create_database(), tmp_path / "lake")
    order = RunOrder(
        tmp_path / "sites.db", wall_clock(), "UTC", (), replica=tmp_path / "replica.duckdb", lake=lake
    )

    def threads_of_a_run() -> int:
        with session.writing(order):
            connection, _ = session.connection(order)
            connection.execute("create or replace table replica.made as select * from range(1000)")
            ((count,),) = connection.execute("select current_setting('threads')").fetchall()
            return int(count)

    every = len(os.sched_getaffinity(0))
    with closing(DuckDBSession()) as session:
        assert [threads_of_a_run() for _ in range(3)] == [every, 1, 1]
        monkeypatch.setattr(catalog, "MOST_BYTES_OF_ONE_THREAD", 1)
        assert threads_of_a_run() == every
