"""Runs: one at a time over all processes, stored whole or not at all.

A file lock, which dies with its holder, keeps runs apart. Whoever had to wait for it looks first
at what was stored meanwhile: a run that ended after the wish and covers it is its answer.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from engine.cache.entries import current_generation
from engine.cache.store import RunRecord, insert_run, keys_without_entry, known_integrity, store_run
from engine.clock import wall_clock
from engine.database import Anchor, migrate, missing_tables, open_database, write_transaction
from engine.datasets import catalogue, select_datasets
from engine.errors import ComputeError, DashboardError
from engine.results import FAILED, NOTHING_COMPUTED, Progress, RunOrder
from engine.runs.early import EarlyEntries
from engine.runs.engine_process import EngineProcess
from engine.runs.job_log import note_job_run
from engine.runs.lock import holding, make_run_lock
from engine.runs.progress import shared_progress
from engine.runs.request import RunRequest, integrity_is_due
from engine.runs.summary import RunSummary
from engine.runs.waiting import answer_of_others
from engine.settings import Settings
from engine.source_errors import is_damage

log = logging.getLogger(__name__)


def _ms_since(ticks: float) -> int:
    return round((time.perf_counter() - ticks) * 1000)


def _ignore(_: Progress) -> None:
    return None


class Runner:
    """Runs datasets for one process, through one engine process; thread-safe."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._engine = EngineProcess()
        self._mutex = threading.Lock()
        self._closed = False
        self._anchor = Anchor(settings.db)
        self._anchor.hold()

    @property
    def engine_pid(self) -> int | None:
        """Return the engine process's id; None while there is none."""
        return self._engine.pid

    def run(self, request: RunRequest, report: Callable[[Progress], None] = _ignore) -> RunSummary:
        """Compute and store the datasets of a request; return how that ended.

        Waits for a run under way and takes its result where it covers the request. Raises
        DashboardError where nothing could be computed; the cache is then as it was.
        """
        select_datasets(request.names)
        db = self.settings.db
        # In this order, so that nothing is made for a source that cannot be read, and nothing is
        # written to it where there is no place for the lock.
        lacking = missing_tables(db)
        lock = make_run_lock(self.settings)
        if lacking:
            migrate(db)
            log.info("created the dashboard's tables in %s", db)
        before = current_generation(db)
        self._anchor.hold()
        asked = time.monotonic()
        with self._mutex, holding(lock, lambda: self._closed):
            if self._closed:
                raise ComputeError("the run", "the dashboard is being ended", "start it again")
            if answer := answer_of_others(db, request, before):
                return answer
            if not request.reproduce:
                # Who had to wait wants the values of now, not those of when the wait began.
                waited = timedelta(seconds=int(time.monotonic() - asked))
                request = replace(request, now=request.now + waited)
            with shared_progress(self.settings, request.trigger, wall_clock(), report) as share:
                return self._run_locked(request, share)

    def _run_locked(self, request: RunRequest, report: Callable[[Progress], None]) -> RunSummary:
        started_at, ticks = wall_clock(), time.perf_counter()
        try:
            order = self._order(request, started_at)
            early = EarlyEntries(self.settings.db, request.now)
            outcome = self._engine.compute(order, report, early.take)
        except DashboardError as error:
            # A run that the end of this process cuts short has not failed: the next one makes up for it.
            if not self._closed:
                self._store_failure(request, started_at, ticks, error)
            raise
        if order.check_integrity and outcome.integrity is not None:
            # When the file was read, which is not the instant that a reproduced run describes.
            outcome = replace(outcome, integrity=replace(outcome.integrity, checked_at=started_at))
        summary = RunSummary(request.trigger, started_at, _ms_since(ticks), None, outcome)
        failed = summary.reasons(FAILED)
        error_line = "; ".join(f"{name}: {reason}" for name, reason in failed.items()) or None
        record = self._record(request, summary, "partial" if failed else "success", error_line)
        with write_transaction(self.settings.db) as connection:
            generation = store_run(connection, record, outcome)
            if request.is_job_run:
                note_job_run(connection, record)
        return replace(summary, generation=generation)

    def _record(self, request: RunRequest, summary: RunSummary, status: str, error: str | None) -> RunRecord:
        return RunRecord(
            trigger=request.trigger,
            scope=request.scope,
            time_zone=self.settings.time_zone,
            as_of=request.now,
            started_at=summary.started_at,
            finished_at=wall_clock(),
            duration_ms=summary.duration_ms,
            datasets=len(summary.outcome.computed),
            failed=len(summary.reasons(FAILED)),
            entries=summary.entries,
            status=status,
            error=error,
        )

    def _order(self, request: RunRequest, started_at: datetime) -> RunOrder:
        keys = {catalogue()[name].key: name for name in request.names if name in catalogue()}
        with open_database(self.settings.db) as connection:
            integrity = known_integrity(connection)
            missing = keys_without_entry(connection, keys)
        # Both read the whole file: a full refresh does, and otherwise one run a day.
        is_checked = integrity_is_due(request, integrity, started_at)
        return RunOrder(
            db=self.settings.db,
            now=request.now,
            time_zone=self.settings.time_zone,
            datasets=request.names,
            integrity=integrity,
            check_integrity=is_checked,
            replica=self.settings.replica_path,
            started_at=started_at,
            memory_limit_bytes=self.settings.memory_limit_bytes,
            prove=is_checked,
            early=frozenset(keys[key] for key in missing),
        )

    def _store_failure(
        self, request: RunRequest, started_at: datetime, ticks: float, error: DashboardError
    ) -> None:
        if is_damage(error):
            log.info("the failed run is not noted: a damaged file is left as it is")
            return
        summary = RunSummary(request.trigger, started_at, _ms_since(ticks), None, NOTHING_COMPUTED)
        record = self._record(request, summary, "failed", str(error))
        try:
            with write_transaction(self.settings.db) as connection:
                insert_run(connection, record, None)
                if request.is_job_run:
                    note_job_run(connection, record)
        except DashboardError as unwritable:
            log.warning("the failed run is not noted: %s", unwritable)

    def close(self) -> None:
        """End the engine process, and a run under way with it, which leaves no trace; no other begins."""
        self._closed = True
        self._engine.close()
        self._anchor.release()
