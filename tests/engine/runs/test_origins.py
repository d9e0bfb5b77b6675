"""The origin of an entry, and which process computes it again if the fingerprint differs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from engine import get_from_cache
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import to_sqlite, wall_clock
from engine.model.values.fingerprint import OTHER_VERSION, fingerprints
from engine.runs import Runner, RunRequest, Trigger
from engine.runs.schedule import next_due
from engine.store import EntryState, SnapshotReader, cache_state, list_entries, read_analytics, read_entries
from engine.store.writes import set_entry
from tests.engine.source_database import execute, query, settings_of

KEY, NAME = "llm/llm_daily_costs_30d", "llm_daily_costs_30d"
EXCLUDED = "pipeline/excluded_sites_count"
AUCKLAND = "Pacific/Auckland"
DAYS_OF_UTC = "days of UTC: computed with DASHBOARD_TIMEZONE=UTC"


@pytest.fixture
def computed(runner: Runner, source: Path) -> Path:
    """A database whose cache was filled by a run in UTC."""
    runner.run(RunRequest(Trigger.SCHEDULE, wall_clock()))
    return source


def test_a_run_leaves_what_each_entry_was_computed_with(computed: Path) -> None:
    rows = query(
        computed,
        "select cache_key, fingerprint, time_zone, program from dashboard_origins order by 1",
    )
    known = fingerprints("UTC")
    assert rows == [(key, known[key].digest, "UTC", known[key].program) for key in sorted(known)]
    ((run_id, seen_at),) = query(computed, "select distinct run_id, seen_at from dashboard_origins")
    ((latest, started_at, finished_at),) = query(
        computed, "select id, started_at, finished_at from dashboard_runs"
    )
    assert run_id == latest
    assert started_at <= seen_at <= finished_at


def test_an_entry_of_another_zone_is_not_fresh_and_says_whose_days_it_has(computed: Path) -> None:
    now = wall_clock()
    ours = read_entries(computed, [KEY], now, fingerprints("UTC"))[KEY]
    assert (ours.state, ours.reason, ours.due) == (EntryState.FRESH, "", False)
    theirs = read_entries(computed, [KEY], now, fingerprints(AUCKLAND))[KEY]
    assert (theirs.state, theirs.reason) == (EntryState.EXPIRED, DAYS_OF_UTC)
    assert theirs.value == ours.value


def test_no_reader_starts_a_run_for_what_another_process_computes(computed: Path) -> None:
    """Not even if its lifetime is over, because two processes would replace each other's values for ever."""
    expected = fingerprints(AUCKLAND)
    for later in (timedelta(0), timedelta(days=2)):
        assert not read_entries(computed, [KEY], wall_clock() + later, expected)[KEY].due
    assert read_entries(computed, [KEY], wall_clock() + timedelta(days=2), fingerprints("UTC"))[KEY].due


def test_a_snapshot_gives_the_same_as_the_table(computed: Path) -> None:
    snapshots, now = SnapshotReader(computed, (KEY,), 60, expected=fingerprints(AUCKLAND)), wall_clock()
    for _ in range(2):
        entry = snapshots.read(now).entries[KEY]
        assert (entry.state, entry.reason, entry.due) == (EntryState.EXPIRED, DAYS_OF_UTC, False)
    snapshots.close()


def test_listings_and_counts_agree_with_it(computed: Path) -> None:
    now, expected = wall_clock(), fingerprints(AUCKLAND)
    assert {info.reason for info in list_entries(computed, now, expected)} == {DAYS_OF_UTC}
    infos = read_analytics(computed, now, 600, expected).infos
    assert {info.state for info in infos} == {EntryState.EXPIRED}
    state = cache_state(computed, now, expected)
    assert (state.fresh, state.mismatched, state.time_zone) == (0, len(catalogue()), "UTC")
    state = cache_state(computed, now, fingerprints("UTC"))
    assert (state.fresh, state.mismatched) == (len(catalogue()), 0)


def test_other_programs_do_not_get_days_of_another_zone(
    computed: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DASHBOARD_DB", str(computed))
    assert get_from_cache(KEY) is not None
    monkeypatch.setenv("DASHBOARD_TIMEZONE", AUCKLAND)
    assert get_from_cache(KEY) is None


def test_an_entry_without_an_origin_of_its_own_is_of_another_version(computed: Path) -> None:
    now, expected = wall_clock(), fingerprints("UTC")
    earlier = to_sqlite(now - timedelta(minutes=1))
    execute(computed, "update dashboard_cache set created_at = ? where cache_key = ?", (earlier, KEY))
    entries = read_entries(computed, [KEY, EXCLUDED], now, expected)
    assert (entries[KEY].state, entries[KEY].reason) == (EntryState.EXPIRED, OTHER_VERSION)
    assert entries[EXCLUDED].state is EntryState.FRESH
    execute(computed, "drop table dashboard_origins")
    assert read_entries(computed, [EXCLUDED], now, expected)[EXCLUDED].reason == OTHER_VERSION
    assert next_due(settings_of(computed), now) == now


def test_a_value_that_a_program_has_set_is_fresh_for_everyone(computed: Path) -> None:
    now = wall_clock()
    set_entry(computed, KEY, {"day": []}, 5, now)
    for zone in ("UTC", AUCKLAND):
        assert read_entries(computed, [KEY], now, fingerprints(zone))[KEY].state is EntryState.FRESH


def test_the_schedule_of_another_zone_computes_at_its_start_and_then_at_its_interval(
    computed: Path, runner: Runner
) -> None:
    settings, now = settings_of(computed, DASHBOARD_TIMEZONE=AUCKLAND), wall_clock()
    assert next_due(settings, now) == now
    runner.settings = settings
    runner.run(RunRequest(Trigger.SCHEDULE, now))
    now = wall_clock()
    assert next_due(settings, now) > now
    entry = read_entries(computed, [KEY], now, fingerprints("UTC"))[KEY]
    assert entry.reason == f"days of {AUCKLAND}: computed with DASHBOARD_TIMEZONE={AUCKLAND}"


def test_a_run_with_other_settings_is_no_answer_for_who_waited(
    computed: Path, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request that waited for the lock finds a run in UTC that ended meanwhile, but computes."""
    monkeypatch.setattr("engine.runs.runner.latest_run_id", lambda db: 0)
    request = RunRequest(Trigger.PAGE, wall_clock(), (NAME,))
    assert runner.run(request).joined
    runner.settings = settings_of(computed, DASHBOARD_TIMEZONE=AUCKLAND)
    assert not runner.run(request).joined
    assert read_entries(computed, [KEY], wall_clock(), fingerprints(AUCKLAND))[KEY].reason == ""
