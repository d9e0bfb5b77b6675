"""The schedule: a fixed interval and the warm-up times, one run at a time, a late one once."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from apscheduler.schedulers.background import BackgroundScheduler

from engine.cache.store import set_entry
from engine.clock import wall_clock
from engine.database import migrate
from engine.datasets import catalogue
from engine.errors import SourceError
from engine.results import RunOutcome
from engine.runs import Runner, RunRequest, RunSummary, Trigger
from engine.runs.schedule import next_due, run_scheduled, start_schedule
from tests.engine.source_database import NOW, execute, settings_of

FAR = datetime(2099, 1, 1, tzinfo=NOW.tzinfo)


class RunnerThatOnlyNotes:
    """Stands in for a runner: keeps what it was asked, fails where it is told to."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.requests: list[RunRequest] = []
        self.failure = failure

    def run(self, request: RunRequest) -> RunSummary:
        self.requests.append(request)
        if self.failure:
            raise self.failure
        return RunSummary(request.trigger, request.now, 5, 1, RunOutcome((), (), (), ()))

    def as_runner(self) -> Runner:
        return cast(Runner, self)


@pytest.fixture
def scheduler(source: Path) -> Iterator[BackgroundScheduler]:
    settings = settings_of(
        source,
        DASHBOARD_PRECOMPUTE_INTERVAL="300",
        DASHBOARD_WARM_AT="7:30,18:00",
        DASHBOARD_TIMEZONE="Australia/Adelaide",
    )
    scheduler = start_schedule(RunnerThatOnlyNotes().as_runner(), settings, first_run_at=FAR)
    yield scheduler
    scheduler.shutdown()


def test_the_jobs_are_the_interval_and_each_warm_up_time(scheduler: BackgroundScheduler) -> None:
    jobs: dict[str, Any] = {job.id: job for job in scheduler.get_jobs()}
    assert set(jobs) == {"precompute", "warm-7:30", "warm-18:00"}
    assert jobs["precompute"].trigger.interval == timedelta(seconds=300)
    assert jobs["precompute"].next_run_time == FAR
    assert jobs["precompute"].args[1:] == (Trigger.SCHEDULE,)
    warm = jobs["warm-7:30"]
    assert warm.args[1:] == (Trigger.WARM,)
    assert f"{warm.next_run_time:%H:%M}" == "07:30"
    assert str(warm.next_run_time.tzinfo) == "Australia/Adelaide"


def test_a_late_run_comes_once_and_never_beside_itself(scheduler: BackgroundScheduler) -> None:
    for job in scheduler.get_jobs():
        assert job.coalesce is True
        assert job.max_instances == 1
        assert job.misfire_grace_time is None


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


def test_the_first_run_comes_at_once_where_an_entry_is_missing_or_expired(source: Path) -> None:
    settings = settings_of(source)
    assert next_due(settings, NOW) == NOW
    migrate(source)
    assert next_due(settings, NOW) == NOW
    fill_cache(source, NOW)
    execute(source, "delete from dashboard_cache where cache_key = 'pipeline/pipeline_funnel'")
    assert next_due(settings, NOW) == NOW
