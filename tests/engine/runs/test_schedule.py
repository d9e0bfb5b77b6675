"""The schedule runs at a fixed interval and at the warm-up times, and makes up for missed runs once."""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from engine.model.catalogue.datasets import catalogue
from engine.model.clock import wall_clock
from engine.model.errors import SourceError
from engine.model.values.results import RunOutcome
from engine.runs import Runner, RunRequest, RunSummary, Trigger
from engine.runs.schedule import Schedule, next_due, run_scheduled, start_schedule
from engine.store.sqlite.migration import migrate
from engine.store.writes import set_entry
from tests.engine.source_database import NOW, execute, settings_of


class RunnerThatOnlyNotes:
    """Stands in for a runner: records its requests, and fails on command."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.requests: list[RunRequest] = []
        self.failure = failure
        self.is_closed = False

    def run(self, request: RunRequest) -> RunSummary:
        self.requests.append(request)
        if self.failure:
            raise self.failure
        return RunSummary(request.trigger, request.now, 5, 1, RunOutcome((), (), (), ()))

    def as_runner(self) -> Runner:
        return cast(Runner, self)


ADELAIDE = "Australia/Adelaide"
TEN_MINUTES = timedelta(minutes=10)


class SetClock:
    """A wall clock that stands until it is set."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def schedule_of(
    source: Path, runner: RunnerThatOnlyNotes, clock: SetClock, first_run_at: datetime, **environ: str
) -> Schedule:
    return Schedule(runner.as_runner(), settings_of(source, **environ), first_run_at, clock)


def triggers(runner: RunnerThatOnlyNotes) -> list[Trigger]:
    """Return the triggers of the runs since the last call."""
    noted = [request.trigger for request in runner.requests]
    runner.requests.clear()
    return noted


def test_the_first_run_comes_when_it_is_due_and_the_others_keep_the_beat(source: Path) -> None:
    runner, clock = RunnerThatOnlyNotes(), SetClock(NOW)
    schedule = schedule_of(source, runner, clock, NOW + timedelta(minutes=4))
    begun = []
    for second in range(0, 3600, 30):
        # Each poll comes a little late, as after a run that took a while.
        clock.now = NOW + timedelta(seconds=second + 7)
        schedule.poll()
        if triggers(runner):
            begun.append((second + 7) // 60)
    assert begun == [4, 14, 24, 34, 44, 54]


@pytest.mark.parametrize("back", [timedelta(hours=2), timedelta(days=1), timedelta(days=400)])
def test_a_clock_that_is_set_back_keeps_no_run_away(source: Path, back: timedelta) -> None:
    runner, clock = RunnerThatOnlyNotes(), SetClock(NOW)
    schedule = schedule_of(source, runner, clock, NOW)
    schedule.poll()
    assert triggers(runner) == [Trigger.SCHEDULE]
    clock.now = NOW - back
    schedule.poll()
    assert triggers(runner) == [Trigger.SCHEDULE]
    clock.now += TEN_MINUTES - timedelta(seconds=1)
    schedule.poll()
    assert triggers(runner) == []
    clock.now += timedelta(seconds=1)
    schedule.poll()
    assert triggers(runner) == [Trigger.SCHEDULE]


@pytest.mark.parametrize("minutes", range(0, 31, 5))
def test_a_run_comes_within_two_intervals_however_little_the_clock_is_set_back(
    source: Path, minutes: int
) -> None:
    runner, clock = RunnerThatOnlyNotes(), SetClock(NOW)
    schedule = schedule_of(source, runner, clock, NOW)
    schedule.poll()
    triggers(runner)
    clock.now = NOW + timedelta(minutes=9) - timedelta(minutes=minutes)
    waited = timedelta(minutes=9)
    while not triggers(runner):
        clock.now += timedelta(seconds=30)
        waited += timedelta(seconds=30)
        schedule.poll()
    assert waited <= 2 * TEN_MINUTES


def test_a_machine_that_slept_makes_up_for_its_runs_once(source: Path) -> None:
    runner, clock = RunnerThatOnlyNotes(), SetClock(NOW)
    schedule = schedule_of(source, runner, clock, NOW, DASHBOARD_WARM_AT="7:30,18:00")
    schedule.poll()
    triggers(runner)
    clock.now = NOW + timedelta(days=3, minutes=3)
    schedule.poll()
    schedule.poll()
    assert triggers(runner) == [Trigger.SCHEDULE]
    clock.now += TEN_MINUTES
    schedule.poll()
    assert triggers(runner) == [Trigger.SCHEDULE]


def test_each_warm_up_time_has_a_run_a_day_in_the_time_of_the_zone(source: Path) -> None:
    runner, clock = RunnerThatOnlyNotes(), SetClock(NOW)
    environ = {"DASHBOARD_WARM_AT": "7:30,18:00", "DASHBOARD_TIMEZONE": ADELAIDE}
    # An interval so long that none of its runs comes between.
    environ["DASHBOARD_PRECOMPUTE_INTERVAL"] = str(30 * 86400)
    schedule = schedule_of(source, runner, clock, NOW + timedelta(days=30), **environ)
    begun = []
    for minute in range(0, 2 * 24 * 60, 10):
        clock.now = NOW + timedelta(minutes=minute)
        schedule.poll()
        begun += [(clock.now, trigger) for trigger in triggers(runner)]
    assert [(f"{at.astimezone(ZoneInfo(ADELAIDE)):%d %H:%M}", trigger) for at, trigger in begun] == [
        ("24 07:30", Trigger.WARM),
        ("24 18:00", Trigger.WARM),
        ("25 07:30", Trigger.WARM),
        ("25 18:00", Trigger.WARM),
    ]


def test_a_clock_that_is_set_back_over_a_warm_up_time_leaves_the_next_one(source: Path) -> None:
    runner, clock = RunnerThatOnlyNotes(), SetClock(NOW)
    schedule = schedule_of(source, runner, clock, NOW + TEN_MINUTES, DASHBOARD_WARM_AT="20:01")
    clock.now = NOW + timedelta(minutes=2)
    schedule.poll()
    assert triggers(runner) == [Trigger.WARM]
    clock.now = NOW
    schedule.poll()
    assert triggers(runner) == []
    clock.now = NOW + timedelta(minutes=1)
    schedule.poll()
    assert triggers(runner) == [Trigger.WARM]


def test_what_goes_wrong_with_one_run_leaves_the_schedule_as_it_is(source: Path) -> None:
    class Broken(RunnerThatOnlyNotes):
        def run(self, request: RunRequest) -> RunSummary:
            super().run(request)
            ran.set()
            raise ZeroDivisionError

    ran, runner = threading.Event(), Broken()
    schedule = start_schedule(
        runner.as_runner(), settings_of(source, DASHBOARD_PRECOMPUTE_INTERVAL="1"), wall_clock()
    )
    for _ in range(2):
        assert ran.wait(30)
        ran.clear()
    schedule.shutdown()
    assert {request.trigger for request in runner.requests} == {Trigger.SCHEDULE}


def test_no_run_begins_once_the_schedule_is_ended(source: Path) -> None:
    runner = RunnerThatOnlyNotes()
    settings = settings_of(source)
    schedule = start_schedule(runner.as_runner(), settings, wall_clock() + timedelta(minutes=9))
    schedule.shutdown()
    assert not schedule._thread.is_alive()
    assert runner.requests == []


def test_a_scheduled_run_is_of_all_datasets_at_the_present_instant() -> None:
    runner = RunnerThatOnlyNotes()
    before = wall_clock()
    run_scheduled(runner.as_runner(), Trigger.SCHEDULE)
    (request,) = runner.requests
    assert (request.trigger, request.datasets, request.reproduce) == (Trigger.SCHEDULE, None, False)
    assert before <= request.now <= wall_clock()


def test_a_failure_is_one_line_in_the_log_and_no_more(caplog: pytest.LogCaptureFixture) -> None:
    runner = RunnerThatOnlyNotes(SourceError("sites.db", "another program keeps it locked", "try again"))
    run_scheduled(runner.as_runner(), Trigger.SCHEDULE)
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info is None
    assert record.getMessage() == (
        "scheduled run failed: sites.db: another program keeps it locked; try again"
    )


def fill_cache(db: Path, at: datetime) -> None:
    for dataset in catalogue().values():
        set_entry(db, dataset.key, {}, 15, at)


def test_the_first_run_comes_an_interval_after_the_oldest_entry(source: Path) -> None:
    migrate(source)
    settings = settings_of(source)
    fill_cache(source, NOW)
    assert next_due(settings, NOW + timedelta(minutes=4)) == NOW + timedelta(minutes=10)
    assert next_due(settings, NOW + timedelta(minutes=12)) == NOW + timedelta(minutes=12)


def test_the_first_run_comes_at_once_if_entries_are_of_a_day_to_come(source: Path) -> None:
    """As after a restart, when a clock that was a day ahead has been corrected."""
    migrate(source)
    fill_cache(source, NOW + timedelta(days=1))
    assert next_due(settings_of(source), NOW) == NOW


def test_the_first_run_comes_at_once_if_an_entry_is_missing_or_expired(source: Path) -> None:
    settings = settings_of(source)
    assert next_due(settings, NOW) == NOW
    migrate(source)
    assert next_due(settings, NOW) == NOW
    fill_cache(source, NOW)
    execute(source, "delete from dashboard_cache where cache_key = 'pipeline/pipeline_funnel'")
    assert next_due(settings, NOW) == NOW
