"""Reading for a page, against a real database and a runner that makes values up. Nothing here ever waits."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from dash_app.cache_reader import CacheReader, PageData
from dash_app.card_states import State, state_of_card
from dash_app.pages import PAGES, Page
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import wall_clock
from engine.model.errors import ComputeError
from engine.model.settings import Settings
from engine.runs import Runner, Trigger
from engine.runs.health.watch import OwnWatch
from engine.runs.turns.failures import RunFailures
from engine.runs.turns.queue import RunQueue
from engine.store import EntryState, read_entries
from engine.store.reads import Cause, Outcome
from engine.store.sqlite.migration import migrate
from engine.store.writes import clear_entries, set_entry
from tests.dash_app.given import FakeRunner, fill_cache, values_of, wait_until_idle
from tests.engine.source_database import execute, query

PIPELINE = next(page for page in PAGES if page.name == "pipeline")
CACHE = next(page for page in PAGES if page.name == "cache")
FUNNEL = "pipeline/pipeline_funnel"
KEYS = tuple(catalogue()[name].key for name in PIPELINE.datasets)
LATER = timedelta(hours=2)


@pytest.fixture
def reader(settings: Settings, runner: FakeRunner) -> Iterator[CacheReader]:
    reader = reader_of(settings, runner)
    yield reader
    runner.goes_on.set()
    wait_until_idle(reader.queue)
    reader.queue.close()
    reader.snapshots.close()


def reader_of(settings: Settings, runner: FakeRunner) -> CacheReader:
    return CacheReader(settings, RunQueue(cast(Runner, runner)))


def read(reader: CacheReader, now: datetime | None = None, page: Page = PIPELINE, *in_view: str) -> PageData:
    return asyncio.run(reader.read_page(page, now or wall_clock(), in_view))


def states(data: PageData) -> set[EntryState]:
    return {entry.state for entry in data.view.entries.values()}


def outcomes(reader: CacheReader) -> Counter[tuple[str, str]]:
    """Return the number of reads by outcome and cause."""
    counted: Counter[tuple[str, str]] = Counter()
    for count in reader.read_log.since_start():
        counted[count.kind.outcome, count.kind.cause] += count.reads
    return counted


def test_what_is_missing_comes_back_at_once_and_is_there_after_its_run(
    settings: Settings, reader: CacheReader, runner: FakeRunner
) -> None:
    runner.goes_on.clear()
    first = read(reader)
    assert states(first) == {EntryState.MISSING}
    assert (first.view.is_computing, first.view.trouble) == (True, None)
    assert all(entry.due for entry in first.view.entries.values())
    runner.goes_on.set()
    wait_until_idle(reader.queue)
    second = read(reader)
    assert states(second) == {EntryState.FRESH}
    assert not second.view.is_computing
    assert second.view.version != first.view.version
    assert runner.asked == [(Trigger.READ, PIPELINE.datasets)]


def test_many_readers_of_what_is_missing_start_one_run(reader: CacheReader, runner: FakeRunner) -> None:
    runner.goes_on.clear()

    async def read_often() -> list[PageData]:
        return await asyncio.gather(*(reader.read_page(PIPELINE, wall_clock()) for _ in range(100)))

    assert {data.view.is_computing for data in asyncio.run(read_often())} == {True}
    runner.goes_on.set()
    wait_until_idle(reader.queue)
    assert runner.asked == [(Trigger.READ, PIPELINE.datasets)]


def test_what_is_expired_is_served_at_once_and_computed_by_one_run(
    settings: Settings, reader: CacheReader, runner: FakeRunner
) -> None:
    fill_cache(settings.db, wall_clock() - LATER)
    runner.goes_on.clear()
    for _ in range(3):
        stale = read(reader)
        assert states(stale) == {EntryState.EXPIRED}
        assert stale.view.is_computing
        assert stale.view.entries[FUNNEL].value == values_of("pipeline_funnel")
    runner.goes_on.set()
    wait_until_idle(reader.queue)
    assert states(read(reader)) == {EntryState.FRESH}
    assert len(runner.requests) == 1


def test_what_is_fresh_starts_no_run(settings: Settings, reader: CacheReader, runner: FakeRunner) -> None:
    fill_cache(settings.db, wall_clock())
    for page in PAGES:
        data = read(reader, page=page)
        assert states(data) <= {EntryState.FRESH}
        assert not data.view.is_computing
    assert runner.requests == []


def test_readers_are_given_the_same_snapshot(settings: Settings, reader: CacheReader) -> None:
    now = wall_clock()
    fill_cache(settings.db, now)
    read(reader, now)
    first = read(reader, now).view.snapshot
    assert read(reader, now).view.snapshot is first
    execute(settings.db, "insert into sites (status) values ('found')")
    assert read(reader, now).view.snapshot is first
    set_entry(settings.db, FUNNEL, values_of("pipeline_funnel"), 60, now)
    assert read(reader, now).view.snapshot is not first


def test_cards_in_view_come_first_in_what_is_asked_for(reader: CacheReader, runner: FakeRunner) -> None:
    last = next(card for card in PIPELINE.cards if card.dataset == PIPELINE.datasets[-1])
    runner.goes_on.clear()
    data = read(reader, None, PIPELINE, last.name, "no such card")
    runner.goes_on.set()
    wait_until_idle(reader.queue)
    others = PIPELINE.datasets[:-1]
    assert runner.asked == [(Trigger.READ, (last.dataset, *others))]
    assert set(data.view.entries) == set(KEYS)


@pytest.mark.parametrize("stored", [[1, 2, 3], {"stage": ["found"]}, "text", None])
def test_a_value_of_another_shape_is_a_miss_and_computed_again(
    settings: Settings, reader: CacheReader, runner: FakeRunner, stored: Any
) -> None:
    fill_cache(settings.db, wall_clock())
    set_entry(settings.db, FUNNEL, stored, 15, wall_clock())
    data = read(reader)
    assert data.view.entries[FUNNEL].state is EntryState.DAMAGED
    assert outcomes(reader)[Outcome.MISS, Cause.DAMAGED] == 1
    wait_until_idle(reader.queue)
    assert runner.asked == [(Trigger.READ, ("pipeline_funnel",))]
    assert states(read(reader)) == {EntryState.FRESH}


def test_damaged_bytes_are_a_miss_and_computed_again(
    settings: Settings, reader: CacheReader, runner: FakeRunner, caplog: pytest.LogCaptureFixture
) -> None:
    fill_cache(settings.db, wall_clock())
    execute(settings.db, "update dashboard_cache set cache_value = x'789c00' where cache_key = ?", (FUNNEL,))
    runner.goes_on.clear()
    data = read(reader)
    assert (data.view.entries[FUNNEL].state, data.view.is_computing) == (EntryState.DAMAGED, True)
    assert outcomes(reader)[Outcome.MISS, Cause.DAMAGED] == 1
    assert f"cache entry {FUNNEL} cannot be read" in caplog.text
    runner.goes_on.set()
    wait_until_idle(reader.queue)
    assert states(read(reader)) == {EntryState.FRESH}


def test_a_run_that_fails_leaves_the_expired_values_and_is_not_started_over(
    settings: Settings, reader: CacheReader, runner: FakeRunner
) -> None:
    fill_cache(settings.db, wall_clock() - LATER)
    runner.failure = ComputeError("the engine", "it ended", "try again")
    assert read(reader).view.is_computing
    wait_until_idle(reader.queue)
    for _ in range(3):
        data = read(reader)
        assert states(data) == {EntryState.EXPIRED}
        assert (data.view.is_computing, data.view.trouble) == (False, None)
        assert all(entry.value is not None for entry in data.view.entries.values())
    assert len(runner.requests) == 1
    assert reader.queue.state.failure == "the engine: it ended; try again"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_without_the_source_the_last_good_values_are_shown_with_the_reason(
    settings: Settings, reader: CacheReader, page: Page
) -> None:
    now = wall_clock()
    fill_cache(settings.db, now)
    before = read(reader, now, page)
    settings.db.rename(settings.db.with_name("away.db"))
    for later, state in ((timedelta(), EntryState.FRESH), (LATER, EntryState.EXPIRED)):
        data = read(reader, now + later, page)
        assert states(data) <= {state}
        assert {key: entry.value for key, entry in data.view.entries.items()} == {
            key: entry.value for key, entry in before.view.entries.items()
        }
        assert "sites.db: no such file" in str(data.view.trouble)
        assert (data.state, data.view.is_computing) == (None, False)
        assert data.view.version.startswith("unreadable.")
    settings.db.with_name("away.db").rename(settings.db)
    again = read(reader, now, page)
    assert (again.view.trouble, again.view.version) == (None, before.view.version)


def test_a_process_that_has_read_ahead_shows_every_page_without_the_source(
    settings: Settings, reader: CacheReader
) -> None:
    fill_cache(settings.db, wall_clock())
    reader.snapshots.read(wall_clock())
    settings.db.unlink()
    for page in PAGES:
        data = read(reader, page=page)
        assert all(entry.value is not None for entry in data.view.entries.values()), page.name


def test_without_the_source_and_without_values_all_is_missing_and_nothing_is_asked_for(
    settings: Settings, reader: CacheReader, runner: FakeRunner
) -> None:
    settings.db.unlink()
    data = read(reader)
    assert states(data) == {EntryState.MISSING}
    assert data.view.trouble is not None
    assert runner.requests == []


def test_how_each_read_ends_is_counted_by_entry(settings: Settings, reader: CacheReader) -> None:
    now = wall_clock()
    fill_cache(settings.db, now)
    read(reader, now)
    read(reader, now)
    read(reader, now + LATER)
    settings.db.rename(settings.db.with_name("away.db"))
    read(reader, now)
    settings.db.with_name("away.db").rename(settings.db)
    counted = outcomes(reader)
    assert {place: count // len(KEYS) for place, count in counted.items()} == {
        (Outcome.CACHE, Cause.NONE): 1,
        (Outcome.MEMORY, Cause.NONE): 1,
        (Outcome.STALE, Cause.EXPIRED): 1,
        (Outcome.ERROR, Cause.NONE): 1,
    }
    assert {count.key for count in reader.read_log.since_start()} == set(KEYS)


def test_a_miss_tells_a_cache_that_was_cleared_from_a_value_never_computed(
    settings: Settings, reader: CacheReader, runner: FakeRunner
) -> None:
    runner.goes_on.clear()
    execute(settings.db, "insert into dashboard_cache_writes values (?, '2026-11-23 20', 1, 1, 5)", (FUNNEL,))
    read(reader)
    assert outcomes(reader) == {
        (Outcome.MISS, Cause.CLEARED): 1,
        (Outcome.MISS, Cause.NEVER): len(KEYS) - 1,
    }


def test_reading_a_page_writes_nothing(settings: Settings, reader: CacheReader) -> None:
    fill_cache(settings.db, wall_clock())
    with closing(sqlite3.connect(settings.db)) as connection:
        before = connection.execute("pragma data_version").fetchone()
        for _ in range(20):
            read(reader)
        assert connection.execute("pragma data_version").fetchone() == before


def test_warming_up_computes_what_is_due_and_is_not_counted(
    settings: Settings, reader: CacheReader, runner: FakeRunner
) -> None:
    set_entry(settings.db, FUNNEL, values_of("pipeline_funnel"), 60, wall_clock())
    reader.warm()
    wait_until_idle(reader.queue)
    ((trigger, names),) = runner.asked
    assert trigger is Trigger.WARM
    assert set(names) == set(catalogue()) - {"pipeline_funnel"}
    assert outcomes(reader) == {}
    assert read(reader).view.entries[FUNNEL].state is EntryState.FRESH


def test_warming_up_a_full_cache_or_no_source_computes_nothing(
    settings: Settings, reader: CacheReader, runner: FakeRunner
) -> None:
    fill_cache(settings.db, wall_clock())
    reader.warm()
    settings.db.unlink()
    reader.warm()
    assert runner.requests == []


def test_the_cache_page_reads_what_was_counted_until_then_and_is_not_counted_itself(
    settings: Settings, reader: CacheReader
) -> None:
    fill_cache(settings.db, wall_clock())
    read(reader)
    before = outcomes(reader)
    data = read(reader, page=CACHE)
    assert set(data.system) == {card.name for card in CACHE.cards}
    assert all(value is not None for value in data.system.values())
    assert outcomes(reader) == before
    assert query(settings.db, "select sum(reads) from dashboard_cache_reads") == [(len(KEYS),)]


def test_closing_writes_what_was_counted(settings: Settings, reader: CacheReader) -> None:
    fill_cache(settings.db, wall_clock())
    read(reader)
    reader.close()
    assert query(settings.db, "select sum(reads) from dashboard_cache_reads") == [(len(KEYS),)]


GONE: dict[str, Callable[[Path], object]] = {
    "dropped": lambda db: execute(db, "drop table dashboard_cache"),
    "emptied": lambda db: execute(db, "delete from dashboard_cache"),
    "cleared": clear_entries,
}


@pytest.mark.parametrize("how", GONE)
def test_a_cache_that_goes_while_the_app_runs_is_filled_again(
    settings: Settings, reader: CacheReader, runner: FakeRunner, how: str
) -> None:
    fill_cache(settings.db, wall_clock())
    assert states(read(reader)) == {EntryState.FRESH}
    runner.goes_on.clear()
    GONE[how](settings.db)
    data = read(reader)
    assert states(data) == {EntryState.MISSING}
    assert (data.view.trouble, data.view.is_computing) == (None, True)
    runner.goes_on.set()
    wait_until_idle(reader.queue)
    assert states(read(reader)) == {EntryState.FRESH}


def test_a_backup_that_was_put_back_is_shown(settings: Settings, reader: CacheReader) -> None:
    now = wall_clock()
    fill_cache(settings.db, now)
    backup = settings.db.with_name("backup.db")
    with closing(sqlite3.connect(settings.db)) as source, closing(sqlite3.connect(backup)) as target:
        source.backup(target)
    newer = {name: column[:1] for name, column in values_of("pipeline_funnel").items()}
    set_entry(settings.db, FUNNEL, newer, 60, now)
    assert read(reader, now).view.entries[FUNNEL].value == newer
    with closing(sqlite3.connect(settings.db)) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    shutil.copyfile(backup, settings.db)
    assert read(reader, now).view.entries[FUNNEL].value == values_of("pipeline_funnel")


def test_the_state_of_the_cache_counts_the_whole_catalogue(settings: Settings, reader: CacheReader) -> None:
    now = wall_clock()
    fill_cache(settings.db, now)
    execute(settings.db, "delete from dashboard_cache where cache_key like 'llm/%'")
    state = read(reader, now).state
    assert state is not None
    gone = sum(dataset.page == "llm" for dataset in catalogue().values())
    assert (state.fresh, state.expired, state.missing) == (len(catalogue()) - gone, 0, gone)
    later = read(reader, now + LATER).state
    assert later is not None
    assert (later.fresh, later.expired, later.missing) == (0, len(catalogue()) - gone, gone)


def test_a_database_that_was_never_migrated_is_read_as_an_empty_cache(
    tmp_path: Path, settings: Settings, reader: CacheReader, runner: FakeRunner
) -> None:
    for table in ("dashboard_cache", "dashboard_state", "dashboard_runs", "dashboard_cache_writes"):
        execute(settings.db, f"drop table {table}")
    assert states(read(reader)) == {EntryState.MISSING}
    wait_until_idle(reader.queue)
    assert states(read(reader)) == {EntryState.FRESH}
    migrate(settings.db)
    assert read_entries(settings.db, [FUNNEL], wall_clock())[FUNNEL].value is not None


def test_what_a_page_is_told_is_under_way_is_of_a_version_before_that_run_fails(
    reader: CacheReader, runner: FakeRunner
) -> None:
    runner.failure = ComputeError("the engine", "it ended", "try again")
    first = read(reader)
    assert first.view.is_computing
    wait_until_idle(reader.queue)
    second = read(reader)
    assert not second.view.is_computing
    assert second.view.version != first.view.version


def test_an_entry_that_expires_and_a_rest_that_is_over_make_another_version(
    settings: Settings, reader: CacheReader, runner: FakeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = wall_clock()
    fill_cache(settings.db, now)
    fresh = read(reader, now).view.version
    assert read(reader, now + timedelta(seconds=5)).view.version == fresh
    runner.failure = ComputeError("the engine", "it ended", "try again")
    expired = read(reader, now + LATER).view.version
    assert expired != fresh
    wait_until_idle(reader.queue)
    resting = read(reader, now + LATER)
    assert not resting.view.is_computing
    monkeypatch.setattr(RunFailures, "backs_off", False)
    again = read(reader, now + LATER)
    assert again.view.is_computing
    assert len({fresh, expired, resting.view.version, again.view.version}) == 4


def test_the_cache_page_does_not_wait_for_a_writer(settings: Settings, reader: CacheReader) -> None:
    read(reader)
    wait_until_idle(reader.queue)
    with closing(sqlite3.connect(settings.db, isolation_level=None)) as writer:
        writer.execute("begin immediate")
        data = read(reader, None, CACHE)
        writer.execute("rollback")
    assert all(value is not None for value in data.system.values())
    assert reader.read_log.pending(), "what could not be written is kept"


def test_a_run_row_that_another_hand_wrote_costs_no_page(settings: Settings, reader: CacheReader) -> None:
    read(reader)
    wait_until_idle(reader.queue)
    execute(
        settings.db,
        'insert into dashboard_runs ("trigger", scope, as_of, started_at, finished_at, duration_ms, datasets,'
        " entries, status) values ('me', 'all', 'now', '2026-01-01T00:00:00Z', 'then', 1, 1, 1, 'success')",
    )
    assert all(value is not None for value in read(reader, None, CACHE).system.values())


def test_what_nobody_computes_says_so_and_advises_no_refresh(settings: Settings, runner: FakeRunner) -> None:
    line = "No worker has answered yet: start `dashboard schedule` beside the source"

    class Away(OwnWatch):
        def trouble(self) -> str | None:  # type: ignore[override]
            return line

    class NoQueue(RunQueue):
        def submit_due(self, datasets: Iterable[str]) -> bool:
            return False

    reader = CacheReader(settings, NoQueue(cast(Runner, runner)), watch=Away(settings))
    try:
        view = read(reader).view
        assert (view.is_computing, view.refusal, view.not_computed) == (False, None, line)
        entry = next(iter(view.entries.values()))
        state = state_of_card(entry, ZoneInfo("UTC"), absence=view.absence)
        assert (state.kind, state.line, state.ends_by_refresh) == (State.REFUSED, line, False)
        # Nothing is due then; of what has failed there is something to say all the same.
        fill_cache(settings.db, wall_clock())
        assert read(reader).view.absence == line
    finally:
        reader.queue.close()
        reader.close()
