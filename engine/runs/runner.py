"""The runner: one run at a time over all processes, stored whole or not at all.

A file lock, which ends with its holder, allows one run at a time. A request that waited for the lock first
looks at the runs that ended meanwhile, and takes the result of one that covers it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from filelock import Timeout

from engine.model.catalogue.datasets import select_datasets
from engine.model.clock import wall_clock
from engine.model.errors import ComputeError, DashboardError
from engine.model.private_files import tighten
from engine.model.settings import Settings
from engine.model.source_file.retry import ATTEMPT_SECONDS, LONGEST_SECONDS, while_locked
from engine.model.source_file.stamp import FileIdentity
from engine.model.trigger import Trigger
from engine.model.values.orders import RunOrder
from engine.model.values.quality import IntegrityCheck
from engine.model.values.results import NOTHING_COMPUTED, Progress
from engine.runs.health.progress import shared_progress
from engine.runs.orders import hold_order, run_order
from engine.runs.partial_results import PartialResults
from engine.runs.processes.engine_process import EngineProcess
from engine.runs.processes.quick_check import QuickChecker
from engine.runs.processes.shared_engine import EngineShare
from engine.runs.records.stored_run import store_computed, store_failure
from engine.runs.records.summary import RunSummary
from engine.runs.request import RunRequest
from engine.runs.turns.lock import Fence, RunLock, holding, make_run_lock
from engine.runs.turns.single_flight import join_finished_run
from engine.store.backend import writing
from engine.store.freshness.unstored import UnstoredFailures
from engine.store.quick_check import store_integrity
from engine.store.runs import latest_run_id
from engine.store.sqlite.source_keeper import Keeper, keep_source, keep_store, release_source
from engine.store.sqlite.store_file import is_store_prepared, prepare_store

log = logging.getLogger(__name__)

HEALTH = "database_health"
"""The dataset that shows what the quick check found."""

Result = TypeVar("Result")


def _ms_since(ticks: float) -> int:
    return _ms_between(ticks, time.perf_counter())


def _ms_between(earlier: float, later: float) -> int:
    return round((later - earlier) * 1000)


def _ignore(_: Progress) -> None:
    return None


class Runner:
    """Runs datasets of one source for one process, in one engine process; thread-safe.

    ``engine`` None starts one. The engine process ends with the runner, unless that has a share of it.
    """

    def __init__(self, settings: Settings, engine: EngineProcess | EngineShare | None = None) -> None:
        for folder in (settings.state_dir, settings.replica_path.parent):
            tighten(folder)
        self._settings = settings
        self.unstored_failures = UnstoredFailures()
        self._engine: EngineProcess | EngineShare = EngineProcess() if engine is None else engine
        self._checker = QuickChecker()
        self._mutex = threading.Lock()
        self._closed = False
        self.keeper, self._store_keeper = self._keepers_of(settings)

    def _keepers_of(self, settings: Settings) -> tuple[Keeper, Keeper]:
        """Return the keepers of the source and of the store, which are one if the store is in the source."""
        keeper = keep_source(settings)
        keeper.call_when_replaced(self._abandon)
        return keeper, keep_store(settings)

    def watch_files(self) -> None:
        """Have the source and the store watched in threads from now on; calling it again is harmless."""
        self.keeper.start()
        self._store_keeper.start()

    def _abandon(self) -> None:
        """End all that still reads the file that was replaced."""
        checker, self._checker = self._checker, QuickChecker()
        checker.stop()
        self._engine.close()

    @property
    def settings(self) -> Settings:
        """Return the settings of the runs; new settings apply from the next run on."""
        return self._settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        before, self._settings = (self.keeper, self._store_keeper), settings
        self.keeper, self._store_keeper = self._keepers_of(settings)
        for keeper in before:
            release_source(keeper)

    @property
    def is_closed(self) -> bool:
        """Return whether ``close`` has been called; a run that fails after that is no fault."""
        return self._closed

    @property
    def engine_pid(self) -> int | None:
        """Return the engine process's id; None while there is none."""
        return self._engine.pid

    def run(self, request: RunRequest, report: Callable[[Progress], None] = _ignore) -> RunSummary:
        """Compute and store the datasets of a request; return the run's summary.

        It waits for a run under way, and takes its result if that covers the request. While another program
        locks the database each step is tried again, until the next run is due. Raises DashboardError if
        nothing could be computed or stored; the cache is then unchanged.
        """
        select_datasets(request.names)
        with self.keeper.in_use() as file:
            return self._run(request, report, file)

    def _run(self, request: RunRequest, report: Callable[[Progress], None], file: FileIdentity) -> RunSummary:
        settings, asked = self.settings, time.monotonic()
        lock = self._while_locked(asked, self._prepared)
        before = self._while_locked(asked, lambda: latest_run_id(settings.store))
        with self._mutex, holding(lock, lambda: self._closed):
            if self._closed:
                raise ComputeError("the run", "the dashboard is being ended", "start it again")
            if answer := self._while_locked(asked, lambda: join_finished_run(settings, request, before)):
                return answer
            if not request.reproduce:
                # A request that waited gets the values of now, not of when the wait began.
                waited = timedelta(seconds=int(time.monotonic() - asked))
                request = replace(request, now=request.now + waited)
            with shared_progress(self.settings, request.trigger, wall_clock(), report) as share:
                return self._run_locked(
                    request, share, file, Fence(lock), _ms_between(asked, time.monotonic())
                )

    def _prepared(self) -> RunLock:
        """Return the run lock, not yet held, after creating the dashboard's tables if they are missing."""
        # In this order no lock is made for a source that cannot be read, and nothing is written to a
        # source whose lock cannot be made.
        is_ready = is_store_prepared(self.settings)
        lock = make_run_lock(self.settings)
        if not is_ready:
            prepare_store(self.settings)
            log.info("created the dashboard's tables in %s", self.settings.store)
        return lock

    def _while_locked(self, since: float, action: Callable[[], Result]) -> Result:
        """Return an action's result; retry it while the database is locked, until the next run is due."""
        until_next_run = self.settings.precompute_interval_seconds - (time.monotonic() - since)
        return while_locked(action, min(LONGEST_SECONDS, until_next_run), lambda: self._closed)

    def _run_locked(
        self,
        request: RunRequest,
        report: Callable[[Progress], None],
        file: FileIdentity,
        fence: Fence,
        waited_ms: int,
    ) -> RunSummary:
        started_at, ticks, began = wall_clock(), time.perf_counter(), time.monotonic()
        try:
            order = self._while_locked(began, lambda: self._order(request, started_at))
            partial = PartialResults(self.settings.store, request.now, self.settings.time_zone, fence.stored)
            outcome = self._while_locked(began, lambda: self._engine.compute(order, report, partial.add))
            self.keeper.require_unreplaced(file)
            summary = RunSummary(
                request.trigger, started_at, _ms_since(ticks), None, outcome, waited_ms=waited_ms
            )
            generation = self._while_locked(
                began, lambda: store_computed(self.settings, request, summary, fence)
            )
        except DashboardError as error:
            # If the file was replaced the engine process was ended for it, so that is the true cause.
            self.keeper.require_unreplaced(file)
            # A run that ends with this process has not failed, because the next one replaces it.
            if not self._closed:
                failed = RunSummary(
                    request.trigger, started_at, _ms_since(ticks), None, NOTHING_COMPUTED, waited_ms=waited_ms
                )
                store_failure(self.settings, request, failed, error, self.unstored_failures)
            raise
        self.unstored_failures.clear(self.settings)
        if order.full_audit:
            self._check_integrity(request, order.integrity)
        return replace(summary, generation=generation)

    def _check_integrity(self, request: RunRequest, known: IntegrityCheck | None) -> None:
        """Start the quick check of the source; no run waits for it."""
        settings = self.settings

        def store(started_at: datetime, found: IntegrityCheck | None) -> None:
            def write() -> None:
                with writing(settings.store, ATTEMPT_SECONDS) as connection:
                    store_integrity(connection, started_at, found)

            while_locked(write, is_given_up=lambda: self._closed)
            if found is not None and (known is None or found.finding != known.finding):
                # Pages show it at once, not when the next run is due.
                now = request.now if request.reproduce else wall_clock()
                self.run(RunRequest(Trigger.CHECK, now, (HEALTH,), request.reproduce))

        if settings.source_file is not None:
            self._checker.start(settings.source_file, store)
        else:
            # A server checks its own files. The full audit is noted, because the next one is due by that.
            store(wall_clock(), None)

    def finish_integrity_check(self) -> None:
        """Wait until a quick check under way has ended and its result is stored."""
        self._checker.wait()

    def _order(self, request: RunRequest, started_at: datetime) -> RunOrder:
        return run_order(self.settings, request, started_at, is_being_checked=self._checker.is_under_way)

    def hold_replica(self) -> bool:
        """Have the engine process hold the replica and answer questions, if no process does.

        It returns at once whether it does so now: it does not during a run, or if there is no usable replica.
        """
        if self._closed or not self._mutex.acquire(blocking=False):
            return False
        try:
            lock = make_run_lock(self.settings)
            lock.acquire(timeout=0)
            try:
                return self._engine.hold(hold_order(self.settings))
            finally:
                lock.release()
        except (OSError, Timeout, DashboardError) as error:
            log.debug("the replica is not held: %s", error)
            return False
        finally:
            self._mutex.release()

    def close(self) -> None:
        """End the engine process and a run under way, of which nothing is stored; no other run begins."""
        if self._closed:
            return
        self._closed = True
        self._checker.stop()
        self._engine.close()
        # The check's process has the source open, and its thread may have begun a run.
        self._checker.wait()
        # The last holder in this process that releases the source empties its log.
        release_source(self.keeper)
        release_source(self._store_keeper)
