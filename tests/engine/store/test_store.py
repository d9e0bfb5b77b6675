"""What a run stores beside its entries: their costs, and the watermarks of the source."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from engine.model.clock import to_sqlite
from engine.model.settings import StorePlace
from engine.model.values.payload import encode
from engine.model.values.replica_state import ReplicatedTable
from engine.model.values.results import ComputedDataset, RunOutcome
from engine.store import read_entries
from engine.store.backend import reading, writing
from engine.store.freshness.watermarks import read_watermarks
from engine.store.runs import ALL, RunRecord
from engine.store.writes import (
    WRITES_KEPT_DAYS,
    clear_entries,
    keys_without_entry,
    prepare_run,
    set_entry,
    store_missing,
    store_run,
)
from tests.engine.source_database import NOW, query

KEY, OTHER = "pipeline/pipeline_funnel", "llm/llm_usage_by_stage"
WRITES = "select cache_key, hour, computations, changed, compute_us from dashboard_cache_writes order by 1, 2"


@pytest.fixture
def db(either_store: StorePlace) -> StorePlace:
    return either_store


def computed(key: str, value: object, compute_ms: float = 2.0) -> ComputedDataset:
    encoded = encode(value)
    return ComputedDataset(key.partition("/")[2], key, encoded, 15, compute_ms)


def table(name: str, last_id: int | None) -> ReplicatedTable:
    return ReplicatedTable(name, "append", 9, None, 0.0, 0, last_id)


def run(
    db: StorePlace, *datasets: ComputedDataset, at: datetime = NOW, tables: Iterable[ReplicatedTable] = ()
) -> None:
    """Store a run that read the source a minute before it ended."""
    started = at - timedelta(minutes=1)
    record = RunRecord("page", ALL, "UTC", started, started, at, 5, len(datasets), 0, 1, "success", None)
    with writing(db) as connection:
        outcome = RunOutcome(datasets, (), (), (), replica=tuple(tables))
        store_run(connection, prepare_run(connection, record, outcome))


def value(db: StorePlace, key: str) -> object:
    return read_entries(db, [key], NOW)[key].value


def test_computations_and_changed_values_are_counted_by_key_and_hour(db: StorePlace) -> None:
    for minutes, value in ((0, "a"), (10, "a"), (20, "b"), (30, "b"), (70, "b"), (80, "a")):
        run(db, computed(KEY, value), at=NOW + timedelta(minutes=minutes))
    run(db, computed(OTHER, "x", compute_ms=0.5))
    assert query(db, WRITES) == [
        (OTHER, "2026-11-23 20", 1, 1, 500),
        (KEY, "2026-11-23 20", 4, 2, 8000),
        (KEY, "2026-11-23 21", 2, 1, 4000),
    ]


def test_a_value_set_by_hand_or_cleared_is_no_computation(db: StorePlace) -> None:
    set_entry(db, KEY, "a", 15, NOW)
    clear_entries(db)
    assert query(db, WRITES) == []


def test_what_was_spent_long_ago_is_forgotten(db: StorePlace) -> None:
    for days in (WRITES_KEPT_DAYS + 1, WRITES_KEPT_DAYS - 1):
        run(db, computed(KEY, "a"), at=NOW - timedelta(days=days))
    run(db, computed(KEY, "a"))
    assert [row[1] for row in query(db, WRITES)] == ["2026-10-25 20", "2026-11-23 20"]


def test_only_missing_entries_are_stored_as_partial_results(db: StorePlace) -> None:
    set_entry(db, KEY, "last good", 15, NOW)
    before = query(db, "select * from dashboard_cache")
    with writing(db) as connection:
        store_missing(connection, [computed(KEY, "new"), computed(OTHER, "first")], NOW, NOW)
    assert (value(db, KEY), value(db, OTHER)) == ("last good", "first")
    assert query(db, f"select * from dashboard_cache where cache_key = '{KEY}'") == before
    assert query(db, WRITES) == []


@pytest.mark.parametrize(("key", "grows"), [(OTHER, True), (KEY, False)])
def test_the_generation_grows_if_a_partial_result_was_stored(db: StorePlace, key: str, grows: bool) -> None:
    set_entry(db, KEY, "last good", 15, NOW)
    state = "select name, value from dashboard_state where name like 'generation%' order by 1"
    before = query(db, state)
    with writing(db) as connection:
        store_missing(connection, [computed(key, "new")], NOW, NOW)
    after = query(db, state)
    assert all((old != new) is grows for old, new in zip(before, after, strict=True))


def test_the_keys_without_an_entry_are_those_that_have_none_fresh_or_not(db: StorePlace) -> None:
    set_entry(db, KEY, "old", 15, NOW - timedelta(days=9))
    with reading(db) as connection:
        assert keys_without_entry(connection, [KEY, OTHER]) == {OTHER}


def test_runs_are_listed_for_ninety_days_whatever_one_of_them_says_of_its_end(db: StorePlace) -> None:
    for days in (-9000, 95, 91, 89, 0):
        run(db, computed(KEY, "a"), at=NOW - timedelta(days=days))
    kept = query(db, "select finished_at from dashboard_runs order by id")
    assert kept == [(to_sqlite(NOW - timedelta(days=days)),) for days in (-9000, 89, 0)]


def test_watermarks_are_what_each_run_saw_of_the_source(db: StorePlace) -> None:
    run(db, computed(KEY, "a"), tables=[table("sites", 7), table("messages", None)])
    later = NOW + timedelta(minutes=10)
    run(db, computed(OTHER, "b"), at=later, tables=[table("sites", 9)])
    with reading(db) as connection:
        marks = read_watermarks(connection)
    assert {
        stored: [(each.table, each.last_id, each.seen_at) for each in found]
        for stored, found in marks.items()
    } == {
        NOW: [("sites", 7, NOW - timedelta(minutes=1))],
        later: [("sites", 9, later - timedelta(minutes=1))],
    }


def test_watermarks_go_with_the_last_entry_of_their_run(db: StorePlace) -> None:
    run(db, computed(KEY, "a"), computed(OTHER, "a"), tables=[table("sites", 7)])
    for minutes, key in ((10, KEY), (20, OTHER)):
        run(db, computed(key, "b"), at=NOW + timedelta(minutes=minutes), tables=[table("sites", 8)])
    with reading(db) as connection:
        assert sorted(read_watermarks(connection)) == [
            NOW + timedelta(minutes=10),
            NOW + timedelta(minutes=20),
        ]
