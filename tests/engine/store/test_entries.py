"""The state of an entry at the instant when it is read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine.model.catalogue.datasets import catalogue
from engine.model.clock import to_sqlite
from engine.model.settings import StorePlace
from engine.store import EntryState, cache_state, list_entries, read_entries
from engine.store.entries import as_catalogued
from engine.store.sqlite.migration import DASHBOARD_TABLES
from engine.store.writes import clear_entries, set_entry
from tests.engine.source_database import NOW, execute, query

KEY = "pipeline/pipeline_funnel"
EXCLUDED = "pipeline/excluded_sites_count"


@pytest.fixture
def db(store: StorePlace) -> StorePlace:
    return store


def note_problem(db: StorePlace, key: str = KEY, kind: str = "failed") -> None:
    execute(db, "insert into dashboard_problems values (?, ?, 'it broke', ?)", (key, kind, to_sqlite(NOW)))


def test_an_entry_is_fresh_until_its_expiry_and_expired_from_then_on(db: StorePlace) -> None:
    set_entry(db, KEY, {"a": [1]}, 15, NOW)
    for seconds, state in ((0, EntryState.FRESH), (899, EntryState.FRESH), (900, EntryState.EXPIRED)):
        entry = read_entries(db, [KEY], NOW + timedelta(seconds=seconds))[KEY]
        assert (entry.state, entry.value) == (state, {"a": [1]})
        assert entry.due == (state is EntryState.EXPIRED)
    assert entry.as_of == entry.computed_at == NOW


def test_a_key_without_entry_is_missing_and_due(db: StorePlace) -> None:
    entry = read_entries(db, [KEY], NOW)[KEY]
    assert (entry.state, entry.value, entry.due) == (EntryState.MISSING, None, True)


def test_no_keys_are_no_entries(db: StorePlace) -> None:
    assert read_entries(db, [], NOW) == {}


def test_a_dataset_that_failed_is_not_due_for_ten_minutes(db: StorePlace) -> None:
    note_problem(db)
    for minutes, due in ((0, False), (9, False), (10, True)):
        entry = read_entries(db, [KEY], NOW + timedelta(minutes=minutes))[KEY]
        assert entry.due is due
        assert entry.problem is not None
        assert entry.problem.reason == "it broke"


def test_an_expired_value_is_shown_beside_its_problem(db: StorePlace) -> None:
    set_entry(db, KEY, "old", 15, NOW - timedelta(hours=1))
    note_problem(db)
    entry = read_entries(db, [KEY], NOW)[KEY]
    assert (entry.state, entry.value, entry.due) == (EntryState.EXPIRED, "old", False)
    assert entry.problem is not None


def test_a_value_set_by_hand_ends_its_problem(db: StorePlace) -> None:
    note_problem(db)
    set_entry(db, KEY, "new", 15, NOW)
    assert read_entries(db, [KEY], NOW)[KEY].problem is None


def test_the_state_counts_the_catalogue_and_nothing_else(db: StorePlace) -> None:
    set_entry(db, "mine", 1, 15, NOW)
    empty = cache_state(db, NOW)
    assert (empty.fresh, empty.expired, empty.missing) == (0, 0, len(catalogue()))
    assert (empty.oldest_computed_at, empty.lifetime_minutes) == (None, None)
    set_entry(db, KEY, 1, 30, NOW)
    set_entry(db, "llm/llm_usage_by_stage", 1, 15, NOW - timedelta(hours=1))
    note_problem(db, "errors/http_errors_30d", "unavailable")
    note_problem(db, "mine")
    state = cache_state(db, NOW)
    assert (state.fresh, state.expired, state.missing) == (1, 1, len(catalogue()) - 2)
    assert state.problems == 1
    assert (state.oldest_computed_at, state.newest_computed_at) == (NOW - timedelta(hours=1), NOW)
    assert state.lifetime_minutes == 15


def test_every_change_grows_the_generation(db: StorePlace) -> None:
    generations = [cache_state(db, NOW).generation]
    set_entry(db, KEY, 1, 15, NOW)
    generations.append(cache_state(db, NOW).generation)
    clear_entries(db)
    generations.append(cache_state(db, NOW).generation)
    assert generations == sorted(set(generations))


def test_an_entry_whose_times_cannot_be_read_counts_as_missing(
    db: StorePlace, caplog: pytest.LogCaptureFixture
) -> None:
    set_entry(db, KEY, 1, 15, NOW)
    execute(db, "update dashboard_cache set created_at = '23.11.2026'")
    assert cache_state(db, NOW).missing == len(catalogue())
    assert list_entries(db, NOW) == ()
    assert f"the times of {KEY} cannot be read" in caplog.text


def test_the_listing_shows_sizes_and_states_by_key(db: StorePlace) -> None:
    set_entry(db, "b", {"x": [1, 2, 3]}, 15, NOW)
    set_entry(db, "a", "text", 15, NOW - timedelta(hours=1))
    first, second = list_entries(db, NOW)
    assert [(info.key, info.state, info.entries) for info in (first, second)] == [
        ("a", EntryState.EXPIRED, 1),
        ("b", EntryState.FRESH, 3),
    ]
    assert second.raw_bytes == len('{"x":[1,2,3]}')
    assert [(second.stored_bytes,)] == query(
        db, "select length(cache_value) from dashboard_cache where cache_key = 'b'"
    )
    assert second.compute_ms is None


@pytest.mark.parametrize(
    "value",
    [3, [1], None, {"excluded_sites": 3}, {"other": [3]}, {"excluded_sites": [3], "more": [1]}, {}, "text"],
)
def test_a_value_without_its_datasets_columns_is_damaged_and_due(db: StorePlace, value: Any) -> None:
    set_entry(db, EXCLUDED, value, 15, NOW)
    entry = as_catalogued(read_entries(db, [EXCLUDED], NOW)[EXCLUDED])
    assert (entry.state, entry.value, entry.blob, entry.due) == (EntryState.DAMAGED, None, None, True)
    assert entry.was_stored


def test_columns_of_two_lengths_are_damaged(db: StorePlace) -> None:
    key = "pipeline/pipeline_funnel"
    columns = {column.name: [1] for column in catalogue()["pipeline_funnel"].columns} | {"stage": ["found"]}
    set_entry(db, key, columns, 15, NOW)
    assert as_catalogued(read_entries(db, [key], NOW)[key]).state is EntryState.FRESH
    set_entry(db, key, columns | {"sites": [1, 2]}, 15, NOW)
    assert as_catalogued(read_entries(db, [key], NOW)[key]).state is EntryState.DAMAGED


@pytest.mark.parametrize(
    ("dataset", "column", "cell"),
    [
        ("pipeline_funnel", "stage", {"type": "A", "namespace": "dash_html_components", "props": {}}),
        ("pipeline_funnel", "stage", 5),
        ("pipeline_funnel", "stage", ["found"]),
        ("pipeline_funnel", "sites", True),
        ("pipeline_funnel", "sites", 1.5),
        ("pipeline_funnel", "step_rate", "0.5"),
        ("pipeline_funnel", "step_rate", False),
        ("cron_job_summary", "enabled", 1),
        ("cron_job_summary", "last_started_at", "yesterday"),
        ("cron_job_summary", "last_started_at", "2026-13-01T00:00:00Z"),
        ("cron_job_summary", "last_started_at", "2026-W48-1T00:00:00Z"),
        ("cron_job_summary", "last_started_at", 1_700_000_000),
        ("cron_daily_history_7d", "day", "2026-02-30"),
        ("cron_daily_history_7d", "day", "20260228"),
    ],
)
def test_a_cell_of_another_type_than_its_column_makes_an_entry_damaged(
    db: StorePlace, dataset: str, column: str, cell: Any, caplog: pytest.LogCaptureFixture
) -> None:
    declared = catalogue()[dataset]
    good: dict[str, list[Any]] = {found.name: [None, None] for found in declared.columns}
    set_entry(db, declared.key, good, 15, NOW)
    assert as_catalogued(read_entries(db, [declared.key], NOW)[declared.key]).state is EntryState.FRESH
    set_entry(db, declared.key, good | {column: [None, cell]}, 15, NOW)
    assert as_catalogued(read_entries(db, [declared.key], NOW)[declared.key]).state is EntryState.DAMAGED
    assert f"column {column} holds a value that is no" in caplog.text


@pytest.mark.parametrize(("key", "value"), [(EXCLUDED, {"excluded_sites": [3]}), ("mine", "anything")])
def test_a_value_with_its_datasets_columns_and_one_of_no_dataset_are_as_they_are(
    db: StorePlace, key: str, value: Any
) -> None:
    set_entry(db, key, value, 15, NOW)
    entry = read_entries(db, [key], NOW)[key]
    assert as_catalogued(entry) is entry


def test_a_value_of_another_shape_is_not_due_while_its_problem_is_recent(db: StorePlace) -> None:
    set_entry(db, EXCLUDED, "text", 1, NOW)
    note_problem(db, EXCLUDED)
    for minutes, due in ((9, False), (10, True)):
        now = NOW + timedelta(minutes=minutes)
        assert as_catalogued(read_entries(db, [EXCLUDED], now)[EXCLUDED]).due is due


def test_an_entry_that_was_computed_once_differs_from_one_that_never_was(db: StorePlace) -> None:
    execute(db, "insert into dashboard_cache_writes values (?, '2026-11-23 20', 1, 1, 5)", (KEY,))
    entries = read_entries(db, [KEY, EXCLUDED], NOW)
    assert (entries[KEY].was_stored, entries[EXCLUDED].was_stored) == (True, False)


@pytest.mark.parametrize("table", DASHBOARD_TABLES)
def test_if_a_table_was_dropped_every_entry_is_missing_or_as_it_was(db: StorePlace, table: str) -> None:
    set_entry(db, KEY, "kept", 15, NOW)
    execute(db, f"drop table {table}")
    entry = read_entries(db, [KEY], NOW)[KEY]
    if table in ("dashboard_cache", "dashboard_problems"):
        assert (entry.state, entry.value, entry.due) == (EntryState.MISSING, None, True)
    else:
        assert (entry.state, entry.value) == (EntryState.FRESH, "kept")


def test_a_damaged_entry_is_logged_and_is_due(db: StorePlace) -> None:
    set_entry(db, KEY, "good", 15, NOW)
    execute(db, "update dashboard_cache set cache_value = ?", (b"\0",))
    entry = read_entries(db, [KEY], NOW)[KEY]
    assert (entry.state, entry.value, entry.due, entry.was_stored) == (EntryState.DAMAGED, None, True, True)
