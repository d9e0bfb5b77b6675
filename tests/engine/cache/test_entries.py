"""What the cache has under a key, at the instant it is asked."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from engine.cache import EntryMemory, EntryState, cache_state, list_entries, read_entries
from engine.cache.store import clear_entries, set_entry
from engine.clock import to_sqlite
from engine.database import migrate
from engine.datasets import catalogue
from tests.engine.source_database import NOW, execute, query

KEY = "pipeline/pipeline_funnel"


@pytest.fixture
def db(source: Path) -> Path:
    migrate(source)
    return source


def note_problem(db: Path, key: str = KEY, kind: str = "failed") -> None:
    execute(db, "insert into dashboard_problems values (?, ?, 'it broke', ?)", (key, kind, to_sqlite(NOW)))


def test_an_entry_is_fresh_until_its_expiry_and_expired_from_then_on(db: Path) -> None:
    set_entry(db, KEY, {"a": [1]}, 15, NOW)
    for seconds, state in ((0, EntryState.FRESH), (899, EntryState.FRESH), (900, EntryState.EXPIRED)):
        entry = read_entries(db, [KEY], NOW + timedelta(seconds=seconds))[KEY]
        assert (entry.state, entry.value) == (state, {"a": [1]})
        assert entry.due == (state is EntryState.EXPIRED)
    assert entry.as_of == entry.computed_at == NOW


def test_a_key_without_entry_is_missing_and_due(db: Path) -> None:
    entry = read_entries(db, [KEY], NOW)[KEY]
    assert (entry.state, entry.value, entry.due) == (EntryState.MISSING, None, True)


def test_no_keys_are_no_entries(db: Path) -> None:
    assert read_entries(db, [], NOW) == {}


def test_a_dataset_that_failed_rests_for_ten_minutes(db: Path) -> None:
    note_problem(db)
    for minutes, due in ((0, False), (9, False), (10, True)):
        entry = read_entries(db, [KEY], NOW + timedelta(minutes=minutes))[KEY]
        assert entry.due is due
        assert entry.problem is not None
        assert entry.problem.reason == "it broke"


def test_an_expired_value_is_shown_beside_its_problem(db: Path) -> None:
    set_entry(db, KEY, "old", 15, NOW - timedelta(hours=1))
    note_problem(db)
    entry = read_entries(db, [KEY], NOW)[KEY]
    assert (entry.state, entry.value, entry.due) == (EntryState.EXPIRED, "old", False)
    assert entry.problem is not None


def test_a_value_set_by_hand_ends_its_problem(db: Path) -> None:
    note_problem(db)
    set_entry(db, KEY, "new", 15, NOW)
    assert read_entries(db, [KEY], NOW)[KEY].problem is None


def test_the_state_counts_the_catalogue_and_nothing_else(db: Path) -> None:
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
    assert (state.soonest_expires_at, state.lifetime_minutes) == (NOW - timedelta(minutes=45), 15)


def test_every_change_grows_the_generation(db: Path) -> None:
    generations = [cache_state(db, NOW).generation]
    set_entry(db, KEY, 1, 15, NOW)
    generations.append(cache_state(db, NOW).generation)
    clear_entries(db)
    generations.append(cache_state(db, NOW).generation)
    assert generations == sorted(set(generations))


def test_an_entry_whose_times_cannot_be_read_counts_as_missing(
    db: Path, caplog: pytest.LogCaptureFixture
) -> None:
    set_entry(db, KEY, 1, 15, NOW)
    execute(db, "update dashboard_cache set created_at = '23.11.2026'")
    assert cache_state(db, NOW).missing == len(catalogue())
    assert list_entries(db, NOW) == ()
    assert f"cache entry {KEY} cannot be read" in caplog.text


def test_the_listing_tells_sizes_and_states_by_key(db: Path) -> None:
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


def test_memory_gives_what_the_table_holds_after_every_change(db: Path) -> None:
    memory = EntryMemory(ttl_seconds=1800)
    assert memory.read(db, [KEY], NOW)[KEY].state is EntryState.MISSING
    set_entry(db, KEY, "new", 15, NOW)
    assert memory.read(db, [KEY], NOW)[KEY].value == "new"
    execute(db, "DELETE FROM dashboard_cache")
    assert memory.read(db, [KEY], NOW)[KEY].state is EntryState.MISSING


def test_memory_serves_what_it_read_at_the_same_generation(db: Path) -> None:
    set_entry(db, KEY, "new", 600, NOW)
    memory = EntryMemory(ttl_seconds=60)
    memory.read(db, [KEY], NOW)
    # A change that the generation does not tell of shows from where a value came.
    execute(db, "drop trigger dashboard_cache_updated")
    execute(db, "update dashboard_cache set cache_value = x'00'")
    assert memory.read(db, [KEY], NOW + timedelta(seconds=59))[KEY].value == "new"
    assert memory.read(db, [KEY], NOW + timedelta(seconds=60))[KEY].state is EntryState.DAMAGED


def test_an_entry_in_memory_expires_as_one_in_the_table_does(db: Path) -> None:
    set_entry(db, KEY, "new", 15, NOW)
    memory = EntryMemory(ttl_seconds=86400)
    assert memory.read(db, [KEY], NOW)[KEY].state is EntryState.FRESH
    later = memory.read(db, [KEY], NOW + timedelta(minutes=15))[KEY]
    assert (later.state, later.value, later.due) == (EntryState.EXPIRED, "new", True)
