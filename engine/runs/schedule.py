"""The schedule: every dataset at a fixed interval and at the warm-up times, one run at a time.

It wakes twice a minute and goes by the wall clock as it is then, so that neither a clock that is set nor
a machine that sleeps keeps a run away. A run that comes late is made up for once, not as often as it was
missed. Between runs of everything it computes ``activity_now`` alone, while the pipeline is silent.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from engine.model.clock import wall_clock
from engine.model.datasets import catalogue
from engine.model.errors import DashboardError, SourceError
from engine.model.fingerprint import fingerprints
from engine.model.results import FAILED
from engine.model.settings import Settings
from engine.model.trigger import Trigger
from engine.runs.activity import ACTIVITY, activity_is_due
from engine.runs.job_log import keep_job_interval
from engine.runs.request import RunRequest
from engine.runs.runner import Runner
from engine.runs.timetable import Timetable
from engine.store import cache_state, read_entries

log = logging.getLogger(__name__)

POLL_SECONDS = 30.0


class Schedule:
    """The schedule of one process, in a thread of its own; ``clock`` returns the present instant."""

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
        """Begin to run what is due."""
        self._thread.start()

    def shutdown(self, wait: bool = True) -> None:
        """Begin no other run; with ``wait``, return when the one under way has ended."""
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
        """Run what is due by the clock now; return when that has ended."""
        now = self._clock()
        trigger = self.timetable.due(now)
        self.timetable = self.timetable.after(trigger, now)
        if trigger is not None:
            run_scheduled(self._runner, trigger, now)
            # At the start of the schedule the database may have been locked.
            keep_job_interval(self._settings.db, self._settings.precompute_interval_seconds)
        elif self._activity_is_due(now):
            run_scheduled(self._runner, Trigger.SCHEDULE, now, (ACTIVITY,))

    def _activity_is_due(self, now: datetime) -> bool:
        key = catalogue()[ACTIVITY].key
        try:
            expected = fingerprints(self._settings.time_zone)
            entry = read_entries(self._settings.db, [key], now, expected)[key]
        except DashboardError:
            return False
        return activity_is_due(entry, now)


def start_schedule(runner: Runner, settings: Settings, first_run_at: datetime) -> Schedule:
    """Start the schedule in the background, its first run at an instant; ``shutdown()`` ends it."""
    keep_job_interval(settings.db, settings.precompute_interval_seconds)
    schedule = Schedule(runner, settings, first_run_at)
    schedule.start()
    return schedule


def _time_of_day(text: str) -> time:
    hour, minute = text.split(":")
    return time(int(hour), int(minute))


def next_due(settings: Settings, now: datetime) -> datetime:
    """Return when the next run of all is due: an interval after the oldest entry.

    It is due at once where a dataset has no fresh entry, which an entry of another time zone or version is
    not, or the source cannot be read.
    """
    try:
        state = cache_state(settings.db, now, fingerprints(settings.time_zone))
    except SourceError:
        return now
    if state.oldest_computed_at is None or state.fresh < len(catalogue()):
        return now
    return max(now, state.oldest_computed_at + timedelta(seconds=settings.precompute_interval_seconds))


def run_scheduled(
    runner: Runner, trigger: Trigger, now: datetime | None = None, datasets: tuple[str, ...] | None = None
) -> None:
    """Run datasets, every one if None; a failure is logged in one line and leaves the schedule as it is.

    ``now`` None is the present instant.
    """
    try:
        summary = runner.run(RunRequest(trigger, wall_clock() if now is None else now, datasets))
    except DashboardError as error:
        if not runner.is_closed:
            log.error("scheduled run failed: %s", error)
    else:
        for name, reason in summary.reasons(FAILED).items():
            log.warning("dataset %s failed: %s", name, reason)
        log.info("pre-computed %d cache entries in %d ms", summary.entries, summary.duration_ms)
