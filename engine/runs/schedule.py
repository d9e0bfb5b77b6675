"""The schedule: runs every dataset at a fixed interval and at the warm-up times.

It wakes twice a minute and reads the wall clock, so runs come although a clock is set or a machine sleeps.
If several runs were missed it makes up for them with one. While the pipeline is silent it computes
``activity_now`` alone between runs of all datasets.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from engine.model.catalogue.datasets import catalogue
from engine.model.clock import wall_clock
from engine.model.errors import DashboardError, SourceError
from engine.model.settings import Settings
from engine.model.trigger import Trigger
from engine.model.values.fingerprint import fingerprints
from engine.model.values.results import FAILED
from engine.runs.health.standstill import ACTIVITY, activity_is_due
from engine.runs.records.job_log import keep_job_interval
from engine.runs.request import RunRequest
from engine.runs.runner import Runner
from engine.runs.timetable import Timetable
from engine.store import cache_state, read_entries

log = logging.getLogger(__name__)

POLL_SECONDS = 30.0


class Schedule:
    """The schedule of one process, in a thread of its own; ``clock`` returns the current instant."""

    def __init__(
        self,
        runner: Runner,
        settings: Settings,
        first_run_at: datetime,
        clock: Callable[[], datetime] = wall_clock,
    ) -> None:
        self._runner = runner
        self._settings = settings
        self._clock = clock
        self.timetable = Timetable(
            interval=timedelta(seconds=settings.precompute_interval_seconds),
            warm_at=tuple(map(_time_of_day, settings.warm_at)),
            zone=ZoneInfo(settings.time_zone),
            next_at=first_run_at,
            polled_at=clock(),
        )
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="dashboard-schedule", daemon=True)

    def start(self) -> None:
        """Start the thread, which runs what is due."""
        self._thread.start()

    def shutdown(self, wait: bool = True) -> None:
        """Start no more runs; with ``wait``, return when the run under way has ended."""
        self._ended.set()
        if wait and self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        while not self._ended.is_set():
            try:
                self.poll()
            except Exception:
                log.exception("the schedule could not start a run")
            until_next = self.timetable.wait(self._clock()).total_seconds()
            self._ended.wait(min(POLL_SECONDS, max(0.1, until_next)))

    def poll(self) -> None:
        """Run what is due now; return when it has ended."""
        now = self._clock()
        trigger = self.timetable.due(now)
        self.timetable = self.timetable.after(trigger, now)
        if trigger is not None:
            run_scheduled(self._runner, trigger, now)
            # Again, because the database may have been locked when the schedule started.
            _keep_job_interval(self._settings)
        elif self._activity_is_due(now):
            run_scheduled(self._runner, Trigger.SCHEDULE, now, (ACTIVITY,))

    def _activity_is_due(self, now: datetime) -> bool:
        key = catalogue()[ACTIVITY].key
        try:
            expected = fingerprints(self._settings.time_zone)
            entry = read_entries(self._settings.store, [key], now, expected)[key]
        except DashboardError:
            return False
        return activity_is_due(entry, now)


def start_schedule(runner: Runner, settings: Settings, first_run_at: datetime) -> Schedule:
    """Start the schedule in the background, with its first run at an instant; ``shutdown()`` ends it."""
    _keep_job_interval(settings)
    schedule = Schedule(runner, settings, first_run_at)
    schedule.start()
    return schedule


def _keep_job_interval(settings: Settings) -> None:
    if settings.logs_jobs and settings.source_file is not None:
        keep_job_interval(settings.db, settings.precompute_interval_seconds)


def _time_of_day(text: str) -> time:
    hour, minute = text.split(":")
    return time(int(hour), int(minute))


def next_due(settings: Settings, now: datetime) -> datetime:
    """Return when the next run of all datasets is due: an interval after the oldest entry was computed.

    It is due at once if a dataset has no fresh entry, or if the source cannot be read. An entry of another
    time zone or version is not fresh.
    """
    try:
        state = cache_state(settings.store, now, fingerprints(settings.time_zone))
    except SourceError:
        return now
    if state.oldest_computed_at is None or state.fresh < len(catalogue()):
        return now
    return max(now, state.oldest_computed_at + timedelta(seconds=settings.precompute_interval_seconds))


def run_scheduled(
    runner: Runner, trigger: Trigger, now: datetime | None = None, datasets: tuple[str, ...] | None = None
) -> None:
    """Run datasets, all if None, at the instant ``now``, the current one if None.

    A failure is logged in one line, and the schedule goes on.
    """
    try:
        summary = runner.run(RunRequest(trigger, wall_clock() if now is None else now, datasets))
    except DashboardError as error:
        if not runner.is_closed:
            log.error("scheduled run failed: %s", error)
    else:
        for name, reason in summary.reasons(FAILED).items():
            log.warning("dataset %s failed: %s", name, reason)
