"""The read log counts how reads end, by hour, and writes the counts in batches."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from engine.model.clock import hour_of
from engine.model.settings import StorePlace
from engine.store import EntryState, ReadLog, Tier, read_entries
from engine.store.reads import (
    READS_KEPT_DAYS,
    Cause,
    Outcome,
    ReadCount,
    ReadKind,
    bucket_microseconds,
    duration_bucket,
    read_kind,
    store_reads,
)
from engine.store.sqlite.migration import migrate
from engine.store.writes import clear_entries, set_entry
from tests.engine.source_database import NOW, execute, make_source, query
from tests.engine.store.given_counts import CACHE, ERROR, MEMORY, STALE, missed
from tests.engine.store.places import in_files

KEY, OTHER = "pipeline/pipeline_funnel", "llm/llm_usage_by_stage"
ROWS = "select cache_key, hour, outcome, cause, reads, total_us from dashboard_cache_reads order by 1, 2, 3"


@pytest.fixture
def db(store: StorePlace) -> StorePlace:
    return store


def given_entry(db: StorePlace, state: str) -> None:
    """Store what makes a read of KEY end in a certain way."""
    if state != "never computed":
        set_entry(db, KEY, [1], 15, NOW)
        execute(db, "insert into dashboard_cache_writes values (?, '2026-11-23 20', 1, 1, 5)", (KEY,))
    if state == "cleared":
        clear_entries(db)
    if state == "damaged":
        execute(db, "update dashboard_cache set cache_value = ?", (b"\0",))
    if state == "dropped":
        execute(db, "drop table dashboard_cache")


@pytest.mark.parametrize(
    ("state", "minutes", "tier", "kind"),
    [
        ("fresh", 14, Tier.MEMORY, MEMORY),
        ("fresh", 14, Tier.CACHE, CACHE),
        ("fresh", 15, Tier.MEMORY, STALE),
        ("fresh", 15, Tier.CACHE, STALE),
        ("never computed", 0, Tier.CACHE, missed(Cause.NEVER)),
        ("cleared", 0, Tier.CACHE, missed(Cause.CLEARED)),
        ("dropped", 0, Tier.CACHE, missed(Cause.CLEARED)),
        ("damaged", 0, Tier.MEMORY, missed(Cause.DAMAGED)),
    ],
)
def test_each_read_ends_in_one_way_and_has_one_cause(
    db: StorePlace, state: str, minutes: int, tier: Tier, kind: ReadKind
) -> None:
    given_entry(db, state)
    entry = read_entries(db, [KEY], NOW + timedelta(minutes=minutes))[KEY]
    assert read_kind(entry, tier) == kind


def test_every_state_of_an_entry_has_its_way_to_end() -> None:
    assert len(EntryState) == 4, "a new state wants a line in the test above"


def test_counts_are_by_key_hour_and_way_to_end(db: StorePlace) -> None:
    log = ReadLog()
    log.count({KEY: MEMORY, OTHER: MEMORY}, 100, NOW)
    log.count({KEY: MEMORY, OTHER: STALE}, 100, NOW + timedelta(minutes=59, seconds=59))
    log.count({KEY: MEMORY}, 300, NOW + timedelta(hours=1))
    log.count({KEY: ERROR}, 7, NOW)
    log.flush(db, NOW)
    assert query(db, ROWS) == [
        (OTHER, "2026-11-23 20", "memory", "", 1, 100),
        (OTHER, "2026-11-23 20", "stale", "expired", 1, 100),
        (KEY, "2026-11-23 20", "error", "", 1, 7),
        (KEY, "2026-11-23 20", "memory", "", 2, 200),
        (KEY, "2026-11-23 21", "memory", "", 1, 300),
    ]


def test_reads_that_take_longer_are_counted_apart_four_to_a_doubling(db: StorePlace) -> None:
    log = ReadLog()
    for microseconds in (1000, 1001, 2000, 4000):
        log.count({KEY: MEMORY}, microseconds, NOW)
    log.flush(db, NOW)
    counted = query(db, "select duration_bucket, reads from dashboard_cache_reads order by 1")
    first = duration_bucket(1000)
    assert counted == [(first, 2), (first + 4, 1), (first + 8, 1)]


@pytest.mark.parametrize("microseconds", [0, 0.4, 1, 2, 999, 1000, 1e6, 3.7e9])
def test_a_duration_is_at_most_its_buckets_end_and_above_the_end_of_the_one_before(
    microseconds: float,
) -> None:
    bucket = duration_bucket(microseconds)
    assert microseconds <= bucket_microseconds(bucket)
    assert bucket == 0 or bucket_microseconds(bucket - 1) <= microseconds


@in_files
def test_noting_reads_writes_nothing(db: Path) -> None:
    log = ReadLog()
    with closing(sqlite3.connect(db)) as connection:
        before = connection.execute("pragma data_version").fetchone()
        for _ in range(1000):
            log.count({KEY: MEMORY, OTHER: STALE}, 50, NOW)
        assert connection.execute("pragma data_version").fetchone() == before


@in_files
def test_a_flush_writes_once_and_a_second_one_nothing(db: Path) -> None:
    log = ReadLog()
    log.count({KEY: MEMORY}, 50, NOW)
    assert sum(count.reads for count in log.pending()) == 1
    log.flush(db, NOW)
    assert log.pending() == ()
    written = query(db, ROWS)
    with closing(sqlite3.connect(db)) as connection:
        before = connection.execute("pragma data_version").fetchone()
        log.flush(db, NOW)
        assert connection.execute("pragma data_version").fetchone() == before
    assert query(db, ROWS) == written


def test_what_several_processes_write_adds_up(db: StorePlace) -> None:
    logs = [ReadLog(), ReadLog(), ReadLog()]
    for log in logs:
        log.count({KEY: MEMORY}, 50, NOW)
        log.count({KEY: MEMORY}, 50, NOW)
    for log in logs:
        log.flush(db, NOW)
    assert query(db, ROWS) == [(KEY, "2026-11-23 20", "memory", "", 6, 300)]


@in_files
def test_what_cannot_be_written_is_written_with_the_next_batch(db: Path) -> None:
    log = ReadLog()
    log.count({KEY: MEMORY}, 50, NOW)
    with closing(sqlite3.connect(db, isolation_level=None)) as writer:
        writer.execute("begin immediate")
        log.flush(db, NOW)
        writer.execute("rollback")
    assert query(db, ROWS) == []
    log.count({KEY: MEMORY}, 50, NOW)
    log.flush(db, NOW)
    assert query(db, ROWS) == [(KEY, "2026-11-23 20", "memory", "", 2, 100)]
    assert log.pending() == ()


def test_a_source_without_the_table_keeps_the_counts_too(tmp_path: Path) -> None:
    db = make_source(tmp_path / "sites.db")
    log = ReadLog()
    log.count({KEY: MEMORY}, 50, NOW)
    log.flush(db, NOW)
    log.flush(tmp_path / "none.db", NOW)
    migrate(db)
    log.flush(db, NOW)
    assert [row[4] for row in query(db, ROWS)] == [1]


def test_all_reads_of_the_process_are_known_whatever_has_been_written(db: StorePlace) -> None:
    log = ReadLog()
    log.count({KEY: MEMORY, OTHER: STALE}, 50, NOW)
    log.flush(db, NOW)
    log.count({KEY: MEMORY}, 50, NOW + timedelta(hours=3))
    reads: Counter[tuple[str, Outcome]] = Counter()
    for count in log.since_start():
        assert count.hour == ""
        reads[count.key, count.kind.outcome] += count.reads
    assert reads == {(KEY, Outcome.MEMORY): 2, (OTHER, Outcome.STALE): 1}


def test_hours_long_past_go_with_the_next_batch(db: StorePlace) -> None:
    for days in (READS_KEPT_DAYS - 1, READS_KEPT_DAYS + 1):
        past = NOW - timedelta(days=days)
        store_reads(db, [ReadCount(KEY, hour_of(past), MEMORY, 9, 1, 5)], 5.0)
    assert len(query(db, ROWS)) == 2
    log = ReadLog()
    log.count({KEY: MEMORY}, 50, NOW)
    log.flush(db, NOW)
    assert [row[1] for row in query(db, ROWS)] == ["2026-10-25 20", "2026-11-23 20"]
