"""Selected values are stored, read when asked for, and dropped when nobody asks for them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine.model.catalogue.datasets import dataset_of_key
from engine.model.clock import from_sqlite, to_sqlite
from engine.model.settings import StorePlace
from engine.model.values import payload
from engine.model.values.fingerprint import fingerprints
from engine.model.values.results import FAILED, ComputedDataset, DatasetProblem, RunOutcome
from engine.store import EntryState, ReadLog, SnapshotReader, Tier, read_analytics, read_entries, selections
from engine.store.backend import writing
from engine.store.entries import as_catalogued
from engine.store.reads import read_kind
from engine.store.runs import ALL, RunRecord
from engine.store.writes import clear_entries, prepare_run, store_run
from tests.engine.source_database import NOW, execute, query
from tests.engine.store.places import in_sqlite

COSTS = "llm/llm_daily_costs_30d"
WEEK, YEAR = f"{COSTS}?range=7d", f"{COSTS}?range=365d"
VALUE = {"day": ["2026-11-23"], "calls": [1], "tokens": [2.0], "cost_usd": [0.5]}


@pytest.fixture
def db(either_store: StorePlace) -> StorePlace:
    return either_store


def store(db: StorePlace, *keys: str, at: datetime = NOW, failed: str = "", scope: str = "some") -> None:
    """Store a run at an instant that computed values under some keys."""
    computed = tuple(
        ComputedDataset(key.partition("/")[2], key, payload.encode(VALUE), 60, 1.0) for key in keys
    )
    problems = (DatasetProblem(failed.partition("/")[2], failed, FAILED, "it failed"),) if failed else ()
    record = RunRecord(
        trigger="read", scope=scope, time_zone="UTC", as_of=at, started_at=at, finished_at=at, duration_ms=1,
        datasets=len(keys), failed=0, entries=1, status="success", error=None,
    )  # fmt: skip
    with writing(db) as connection:
        store_run(connection, prepare_run(connection, record, RunOutcome(computed, problems, (), ())))


def stored(db: StorePlace) -> set[str]:
    return {key for (key,) in query(db, "select cache_key from dashboard_cache")}


def asked(db: StorePlace) -> dict[str, datetime]:
    return {key: from_sqlite(at) for key, at in query(db, "select * from dashboard_selections")}


def reader_of(db: StorePlace) -> SnapshotReader:
    return SnapshotReader(db, (COSTS,), 90_000, as_catalogued, fingerprints("UTC"))


def test_a_selected_value_is_part_of_the_snapshot_once_it_is_asked_for(db: StorePlace) -> None:
    store(db, COSTS, WEEK)
    reader = reader_of(db)
    assert set(reader.read(NOW).entries) == {COSTS}
    assert reader.current(NOW, (WEEK,)) is None
    snapshot = reader.read(NOW, (WEEK, YEAR))
    assert snapshot.entries[WEEK].state is EntryState.FRESH and snapshot.entries[WEEK].value == VALUE
    assert snapshot.entries[YEAR].state is EntryState.MISSING and snapshot.entries[YEAR].due
    assert set(snapshot.whole) == {COSTS}
    assert reader.current(NOW, (COSTS, YEAR)) is snapshot
    assert reader.current(NOW + timedelta(hours=2)).entries[WEEK].state is EntryState.EXPIRED  # type: ignore[union-attr]
    store(db, YEAR)
    assert reader.read(NOW, (YEAR,)).entries[YEAR].value == VALUE
    reader.close()


@in_sqlite
def test_without_the_database_a_selection_is_missing_and_not_due(db: Path) -> None:
    store(db, COSTS)
    reader = reader_of(db)
    reader.read(NOW)
    db.rename(db.with_name("away.db"))
    entry = reader.read(NOW, (WEEK,)).entries[WEEK]
    assert (entry.state, entry.due) == (EntryState.MISSING, False)
    reader.close()


def test_a_value_that_nobody_asks_for_is_dropped_with_all_that_is_stored_of_it(db: StorePlace) -> None:
    store(db, COSTS, WEEK, failed=YEAR)
    assert asked(db) == {WEEK: NOW, YEAR: NOW}
    store(db, COSTS, at=NOW + timedelta(hours=23, minutes=59))
    assert stored(db) == {COSTS, WEEK}
    store(db, COSTS, at=NOW + timedelta(hours=24))
    assert stored(db) == {COSTS} and asked(db) == {}
    for table in ("dashboard_origins", "dashboard_problems", "dashboard_page_values"):
        assert query(db, f"select cache_key from {table} where cache_key like '%?%'") == []


def test_asking_keeps_a_value_and_is_written_with_the_counts_of_reads(db: StorePlace) -> None:
    store(db, WEEK, YEAR)
    read_log, later = ReadLog(), NOW + timedelta(hours=20)
    entries = read_entries(db, [WEEK], later)
    read_log.count({WEEK: read_kind(entries[WEEK], Tier.CACHE)}, 100, later)
    read_log.flush(db, later)
    assert asked(db) == {WEEK: later, YEAR: NOW}
    store(db, COSTS, at=NOW + timedelta(hours=30))
    assert stored(db) == {COSTS, WEEK}


def test_an_hour_set_back_by_the_clock_keeps_no_value_for_ever(db: StorePlace) -> None:
    store(db, WEEK, at=NOW + timedelta(days=400))
    store(db, COSTS)
    assert stored(db) == {COSTS}


def test_above_the_limit_the_least_recently_asked_goes_first(
    db: StorePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selections, "MOST_STORED", 2)
    for minute, key in enumerate((WEEK, YEAR, f"{COSTS}?range=90d")):
        store(db, COSTS, key, at=NOW + timedelta(minutes=minute))
    assert stored(db) == {COSTS, YEAR, f"{COSTS}?range=90d"}


def test_all_selections_of_a_dataset_are_counted_as_one(db: StorePlace) -> None:
    store(db, WEEK, YEAR)
    writes = query(db, "select cache_key, computations, changed from dashboard_cache_writes")
    assert writes == [(f"{COSTS}?", 2, 2)]
    read_log = ReadLog()
    entries = read_entries(db, [WEEK, YEAR], NOW)
    read_log.count({key: read_kind(entry, Tier.CACHE) for key, entry in entries.items()}, 100, NOW)
    assert {(count.key, count.reads) for count in read_log.since_start()} == {(f"{COSTS}?", 2)}


def test_a_run_of_all_drops_what_another_version_computed(db: StorePlace) -> None:
    store(db, WEEK, YEAR)
    execute(db, f"update dashboard_origins set fingerprint = 'other' where cache_key = '{WEEK}'")
    store(db, COSTS)
    assert stored(db) == {COSTS, WEEK, YEAR}
    store(db, COSTS, scope=ALL)
    assert stored(db) == {COSTS, YEAR}


def test_an_emptied_cache_has_no_selections(db: StorePlace) -> None:
    store(db, WEEK)
    clear_entries(db)
    assert (stored(db), asked(db)) == (set(), {})


def test_a_change_of_many_rows_is_one_new_version(db: StorePlace) -> None:
    store(db, COSTS, WEEK, YEAR)
    before = query(db, "select value from dashboard_state where name = 'generation'")
    store(db, COSTS, at=NOW + timedelta(days=2))
    after = query(db, "select value from dashboard_state where name = 'generation'")
    assert int(after[0][0]) == int(before[0][0]) + 1


def test_an_entry_under_a_key_that_names_no_selection_is_no_selection(db: StorePlace) -> None:
    assert dataset_of_key(f"{COSTS}?range=30d") is None
    store(db, COSTS, f"{COSTS}?range=30d")
    assert asked(db) == {}
    assert to_sqlite(NOW) == query(db, "select as_of from dashboard_cache")[0][0]


def test_figures_show_all_selections_of_a_dataset_as_one(db: StorePlace) -> None:
    store(db, COSTS, WEEK, YEAR)
    found = read_analytics(db, NOW, 600)
    sizes = {info.key: (info.selections, info.entries) for info in found.infos}
    assert sizes == {COSTS: (0, 1), f"{COSTS}?": (2, 2)}
    assert found.stored.total == 3
    assert {entry.key: entry.lifetime_minutes for entry in found.entries} == {COSTS: 60, f"{COSTS}?": 60}
