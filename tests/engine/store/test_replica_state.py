"""The state of the replica, as runs store it and in words."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.model.catalogue.staging import staging
from engine.model.settings import StorePlace
from engine.model.values.replica_state import ReplicatedTable
from engine.runs import Runner
from engine.store import ReplicaState, ReplicaTableState, replica_state
from engine.store.backend import writing
from engine.store.freshness.replica_state import store_replica
from engine.store.sqlite.migration import migrate
from tests.engine.source_database import NOW, execute, run_request

VERIFIED_AT = NOW - timedelta(minutes=40)


def in_replica(table: str, verified_at: datetime | None = VERIFIED_AT, **given: Any) -> ReplicatedTable:
    values: dict[str, Any] = {"sync": "append", "rows": 1000, "covered": 0.25, "repaired": 0} | given
    return ReplicatedTable(table=table, verified_at=verified_at, **values)


def states(*given: ReplicatedTable, repaired_at: datetime | None = None) -> tuple[ReplicaTableState, ...]:
    return tuple(
        ReplicaTableState(
            t.table, t.sync, t.rows, t.verified_at, t.covered, t.repaired, repaired_at if t.repaired else None
        )
        for t in given
    )


def store(db: StorePlace, *tables: ReplicatedTable, at: datetime = NOW) -> None:
    with writing(db) as connection:
        store_replica(connection, tables, at)


@pytest.fixture
def db(either_store: StorePlace) -> StorePlace:
    return either_store


def test_the_state_of_a_replica_is_read_back(db: StorePlace) -> None:
    given = (in_replica("llm_usage"), in_replica("sites", None, sync="incremental", rows=0))
    store(db, *given)
    assert replica_state(db) == states(*given)


def test_the_word_that_an_earlier_version_stored_reads_as_the_present_one(db: StorePlace) -> None:
    store(db, in_replica("sites", sync="full"))
    for old, new in (("appended", "append"), ("changed", "incremental"), ("whole", "full")):
        execute(db, f"update dashboard_replica set kept = '{old}'")
        assert [table.sync for table in replica_state(db)] == [new]


def test_each_run_stores_the_state_of_its_replica(runner: Runner, source: Path) -> None:
    runner.run(run_request("excluded_sites_count"))
    assert {table.table for table in replica_state(source)} == {
        table.source_table for table in staging().values()
    }


def test_differences_repaired_are_counted_over_all_runs_and_dated_by_the_last(db: StorePlace) -> None:
    store(db, in_replica("sites"))
    assert [(table.repaired, table.repaired_at) for table in replica_state(db)] == [(0, None)]
    store(db, in_replica("sites", repaired=3), at=NOW + timedelta(hours=1))
    store(db, in_replica("sites", repaired=2), at=NOW + timedelta(hours=2))
    store(db, in_replica("sites"), at=NOW + timedelta(hours=3))
    assert [(table.repaired, table.repaired_at) for table in replica_state(db)] == [
        (5, NOW + timedelta(hours=2))
    ]


def test_a_table_that_has_left_the_replica_is_forgotten(db: StorePlace) -> None:
    store(db, in_replica("sites", repaired=1), in_replica("http_errors"))
    store(db, in_replica("http_errors"))
    assert [table.table for table in replica_state(db)] == ["http_errors"]
    store(db, in_replica("http_errors"), in_replica("sites"))
    assert [table.repaired for table in replica_state(db)] == [0, 0]


def test_a_run_without_a_replica_of_its_own_changes_nothing(db: StorePlace) -> None:
    store(db, in_replica("sites"))
    store(db)
    assert len(replica_state(db)) == 1


def test_before_the_first_run_there_is_no_state(source: Path) -> None:
    assert replica_state(source) == ()
    migrate(source)
    assert replica_state(source) == ()


def test_a_time_that_was_changed_by_hand_into_none_reads_as_not_verified(db: StorePlace) -> None:
    store(db, in_replica("sites"))
    execute(db, "update dashboard_replica set proved_at = 'yesterday'")
    assert [table.verified_at for table in replica_state(db)] == [None]


def test_the_whole_is_verified_since_its_oldest_table_and_not_before_each_table_is() -> None:
    newer = in_replica("a", NOW)
    assert ReplicaState(states(newer, in_replica("b"))).verified_at == VERIFIED_AT
    assert ReplicaState(states(newer, in_replica("b", None))).verified_at is None
    assert ReplicaState(()).verified_at is None


def test_in_a_first_pass_tables_that_are_verified_count_as_compared() -> None:
    small, large = in_replica("a", covered=0.0), in_replica("b", None, rows=3000, covered=0.5)
    assert ReplicaState(states(small, large)).covered == (1000 + 1500) / 4000
    assert ReplicaState(states(small, in_replica("b", rows=3000, covered=0.5))).covered == 1500 / 4000
    assert ReplicaState(states(in_replica("a", rows=0))).covered == 1


def test_a_table_that_each_run_reads_whole_is_compared_whole() -> None:
    tables = states(in_replica("jobs", sync="full", covered=0.0))
    assert ReplicaState(tables).covered == 1
    assert [table.compared for table in tables] == [1]


def test_repairs_are_warned_of_for_a_day() -> None:
    state = ReplicaState(states(in_replica("a", repaired=2), repaired_at=NOW))
    assert state.was_repaired_lately(NOW + timedelta(hours=23))
    assert not state.was_repaired_lately(NOW + timedelta(hours=25))
    assert not ReplicaState(states(in_replica("a"))).was_repaired_lately(NOW)
