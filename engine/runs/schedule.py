"""The schedule: every dataset at a fixed interval and at the warm-up times, one run at a time.

A run that comes late is made up for once, not as often as it was missed.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from engine.cache import cache_state
from engine.clock import wall_clock
from engine.datasets import catalogue
from engine.errors import DashboardError, SourceError
from engine.fingerprint import fingerprints
from engine.results import FAILED
from engine.runs.job_log import keep_job_interval
from engine.runs.request import RunRequest, Trigger
from engine.runs.runner import Runner
from engine.settings import Settings

log = logging.getLogger(__name__)


def start_schedule(runner: Runner, settings: Settings, first_run_at: datetime) -> BackgroundScheduler:
    """Start the schedule in the background, its first run at an instant; ``shutdown()`` ends it."""
    zone = ZoneInfo(settings.time_zone)
    scheduler = BackgroundScheduler(
        timezone=zone, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    scheduler.add_job(
        run_scheduled,
        IntervalTrigger(seconds=settings.precompute_interval_seconds, timezone=zone),
        args=[runner, Trigger.SCHEDULE],
        id="precompute",
        next_run_time=first_run_at,
    )
    for time_of_day in settings.warm_at:
        hour, minute = time_of_day.split(":")
        scheduler.add_job(
            run_scheduled,
            CronTrigger(hour=int(hour), minute=int(minute), timezone=zone),
            args=[runner, Trigger.WARM],
            id=f"warm-{time_of_day}",
        )
    keep_job_interval(settings.db, settings.precompute_interval_seconds)
    scheduler.start()
    return scheduler


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


def run_scheduled(runner: Runner, trigger: Trigger) -> None:
    """Run every dataset; a failure is logged in one line and leaves the schedule as it is."""
    try:
        summary = runner.run(RunRequest(trigger, wall_clock()))
    except DashboardError as error:
        if not runner.is_closed:
            log.error("scheduled run failed: %s", error)
    else:
        for name, reason in summary.reasons(FAILED).items():
            log.warning("dataset %s failed: %s", name, reason)
        log.info("pre-computed %d cache entries in %d ms", summary.entries, summary.duration_ms)
