"""Snapshots of the cache: never older than what the table holds, and never kept for too long."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from engine.model.settings import StorePlace
from engine.store import CacheSnapshot, Entry, EntryState, Problem, SnapshotReader
from engine.store import snapshot as snapshots
from engine.store.entries import entry_at, next_change
from engine.store.writes import clear_entries, set_entry
from tests.engine.source_database import NOW, execute
from tests.engine.store.places import in_files

KEY, OTHER = "pipeline/pipeline_funnel", "llm/llm_usage_by_stage"


@pytest.fixture
def db(store: StorePlace) -> StorePlace:
    return store


@pytest.fixture
def reader(db: StorePlace) -> Iterator[SnapshotReader]:
    reader = SnapshotReader(db, (KEY, OTHER), ttl_seconds=1800)
    yield reader
    reader.close()


def snapshot_of(reader: SnapshotReader, seconds: int = 0) -> CacheSnapshot:
    return reader.read(NOW + timedelta(seconds=seconds))


def read(reader: SnapshotReader, seconds: int = 0) -> Entry:
    return snapshot_of(reader, seconds).entries[KEY]


def is_in_memory(reader: SnapshotReader, seconds: int = 0) -> bool:
    """Return whether the snapshot is there without a query; if not, read it."""
    now = NOW + timedelta(seconds=seconds)
    found = reader.current(now)
    return found is not None or reader.read(now) is None


def test_a_snapshot_gives_what_the_table_holds_after_every_change(
    db: StorePlace, reader: SnapshotReader
) -> None:
    assert read(reader).state is EntryState.MISSING
    set_entry(db, KEY, "new", 15, NOW)
    assert read(reader).value == "new"
    set_entry(db, KEY, "newer", 15, NOW)
    assert read(reader).value == "newer"
    execute(db, "DELETE FROM dashboard_cache")
    assert read(reader).state is EntryState.MISSING
    set_entry(db, KEY, "last", 15, NOW)
    clear_entries(db)
    assert read(reader).state is EntryState.MISSING


def test_what_was_read_at_the_same_generation_is_served_from_memory(
    db: StorePlace, source: Path, reader: SnapshotReader
) -> None:
    set_entry(db, KEY, "new", 600, NOW)
    assert (is_in_memory(reader), is_in_memory(reader)) == (False, True)
    execute(source, "insert into sites (domain) values ('a.com')")
    assert is_in_memory(reader)


def test_memory_is_left_alone_no_longer_than_its_ttl(db: StorePlace) -> None:
    set_entry(db, KEY, "new", 600, NOW)
    reader = SnapshotReader(db, (KEY,), ttl_seconds=60)
    read(reader)
    if isinstance(db, Path):
        execute(db, "drop trigger dashboard_cache_updated")
    else:
        execute(db, "drop trigger dashboard_cache_changed on dashboard_cache")
    read(reader)
    execute(db, "update dashboard_cache set cache_value = ?", (b"\0",))
    assert read(reader, seconds=59).value == "new"
    assert read(reader, seconds=60).state is EntryState.DAMAGED
    reader.close()


def test_what_was_read_after_the_instant_asked_for_is_read_again(
    db: StorePlace, reader: SnapshotReader
) -> None:
    set_entry(db, KEY, "new", 600, NOW)
    assert not is_in_memory(reader, seconds=30)
    assert not is_in_memory(reader, seconds=0)


def test_an_entry_in_memory_expires_as_one_in_the_table_does(db: StorePlace, reader: SnapshotReader) -> None:
    set_entry(db, KEY, "new", 15, NOW)
    assert read(reader).state is EntryState.FRESH
    later = read(reader, seconds=900)
    assert (later.state, later.value, later.due) == (EntryState.EXPIRED, "new", True)
    assert is_in_memory(reader, seconds=900)


def test_a_snapshot_has_all_entries_of_the_keys_in_their_order(reader: SnapshotReader) -> None:
    assert list(snapshot_of(reader).entries) == [KEY, OTHER]
    assert {entry.state for entry in snapshot_of(reader).entries.values()} == {EntryState.MISSING}


def test_nothing_is_in_memory_before_the_first_read_and_after_a_change(
    db: StorePlace, reader: SnapshotReader
) -> None:
    assert reader.current(NOW) is None
    snapshot_of(reader)
    assert reader.current(NOW) is not None
    set_entry(db, KEY, "new", 15, NOW)
    assert reader.current(NOW) is None


def test_all_reads_get_the_same_snapshot_until_an_entry_changes_its_state(
    db: StorePlace, source: Path, reader: SnapshotReader
) -> None:
    set_entry(db, KEY, "new", 15, NOW)
    first = snapshot_of(reader)
    execute(source, "insert into sites (domain) values ('a.com')")
    assert snapshot_of(reader, seconds=899) is first
    expired = snapshot_of(reader, seconds=900)
    assert expired is not first
    assert expired.version == first.version
    assert expired.entries[OTHER] is first.entries[OTHER]


def test_a_change_within_a_second_is_another_snapshot(db: StorePlace, reader: SnapshotReader) -> None:
    first = snapshot_of(reader)
    set_entry(db, KEY, "new", 15, NOW)
    second = snapshot_of(reader)
    assert (first.entries[KEY].value, second.entries[KEY].value) == (None, "new")


def test_if_the_cache_table_was_dropped_all_is_missing_and_due(
    db: StorePlace, reader: SnapshotReader
) -> None:
    set_entry(db, KEY, "new", 15, NOW)
    assert read(reader).value == "new"
    execute(db, "drop table dashboard_cache")
    entry = read(reader)
    assert (entry.state, entry.value, entry.due) == (EntryState.MISSING, None, True)
    set_entry(db, KEY, "again", 15, NOW)
    assert read(reader).value == "again"


@pytest.mark.parametrize("table", ["dashboard_runs", "dashboard_state"])
def test_a_change_is_seen_if_another_table_was_dropped(
    db: StorePlace, reader: SnapshotReader, table: str
) -> None:
    set_entry(db, KEY, "new", 15, NOW)
    execute(db, f"drop table {table}")
    assert read(reader).value == "new"
    set_entry(db, KEY, "newer", 15, NOW)
    assert read(reader).value == "newer"


def test_a_cache_emptied_by_hand_is_seen_if_the_table_of_runs_is_gone(
    db: StorePlace, reader: SnapshotReader
) -> None:
    set_entry(db, KEY, "new", 15, NOW)
    execute(db, "drop table dashboard_runs")
    assert read(reader).value == "new"
    execute(db, "delete from dashboard_cache")
    assert read(reader).state is EntryState.MISSING


def test_a_damaged_entry_stays_damaged_in_memory_until_it_is_stored_again(
    db: StorePlace, reader: SnapshotReader, caplog: pytest.LogCaptureFixture
) -> None:
    set_entry(db, KEY, "new", 15, NOW)
    execute(db, "update dashboard_cache set cache_value = ?", (b"\0",))
    for _ in range(3):
        entry = read(reader)
        assert (entry.state, entry.value, entry.due) == (EntryState.DAMAGED, None, True)
    assert caplog.text.count("cannot be read") == 1
    set_entry(db, KEY, "mended", 15, NOW)
    assert read(reader).value == "mended"


def test_entries_are_kept_as_they_were_checked(db: StorePlace) -> None:
    set_entry(db, KEY, "new", 15, NOW)
    checked: list[str] = []

    def check(entry: Entry) -> Entry:
        checked.append(entry.key)
        return replace(entry, value="checked")

    reader = SnapshotReader(db, (KEY,), 60, check)
    assert [read(reader).value for _ in range(3)] == ["checked"] * 3
    assert checked == [KEY]
    reader.close()


@in_files
def test_without_the_source_the_last_entries_stay_with_the_reason_and_nothing_is_due(
    db: Path, reader: SnapshotReader
) -> None:
    set_entry(db, KEY, "new", 15, NOW)
    before = snapshot_of(reader)
    db.rename(db.with_name("away.db"))
    for seconds, state in ((0, EntryState.FRESH), (899, EntryState.FRESH), (7200, EntryState.EXPIRED)):
        snapshot = snapshot_of(reader, seconds)
        entry = snapshot.entries[KEY]
        assert "no such file" in str(snapshot.trouble)
        assert (entry.value, entry.state, entry.due) == ("new", state, False)
        assert snapshot.version_text.startswith("unreadable.")
        assert snapshot_of(reader, seconds) is snapshot
    db.with_name("away.db").rename(db)
    again = snapshot_of(reader)
    assert (again.trouble, again.version_text) == (None, before.version_text)


@in_files
def test_without_the_source_from_the_start_all_is_missing(db: Path, reader: SnapshotReader) -> None:
    db.unlink()
    snapshot = snapshot_of(reader)
    assert {(entry.state, entry.due) for entry in snapshot.entries.values()} == {(EntryState.MISSING, False)}


def test_before_the_first_migration_all_is_missing_and_due(source: Path) -> None:
    reader = SnapshotReader(source, (KEY,), 60)
    for _ in range(2):
        snapshot = snapshot_of(reader)
        entry = snapshot.entries[KEY]
        assert (snapshot.trouble, entry.state, entry.due) == (None, EntryState.MISSING, True)
    reader.close()


@pytest.mark.parametrize("computed", [timedelta(0), timedelta(hours=1)])
@pytest.mark.parametrize("problem", [None, timedelta(minutes=-3), timedelta(hours=2)])
def test_an_entry_keeps_its_state_until_its_next_change(
    computed: timedelta, problem: timedelta | None
) -> None:
    """Computed and failed now, a while ago, or in a future that a clock has been set back from."""
    entry = Entry(
        KEY,
        EntryState.FRESH,
        "value",
        *(NOW + computed,) * 2,
        NOW + timedelta(minutes=15),
        None if problem is None else Problem("failed", "it broke", NOW + problem),
    )
    changes = [NOW]
    while (change := next_change(entry, changes[-1])) is not None:
        changes.append(change)
    assert len(changes) > 1
    for second in range(0, 3 * 3600, 1):
        now = NOW + timedelta(seconds=second)
        latest = max(change for change in changes if change <= now)
        assert entry_at(entry, now) == entry_at(entry, latest), now


def test_what_is_made_of_a_snapshot_is_made_once_for_all_threads(reader: SnapshotReader) -> None:
    snapshot = snapshot_of(reader)
    made: list[int] = []
    together = threading.Barrier(8)

    def make() -> object:
        made.append(1)
        return object()

    def ask() -> object:
        together.wait()
        return snapshot.once("key", make)

    assert not snapshot.has("key")
    with ThreadPoolExecutor(8) as pool:
        results = [future.result() for future in [pool.submit(ask) for _ in range(8)]]
    assert len(made) == len(set(results)) == 1
    assert snapshot.has("key")
    assert snapshot.once("other", make) not in results


def test_an_error_in_the_making_is_raised_and_not_kept(reader: SnapshotReader) -> None:
    snapshot = snapshot_of(reader)
    with pytest.raises(ZeroDivisionError):
        snapshot.once("key", lambda: 1 // 0)
    assert not snapshot.has("key")
    assert snapshot.once("key", lambda: 2) == 2


def test_a_snapshot_keeps_so_many_values_the_latest(
    reader: SnapshotReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "MOST_MADE", 2)
    snapshot = snapshot_of(reader)
    for key in ("first", "second", "third"):
        snapshot.once(key, lambda: key)  # noqa: B023
    assert [snapshot.has(key) for key in ("first", "second", "third")] == [False, True, True]


def test_a_new_snapshot_has_nothing_of_what_was_made_of_the_one_before(
    db: StorePlace, reader: SnapshotReader
) -> None:
    snapshot_of(reader).once("key", object)
    assert snapshot_of(reader).has("key")
    set_entry(db, KEY, "new", 15, NOW)
    assert not snapshot_of(reader).has("key")
