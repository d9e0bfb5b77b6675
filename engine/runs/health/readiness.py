"""Readiness: whether the dashboard has values, whether they are late, and whether new ones can be stored.

A reason names no path, because a probe may show it to whoever may look. Finding them writes nothing to the
source, and never takes its write lock.
"""

from __future__ import annotations

import logging
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from engine.model.catalogue.datasets import catalogue
from engine.model.clock import in_words
from engine.model.errors import DashboardError
from engine.model.settings import Settings
from engine.model.source_file.disk_space import NEARLY_NOTHING_BYTES, free_bytes
from engine.model.values.fingerprint import fingerprints
from engine.runs.health.watch import OwnWatch, Watch
from engine.store import CacheState, cache_state
from engine.store.freshness.run_health import GRACE, LATE_AFTER_INTERVALS, read_late_run, read_newest_start
from engine.store.freshness.unstored import UnstoredFailures
from engine.store.sqlite.replaced_file import unchecked_file

log = logging.getLogger(__name__)

KEPT_SECONDS = 2.0
"""How long a finding counts, so that probes cost next to nothing however many come."""

_SAMPLE = bytes(4096)


@dataclass(frozen=True)
class Readiness:
    """The reasons why the dashboard is not ready, each a line; it is ready without any."""

    reasons: tuple[str, ...]

    @property
    def is_ready(self) -> bool:
        """Return whether the dashboard is ready."""
        return not self.reasons


class ReadinessCheck:
    """The readiness of one process, found every ``KEPT_SECONDS`` at most; logs each change; thread-safe."""

    def __init__(
        self,
        settings: Settings,
        failures: UnstoredFailures,
        watch: Watch | None = None,
        *,
        has_source: bool = True,
    ) -> None:
        self._settings = settings
        self._failures = failures
        self._watch = watch
        self._has_source = has_source
        self._lock = threading.Lock()
        self._found: Readiness | None = None
        self._found_at = 0.0

    def readiness(self, now: datetime) -> Readiness:
        """Return the readiness as of ``now``, or what was found a moment ago; blocking."""
        with self._lock:
            if self._found is None or time.monotonic() - self._found_at > KEPT_SECONDS:
                before, self._found = self._found, self._find(now)
                self._found_at = time.monotonic()
                _log_change(before, self._found, self._settings.source_name)
            return self._found

    def _find(self, now: datetime) -> Readiness:
        return find_readiness(self._settings, self._failures, now, self._watch, has_source=self._has_source)


def _log_change(before: Readiness | None, found: Readiness, source: str) -> None:
    of = f"{source}: " if source else ""
    # The reasons hold times, so they differ although nothing has changed.
    if not found.is_ready and (before is None or before.is_ready):
        log.warning("%snot ready: %s", of, "; ".join(found.reasons))
    elif found.is_ready and before is not None and not before.is_ready:
        log.warning("%sready again", of)


def find_readiness(
    settings: Settings,
    failures: UnstoredFailures,
    now: datetime,
    watch: Watch | None = None,
    *,
    has_source: bool = True,
) -> Readiness:
    """Return the readiness as of ``now``; ``watch`` None is that of a process beside the source.

    A process without a source writes no file and stores no run, so its values alone decide.
    """
    watch = OwnWatch(settings) if watch is None else watch
    try:
        reasons = list(_of_values(settings, now, watch))
        if has_source:
            reasons += _of_writing(settings, failures)
    except DashboardError:
        reasons = ["the database cannot be read", *(_of_folders(settings) if has_source else ())]
    return Readiness(tuple(reasons))


def _of_values(settings: Settings, now: datetime, watch: Watch) -> Iterator[str]:
    """Yield what is wrong with the values. Raises SourceError."""
    state = cache_state(settings.store, now, fingerprints(settings.time_zone))
    total, newest = len(catalogue()), state.newest_computed_at
    if newest is None and len(state.unavailable) < total:
        yield f"none of the {total} datasets has a value yet"
    elif state.missing > state.problems:
        yield f"{state.missing - state.problems} of the {total} datasets have no value yet"
    late = read_late_run(
        settings.store,
        now,
        settings.precompute_interval_seconds,
        ZoneInfo(settings.time_zone),
        is_under_way=watch.progress(now) is not None,
    )
    if late is not None:
        yield late
    elif newest is not None and _is_old(newest, state, settings, now):
        yield f"the newest values were computed {in_words(now - newest)} ago: runs come, and fail"


def _is_old(newest: datetime, state: CacheState, settings: Settings, now: datetime) -> bool:
    """Return whether no run has stored anything for longer than the schedule and the lifetimes allow."""
    interval = timedelta(seconds=settings.precompute_interval_seconds)
    return state.fresh == 0 and now > newest + LATE_AFTER_INTERVALS * interval + GRACE


def _of_writing(settings: Settings, failures: UnstoredFailures) -> Iterator[str]:
    """Yield what keeps values from being stored. Raises SourceError."""
    zone = ZoneInfo(settings.time_zone)
    unchecked = [
        (found, db) for db in settings.databases if (found := unchecked_file(settings, db)) is not None
    ]
    if any(found.refusal(db, zone) is not None for found, db in unchecked):
        yield "the database was replaced, and nothing is written to it until its check has passed"
    if failures.latest(settings, read_newest_start(settings.store)) is not None:
        yield "the latest run could not be stored"
    yield from _of_folders(settings)


def _of_folders(settings: Settings) -> Iterator[str]:
    # SQLite makes its log beside the file.
    store = settings.store_file
    if store is not None:
        if not all(os.access(path, os.W_OK) for path in (store, store.parent)):
            yield "the database, or its folder, cannot be written to"
        free = free_bytes(store.parent)
        if free is not None and free < NEARLY_NOTHING_BYTES:
            yield "the disk of the database is full"
    folder = next(path for path in (settings.state_dir, *settings.state_dir.parents) if path.exists())
    if not _takes_a_file(folder):
        yield "the state folder cannot be written to, or its disk is full"


def _takes_a_file(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            return file.write(_SAMPLE) == len(_SAMPLE)
    except OSError:
        return False
