"""Cache analytics from given counts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from engine.model.errors import SourceError
from engine.model.settings import StorePlace
from engine.store import Analytics, read_analytics
from engine.store.analytics.entry_figures import EntryFigures
from engine.store.analytics.lifetimes import History, readable_minutes, suggest_lifetime
from engine.store.analytics.tallies import Tally, quantile_us
from engine.store.reads import Cause, Outcome, bucket_microseconds, duration_bucket
from engine.store.sqlite.migration import migrate
from engine.store.writes import clear_entries, set_entry
from tests.engine.source_database import NOW, execute
from tests.engine.store.given_counts import (
    CACHE,
    ERROR,
    MEMORY,
    STALE,
    given_reads,
    given_run,
    given_writes,
    missed,
)

FUNNEL, COSTS = "pipeline/pipeline_funnel", "llm/llm_daily_costs_30d"
EXCLUDED = "pipeline/excluded_sites_count"
TEN_MINUTES = 600


@pytest.fixture
def db(either_store: StorePlace) -> StorePlace:
    return either_store


def figures(db: StorePlace) -> Analytics:
    return read_analytics(db, NOW, TEN_MINUTES)


def entry(db: StorePlace, key: str) -> EntryFigures:
    return next(entry for entry in figures(db).entries if entry.key == key)


def test_hits_are_fresh_values_and_stale_ones_are_served_at_once(db: StorePlace) -> None:
    given_reads(db, FUNNEL, MEMORY, 5)
    given_reads(db, FUNNEL, CACHE, 1)
    given_reads(db, FUNNEL, STALE, 2)
    given_reads(db, FUNNEL, missed(Cause.NEVER), 1)
    given_reads(db, FUNNEL, ERROR, 1)
    tally = figures(db).this_hour
    assert tally == Tally(memory=5, cache=1, stale=2, miss=1, error=1)
    assert (tally.reads, tally.hit_rate, tally.served_rate) == (10, 0.6, 0.8)


def test_an_hour_a_day_and_a_week_end_with_the_hour_of_now(db: StorePlace) -> None:
    for hours_ago, reads in ((0, 1), (23, 10), (24, 100), (167, 1000), (168, 10_000)):
        given_reads(db, FUNNEL, MEMORY, reads, hours_ago=hours_ago)
    found = figures(db)
    assert found.this_hour.reads == 1
    assert found.last_24_hours.reads == 11
    assert found.last_7_days.reads == found.all_reads.reads == 1111
    assert [hour.tally.reads for hour in found.hours if hour.tally.reads] == [1000, 100, 10, 1]
    assert (found.hours[-1].starts_at, len(found.hours)) == (NOW, 168)


def test_the_hour_of_now_is_that_of_its_start(db: StorePlace) -> None:
    given_reads(db, FUNNEL, MEMORY, 3)
    late = read_analytics(db, NOW + timedelta(minutes=59, seconds=59), TEN_MINUTES)
    assert (late.this_hour.reads, late.hours[-1].starts_at) == (3, NOW)
    assert read_analytics(db, NOW + timedelta(hours=1), TEN_MINUTES).this_hour.reads == 0


def test_each_outcome_shows_its_share_and_how_long_its_reads_took(db: StorePlace) -> None:
    given_reads(db, FUNNEL, MEMORY, 18, microseconds=50)
    given_reads(db, COSTS, MEMORY, 1, microseconds=400)
    given_reads(db, COSTS, CACHE, 1, microseconds=3000)
    found = figures(db)
    memory, cache = found.outcomes[0], found.outcomes[1]
    assert [times.outcome for times in found.outcomes] == list(Outcome)
    assert (memory.reads, memory.share, memory.mean_us) == (19, 0.95, (18 * 50 + 400) / 19)
    assert memory.median_us == bucket_microseconds(duration_bucket(50))
    assert memory.p95_us == bucket_microseconds(duration_bucket(400))
    assert (cache.reads, cache.median_us) == (1, bucket_microseconds(duration_bucket(3000)))
    assert (found.outcomes[3].reads, found.outcomes[3].share, found.outcomes[3].median_us) == (0, 0, None)
    assert (found.all_reads.outcome, found.all_reads.reads) == (None, 20)
    assert found.all_reads.p95_us == bucket_microseconds(duration_bucket(400))


def test_a_quantile_is_never_less_than_the_true_one_and_at_most_a_fifth_more() -> None:
    for microseconds in (1, 2, 3, 10, 999, 1000, 123_456):
        found = quantile_us({duration_bucket(microseconds): 7}, 0.5)
        assert found is not None
        assert microseconds <= found <= microseconds * 1.2
    assert quantile_us({}, 0.5) is None


def test_misses_are_reported_by_cause_and_expired_values_count_among_them(db: StorePlace) -> None:
    for kind, reads in (
        (STALE, 4),
        (missed(Cause.NEVER), 3),
        (missed(Cause.DAMAGED), 2),
        (missed(Cause.CLEARED), 1),
    ):
        given_reads(db, FUNNEL, kind, reads)
    given_reads(db, FUNNEL, MEMORY, 50)
    assert figures(db).misses == {
        Cause.NEVER: 3,
        Cause.EXPIRED: 4,
        Cause.DAMAGED: 2,
        Cause.CLEARED: 1,
    }


@pytest.mark.parametrize(
    ("zone", "local"), [("UTC", 20), ("Australia/Adelaide", 6), ("America/New_York", 15)]
)
def test_misses_come_at_an_hour_of_the_local_day(db: StorePlace, zone: str, local: int) -> None:
    given_reads(db, FUNNEL, STALE, 2)
    given_reads(db, FUNNEL, STALE, 3, hours_ago=24)
    given_reads(db, FUNNEL, missed(Cause.NEVER), 1, hours_ago=1)
    day = figures(db).misses_by_local_hour(ZoneInfo(zone))
    assert len(day) == 24
    assert day[local][Cause.EXPIRED] == 5
    assert day[local - 1][Cause.NEVER] == 1
    assert sum(sum(hour.values()) for hour in day) == 6


def test_pages_follow_from_keys_and_the_most_read_comes_first(db: StorePlace) -> None:
    given_reads(db, FUNNEL, MEMORY, 2)
    given_reads(db, EXCLUDED, STALE, 1)
    given_reads(db, COSTS, MEMORY, 9)
    given_reads(db, "mine", MEMORY, 1)
    assert [(page.page, page.tally) for page in figures(db).pages] == [
        ("llm", Tally(memory=9)),
        ("pipeline", Tally(memory=2, stale=1)),
        ("", Tally(memory=1)),
    ]


def test_reads_save_what_computing_takes_less_what_they_take_themselves(db: StorePlace) -> None:
    given_writes(db, FUNNEL, 4, 1, 40_000)
    given_reads(db, FUNNEL, MEMORY, 5, microseconds=100)
    given_reads(db, FUNNEL, STALE, 1, microseconds=500)
    given_reads(db, FUNNEL, missed(Cause.CLEARED), 7, microseconds=9000)
    found = entry(db, FUNNEL)
    assert (found.spending.compute_us, found.mean_compute_us) == (40_000, 10_000)
    assert found.saved_us == 6 * 10_000 - (5 * 100 + 500)
    assert not found.is_never_read


def test_an_entry_that_was_computed_and_never_read_has_saved_nothing(db: StorePlace) -> None:
    given_writes(db, COSTS, 6, 6, 600)
    found = entry(db, COSTS)
    assert found.is_never_read
    assert (found.saved_us, found.suggestion.minutes) == (0, None)
    assert "not read in" in found.suggestion.why


def test_an_entry_shows_its_sizes_and_its_lifetime_for_as_long_as_it_is_stored(db: StorePlace) -> None:
    set_entry(db, COSTS, {"a": ["x" * 500]}, 15, NOW)
    found = entry(db, COSTS)
    assert found.info is not None
    assert found.compression == found.info.raw_bytes / found.info.stored_bytes > 1
    assert (found.page, found.lifetime_minutes, found.saved_us) == ("llm", 60, None)
    given_reads(db, COSTS, MEMORY, 1)
    clear_entries(db)
    gone = entry(db, COSTS)
    assert (gone.info, gone.compression, gone.tally.reads) == (None, None, 1)


def test_a_key_of_no_dataset_has_no_lifetime_of_the_catalogue(db: StorePlace) -> None:
    set_entry(db, "mine", 1, 5, NOW)
    found = entry(db, "mine")
    assert (found.lifetime_minutes, found.suggestion.minutes) == (None, None)
    assert found.suggestion.why == "not computed in 7 days; not read in 7 days"


def test_a_suggestion_counts_the_changes_since_the_first_computation(db: StorePlace) -> None:
    # 48 hours in 24 changes: every second hour.
    given_writes(db, FUNNEL, 6, 0, 60, hours_ago=48)
    given_writes(db, FUNNEL, 282, 24, 2820, hours_ago=1)
    given_reads(db, FUNNEL, MEMORY, 62)
    suggestion = entry(db, FUNNEL).suggestion
    assert suggestion.minutes == 120
    assert suggestion.why == "value changed in 24 of 288 computations, about every 2 h; read 31 times a day"


WEEK = timedelta(days=7)


def test_a_value_that_never_changes_lives_for_as_long_as_it_was_observed_but_a_day_at_most() -> None:
    assert suggest_lifetime(History(WEEK, 1008, 0, 9), TEN_MINUTES).minutes == 1440
    found = suggest_lifetime(History(timedelta(hours=5), 30, 0, 9), TEN_MINUTES)
    assert found.minutes == 240
    assert found.why == "value stayed the same in 30 computations over 5 h; read 9 times a day"


def test_a_value_that_always_changes_outlives_the_schedule_by_half_an_interval() -> None:
    always = History(WEEK, 1008, 1008, 9)
    for interval_seconds, minutes in ((60, 15), (600, 15), (900, 30), (3600, 120), (86_400, 2880)):
        assert suggest_lifetime(always, interval_seconds).minutes == minutes


def test_there_is_no_suggestion_without_reads_or_from_too_few_computations() -> None:
    few = suggest_lifetime(History(WEEK, 4, 1, 30), TEN_MINUTES)
    assert few.minutes is None
    assert few.why.startswith("too few computations to go by: value changed in 1 of 4")
    assert suggest_lifetime(History(WEEK, 5, 1, 30), TEN_MINUTES).minutes == 1440
    unread = suggest_lifetime(History(WEEK, 1008, 7, 0), TEN_MINUTES)
    assert unread.minutes is None
    assert unread.why.endswith("; not read in 7 days")


@pytest.mark.parametrize(
    ("reads", "words"),
    [
        (3, "read 3 times in 7 days"),
        (1, "read once in 7 days"),
        (7, "read once a day"),
        (70_000, "read 10,000 times a day"),
    ],
)
def test_reads_are_reported_by_the_day_if_there_is_one_a_day(reads: int, words: str) -> None:
    assert suggest_lifetime(History(WEEK, 9, 9, reads), TEN_MINUTES).why.endswith(f"; {words}")


def test_lifetimes_are_rounded_down_to_a_readable_step() -> None:
    assert [readable_minutes(minutes, least=15) for minutes in (1, 29, 30, 119, 840, 9999)] == [
        15, 15, 30, 60, 480, 1440,
    ]  # fmt: skip


def test_runs_are_counted_over_a_day_and_a_week_and_by_what_started_them(db: StorePlace) -> None:
    given_run(db, "schedule", "success", 9000, hours_ago=200)
    given_run(db, "schedule", "failed", 500, hours_ago=30, error="the disk is full")
    given_run(db, "schedule", "success", 700, hours_ago=2)
    given_run(db, "page", "partial", 40, hours_ago=1)
    runs = figures(db).runs
    assert [(run.trigger, run.error) for run in runs.recent][:3] == [
        ("page", None),
        ("schedule", None),
        ("schedule", "the disk is full"),
    ]
    assert (runs.last_24_hours.runs, runs.last_24_hours.failures) == (2, 1)
    assert (runs.last_7_days.runs, runs.last_7_days.failures) == (3, 2)
    assert [
        (by.trigger, by.totals.runs, by.totals.failures, by.mean_duration_ms) for by in runs.triggers
    ] == [
        ("schedule", 2, 1, 600),
        ("page", 1, 1, 40),
    ]


def test_a_database_without_the_dashboards_tables_has_empty_figures(source: Path) -> None:
    found = figures(source)
    assert (found.all_reads.reads, found.all_reads.median_us, found.entries, found.pages) == (0, None, (), ())
    assert (found.this_hour.hit_rate, found.runs.recent, len(found.hours)) == (None, (), 168)
    migrate(source)
    execute(source, "drop table dashboard_cache_reads")
    given_writes(source, FUNNEL, 1, 1, 10)
    assert [entry.key for entry in figures(source).entries] == [FUNNEL]


def test_a_source_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        figures(tmp_path / "none.db")
