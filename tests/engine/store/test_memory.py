"""Entries in memory are never older than those in the table, and are not kept for too long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from engine.model.errors import SourceError
from engine.store import Entry, EntryMemory, EntryState, Tier
from engine.store.sqlite.migration import migrate
from engine.store.writes import clear_entries, set_entry
from tests.engine.source_database import NOW, execute

KEY, OTHER = "pipeline/pipeline_funnel", "llm/llm_usage_by_stage"


@pytest.fixture
def db(source: Path) -> Path:
    migrate(source)
    return source


@pytest.fixture
def memory(db: Path) -> Iterator[EntryMemory]:
    memory = EntryMemory(db, ttl_seconds=1800)
    yield memory
    memory.close()


def read(memory: EntryMemory, seconds: int = 0, key: str = KEY) -> Entry:
    return memory.read((key,), NOW + timedelta(seconds=seconds)).entries[key]


def tier(memory: EntryMemory, seconds: int = 0) -> Tier:
    return memory.read((KEY,), NOW + timedelta(seconds=seconds)).tiers[KEY]


def overwrite_unseen(db: Path) -> None:
    """Change every value without a new generation, so that a test sees where a value came from."""
    execute(db, "drop trigger dashboard_cache_updated")
    execute(db, "update dashboard_cache set cache_value = x'00'")


def test_memory_gives_what_the_table_holds_after_every_change(db: Path, memory: EntryMemory) -> None:
    assert read(memory).state is EntryState.MISSING
    set_entry(db, KEY, "new", 15, NOW)
    assert read(memory).value == "new"
    set_entry(db, KEY, "newer", 15, NOW)
    assert read(memory).value == "newer"
    execute(db, "DELETE FROM dashboard_cache")
    assert read(memory).state is EntryState.MISSING
    set_entry(db, KEY, "last", 15, NOW)
    clear_entries(db)
    assert read(memory).state is EntryState.MISSING


def test_what_was_read_at_the_same_generation_is_served_from_memory(db: Path, memory: EntryMemory) -> None:
    set_entry(db, KEY, "new", 600, NOW)
    assert (tier(memory), tier(memory)) == (Tier.CACHE, Tier.MEMORY)
    execute(db, "insert into sites (domain) values ('a.com')")
    assert tier(memory) is Tier.MEMORY


def test_memory_is_left_alone_no_longer_than_its_ttl(db: Path) -> None:
    set_entry(db, KEY, "new", 600, NOW)
    memory = EntryMemory(db, ttl_seconds=60)
    read(memory)
    execute(db, "drop trigger dashboard_cache_updated")
    read(memory)
    execute(db, "update dashboard_cache set cache_value = x'00'")
    assert read(memory, seconds=59).value == "new"
    assert read(memory, seconds=60).state is EntryState.DAMAGED
    memory.close()


def test_what_was_read_after_the_instant_asked_for_is_read_again(db: Path, memory: EntryMemory) -> None:
    set_entry(db, KEY, "new", 600, NOW)
    assert tier(memory, seconds=30) is Tier.CACHE
    assert tier(memory, seconds=0) is Tier.CACHE


def test_an_entry_in_memory_expires_as_one_in_the_table_does(db: Path, memory: EntryMemory) -> None:
    set_entry(db, KEY, "new", 15, NOW)
    assert read(memory).state is EntryState.FRESH
    later = read(memory, seconds=900)
    assert (later.state, later.value, later.due) == (EntryState.EXPIRED, "new", True)
    assert tier(memory, seconds=900) is Tier.MEMORY


def test_only_what_memory_lacks_is_read(db: Path, memory: EntryMemory) -> None:
    read(memory)
    found = memory.read((KEY, OTHER), NOW)
    assert found.tiers == {KEY: Tier.MEMORY, OTHER: Tier.CACHE}
    assert list(found.entries) == [KEY, OTHER]


def test_nothing_is_known_before_all_of_it_has_been_read(db: Path, memory: EntryMemory) -> None:
    assert memory.known((KEY, OTHER), NOW) is None
    memory.read((KEY,), NOW)
    assert memory.known((KEY, OTHER), NOW) is None
    memory.read((OTHER,), NOW)
    found = memory.known((KEY, OTHER), NOW)
    assert found is not None
    assert set(found.tiers.values()) == {Tier.MEMORY}
    assert {entry.state for entry in found.entries.values()} == {EntryState.MISSING}


def test_nothing_is_known_any_more_once_the_cache_has_changed(db: Path, memory: EntryMemory) -> None:
    memory.read((KEY,), NOW)
    assert memory.known((KEY,), NOW) is not None
    set_entry(db, KEY, "new", 15, NOW)
    assert memory.known((KEY,), NOW) is None


def test_who_asks_in_the_same_second_is_given_the_same_object(db: Path, memory: EntryMemory) -> None:
    memory.read((KEY, OTHER), NOW)
    first = memory.known((KEY, OTHER), NOW)
    execute(db, "insert into sites (domain) values ('a.com')")
    assert memory.known((KEY, OTHER), NOW) is first is not None
    assert memory.known((KEY, OTHER), NOW + timedelta(seconds=1)) is not first
    assert memory.known((KEY,), NOW + timedelta(seconds=1)) is not first


def test_the_same_second_after_a_change_is_another_object(db: Path, memory: EntryMemory) -> None:
    memory.read((KEY,), NOW)
    first = memory.known((KEY,), NOW)
    set_entry(db, KEY, "new", 15, NOW)
    memory.read((KEY,), NOW)
    second = memory.known((KEY,), NOW)
    assert first is not None
    assert second is not None
    assert (first.entries[KEY].value, second.entries[KEY].value) == (None, "new")


def test_if_the_cache_table_was_dropped_all_is_missing_and_due(db: Path, memory: EntryMemory) -> None:
    set_entry(db, KEY, "new", 15, NOW)
    assert read(memory).value == "new"
    execute(db, "drop table dashboard_cache")
    entry = read(memory)
    assert (entry.state, entry.value, entry.due) == (EntryState.MISSING, None, True)
    set_entry(db, KEY, "again", 15, NOW)
    assert read(memory).value == "again"


@pytest.mark.parametrize("table", ["dashboard_runs", "dashboard_state"])
def test_a_change_is_seen_if_another_table_was_dropped(db: Path, memory: EntryMemory, table: str) -> None:
    set_entry(db, KEY, "new", 15, NOW)
    execute(db, f"drop table {table}")
    assert read(memory).value == "new"
    set_entry(db, KEY, "newer", 15, NOW)
    assert read(memory).value == "newer"


def test_a_cache_emptied_by_hand_is_seen_if_the_table_of_runs_is_gone(db: Path, memory: EntryMemory) -> None:
    set_entry(db, KEY, "new", 15, NOW)
    execute(db, "drop table dashboard_runs")
    assert read(memory).value == "new"
    execute(db, "delete from dashboard_cache")
    assert read(memory).state is EntryState.MISSING


def test_a_damaged_entry_stays_damaged_in_memory_until_it_is_stored_again(
    db: Path, memory: EntryMemory, caplog: pytest.LogCaptureFixture
) -> None:
    set_entry(db, KEY, "new", 15, NOW)
    execute(db, "update dashboard_cache set cache_value = x'00'")
    for _ in range(3):
        entry = read(memory)
        assert (entry.state, entry.value, entry.due) == (EntryState.DAMAGED, None, True)
    assert caplog.text.count("cannot be read") == 1
    set_entry(db, KEY, "mended", 15, NOW)
    assert read(memory).value == "mended"


def test_entries_are_kept_as_they_were_checked(db: Path) -> None:
    set_entry(db, KEY, "new", 15, NOW)
    checked: list[str] = []

    def check(entry: Entry) -> Entry:
        checked.append(entry.key)
        return replace(entry, value="checked")

    memory = EntryMemory(db, 60, check)
    assert [read(memory).value for _ in range(3)] == ["checked"] * 3
    assert checked == [KEY]
    memory.close()


def test_a_source_that_has_gone_is_an_error_whatever_memory_holds(db: Path, memory: EntryMemory) -> None:
    read(memory)
    db.rename(db.with_name("away.db"))
    for ask in (memory.known, memory.read):
        with pytest.raises(SourceError, match="no such file"):
            ask((KEY,), NOW)
    db.with_name("away.db").rename(db)
    assert read(memory).state is EntryState.MISSING
