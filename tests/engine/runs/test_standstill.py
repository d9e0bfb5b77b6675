"""The warning that the pipeline stands still, and when its dataset is computed again."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from engine.model.catalogue.datasets import catalogue
from engine.model.clock import to_iso, wall_clock
from engine.model.values.results import RunOutcome
from engine.runs import Runner, RunRequest, RunSummary, Trigger
from engine.runs.health.standstill import ACTIVITY, activity_is_due, quiet_line
from engine.runs.schedule import Schedule
from engine.store import Entry, EntryState, read_entries
from engine.store.entries import entry_at
from engine.store.sqlite.migration import migrate
from engine.store.writes import set_entry
from tests.engine.source_database import NOW, execute, settings_of

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
KEY = catalogue()[ACTIVITY].key


def columns(silence: timedelta | None, usual: float | None, quiet: bool | None) -> dict[str, list[object]]:
    """Return the value of the dataset, computed at NOW."""
    last_entry_at = None if silence is None else to_iso(NOW - silence)
    return {"last_entry_at": [last_entry_at], "usual_entries": [usual], "quiet": [quiet]}


def entry(
    silence: timedelta | None = 21 * MINUTE, usual: float | None = 13.6, quiet: bool | None = True
) -> Entry:
    times = (NOW, NOW, NOW + 15 * MINUTE)
    return Entry(KEY, EntryState.FRESH, columns(silence, usual, quiet), *times)


def test_a_stop_is_said_with_its_length_and_what_is_usual() -> None:
    assert quiet_line(entry()) == "No pipeline activity for 21 min (usually 14 entries by now)"
    assert quiet_line(entry(26 * HOUR, 12345.6)) == (
        "No pipeline activity for 1 d 2 h (usually 12,346 entries by now)"
    )


def test_nothing_is_said_of_a_pipeline_that_is_not_quiet() -> None:
    assert quiet_line(entry(quiet=False)) is None
    assert quiet_line(entry(None, None, None)) is None
    assert quiet_line(Entry(KEY, EntryState.MISSING)) is None


def test_nothing_is_said_by_a_value_that_is_no_longer_fresh() -> None:
    assert quiet_line(entry_at(entry(), NOW + 14 * MINUTE)) is not None
    assert quiet_line(entry_at(entry(), NOW + 15 * MINUTE)) is None


@pytest.mark.parametrize(
    ("silence", "wait"),
    [(14 * MINUTE, MINUTE), (20 * MINUTE, timedelta(seconds=64)), (10 * HOUR, 32 * MINUTE)],
)
def test_while_the_pipeline_is_silent_it_is_compared_again_each_minute_or_twentieth(
    silence: timedelta, wait: timedelta
) -> None:
    silent = entry(silence, 3.0, quiet=False)
    assert not activity_is_due(silent, NOW + wait - MINUTE / 2)
    assert activity_is_due(silent, NOW + wait)


def test_while_entries_come_it_is_left_to_the_next_run_of_all() -> None:
    busy = entry(timedelta(seconds=40), None, quiet=False)
    assert not activity_is_due(busy, NOW + 12 * MINUTE)
    # By then the newest entry that is known is old enough to be compared.
    assert activity_is_due(busy, NOW + 13 * MINUTE)


def test_what_has_nothing_to_be_compared_with_is_left_to_the_next_run_of_all() -> None:
    assert not activity_is_due(entry(HOUR, None, quiet=False), NOW + HOUR)
    assert not activity_is_due(entry(None, None, None), NOW + HOUR)
    assert not activity_is_due(Entry(KEY, EntryState.MISSING, due=True), NOW)


def test_a_value_from_the_future_is_computed_again() -> None:
    assert activity_is_due(entry(2 * HOUR), NOW - HOUR)


class RunnerThatOnlyNotes:
    def __init__(self) -> None:
        self.requests: list[RunRequest] = []

    def run(self, request: RunRequest) -> RunSummary:
        self.requests.append(request)
        return RunSummary(request.trigger, request.now, 5, 1, RunOutcome((), (), (), ()))


def test_the_schedule_computes_it_alone_between_runs_of_all(source: Path) -> None:
    migrate(source)
    set_entry(source, KEY, columns(14 * MINUTE, 3.0, quiet=False), 15, NOW)
    runner, clock = RunnerThatOnlyNotes(), [NOW]

    def now() -> datetime:
        return clock[0]

    schedule = Schedule(cast(Runner, runner), settings_of(source), NOW + 10 * MINUTE, now)
    for seconds in (0, 30, 60):
        clock[0] = NOW + timedelta(seconds=seconds)
        schedule.poll()
    (request,) = runner.requests
    assert (request.trigger, request.datasets) == (Trigger.SCHEDULE, (ACTIVITY,))
    assert not request.is_job_run
    clock[0] = NOW + 10 * MINUTE
    schedule.poll()
    assert runner.requests[-1].datasets is None


def test_rows_of_long_ago_with_the_highest_ids_raise_no_alarm(runner: Runner, source: Path) -> None:
    """A backfill: the newest ids are years old, and the pipeline goes on with lower ones."""
    row = "insert into site_status (id, site_id, status, created_at) values (?, 1, 'found', ?)"
    stamps = [NOW - 4 * MINUTE * place for place in range(5 * 7 * 360)]
    execute(source, row, *((place + 1, to_iso(stamp)) for place, stamp in enumerate(reversed(stamps))))
    execute(source, row, *((9_000_000 + place, "2024-02-03 04:05:06") for place in range(500)))
    runner.run(RunRequest(Trigger.PAGE, NOW, (ACTIVITY,), reproduce=True))
    found = read_entries(source, [KEY], wall_clock())[KEY]
    assert found.value["last_entry_at"] == [to_iso(NOW)]
    assert quiet_line(found) is None
    runner.run(RunRequest(Trigger.PAGE, NOW + 62 * MINUTE, (ACTIVITY,), reproduce=True))
    found = read_entries(source, [KEY], wall_clock())[KEY]
    assert quiet_line(found) == "No pipeline activity for 1 h 2 min (usually 10 entries by now)"
