"""Runs: one at a time over all processes, stored whole or not at all.

A file lock, which dies with its holder, keeps runs apart. Whoever had to wait for it looks first
at what was stored meanwhile: a run that ended after the wish and covers it is its answer.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from filelock import FileLock

from engine.cache.entries import RunRow, read_entries, read_generation, select_runs
from engine.cache.store import ALL, RunRecord, insert_run, known_integrity, store_run
from engine.clock import wall_clock
from engine.database import Anchor, migrate, missing_tables, open_database, write_transaction
from engine.datasets import catalogue, select_datasets
from engine.errors import ComputeError, DashboardError, SettingError
from engine.results import FAILED, IntegrityCheck, Progress, RunOrder, RunOutcome
from engine.runs.engine_process import EngineProcess
from engine.runs.job_log import note_job_run
from engine.runs.summary import RunSummary
from engine.settings import Settings
from engine.source_errors import is_damage

log = logging.getLogger(__name__)

INTEGRITY_INTERVAL = timedelta(hours=24)
FAILURE_REST = timedelta(minutes=1)


class Trigger(StrEnum):
    """What started a run."""

    SCHEDULE = "schedule"
    FULL = "full"
    PAGE = "page"
    READ = "read"
    COMMAND = "command"
    WARM = "warm"


@dataclass(frozen=True)
class RunRequest:
    """A wish for a run: ``datasets`` None means all of them.

    ``reproduce`` asks for a run at exactly this ``now``, which no other run can stand in for.
    """

    trigger: Trigger
    now: datetime
    datasets: tuple[str, ...] | None = None
    reproduce: bool = False

    @property
    def scope(self) -> str:
        """Return ``all``, or the names of the datasets, comma-separated."""
        return ALL if self.datasets is None else ",".join(sorted(self.datasets))

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the datasets, those of the whole catalogue for a run of all."""
        return tuple(catalogue()) if self.datasets is None else self.datasets


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
        lock = self._run_lock()
        if lacking:
            migrate(db)
            log.info("created the dashboard's tables in %s", db)
        before = self._generation()
        self._anchor.hold()
        with self._mutex, self._holding(lock):
            if self._closed:
                raise ComputeError("the run", "the dashboard is being ended", "start it again")
            if request.trigger is Trigger.READ:
                self._rest_after_failure(request)
            if not request.reproduce and (summary := self._covered_meanwhile(request, before)):
                return summary
            return self._run_locked(request, report)

    def _run_lock(self) -> FileLock:
        path = self.settings.lock_path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingError(
                "DASHBOARD_STATE_DIR", f"cannot make {path.parent} ({error.strerror})", "name another folder"
            ) from None
        return FileLock(path, thread_local=False)

    @contextmanager
    def _holding(self, lock: FileLock) -> Iterator[None]:
        try:
            lock.acquire()
        except OSError as error:
            raise SettingError(
                "DASHBOARD_STATE_DIR",
                f"cannot lock {lock.lock_file} ({error.strerror})",
                "name another folder",
            ) from None
        try:
            yield
        finally:
            lock.release()

    def _generation(self) -> int:
        with open_database(self.settings.db) as connection:
            return read_generation(connection)

    def _covered_meanwhile(self, request: RunRequest, before: int) -> RunSummary | None:
        """Return another run's result where it is this request's answer too; None where it is not."""
        with open_database(self.settings.db) as connection:
            runs = list(select_runs(connection, "where generation > ? order by id desc", [before]))
        answer = next((run for run in runs if _answers(run, request)), None)
        if answer is None and runs and request.trigger is Trigger.READ and not self._is_due(request):
            answer = runs[0]
        return None if answer is None else _joined(answer)

    def _rest_after_failure(self, request: RunRequest) -> None:
        """Raise ComputeError where the latest run has just failed: readers do not start it over and over."""
        with open_database(self.settings.db) as connection:
            latest = next(iter(select_runs(connection, "order by id desc limit 1", [])), None)
        if latest and latest.status == "failed" and request.now - latest.finished_at < FAILURE_REST:
            at = f"{latest.finished_at:%H:%M:%S} UTC"
            raise ComputeError(
                f"the run of {at}", f"it failed: {latest.error}", "refresh to try again at once"
            )

    def _is_due(self, request: RunRequest) -> bool:
        keys = [dataset.key for dataset in select_datasets(request.names)]
        entries = read_entries(self.settings.db, keys, request.now)
        return any(entry.due for entry in entries.values())

    def _run_locked(self, request: RunRequest, report: Callable[[Progress], None]) -> RunSummary:
        started_at, ticks = wall_clock(), time.perf_counter()
        try:
            order = self._order(request, started_at)
            outcome = self._engine.compute(order, report)
        except DashboardError as error:
            # A run that the end of this process cuts short has not failed: the next one makes up for it.
            if not self._closed:
                self._store_failure(request, started_at, ticks, error)
            raise
        if order.check_integrity and outcome.integrity is not None:
            # When the file was read, which is not the instant that a reproduced run describes.
            outcome = replace(outcome, integrity=replace(outcome.integrity, checked_at=started_at))
        duration_ms = round((time.perf_counter() - ticks) * 1000)
        summary = RunSummary(request.trigger, started_at, duration_ms, None, outcome)
        failed = summary.reasons(FAILED)
        record = RunRecord(
            trigger=request.trigger,
            scope=request.scope,
            time_zone=self.settings.time_zone,
            as_of=request.now,
            started_at=started_at,
            finished_at=wall_clock(),
            duration_ms=duration_ms,
            datasets=len(outcome.computed),
            failed=len(failed),
            entries=summary.entries,
            status="partial" if failed else "success",
            error="; ".join(f"{name}: {reason}" for name, reason in failed.items()) or None,
        )
        with write_transaction(self.settings.db) as connection:
            generation = store_run(connection, record, outcome)
            if _is_job_run(request):
                note_job_run(connection, record)
        return RunSummary(request.trigger, started_at, duration_ms, generation, outcome)

    def _order(self, request: RunRequest, started_at: datetime) -> RunOrder:
        with open_database(self.settings.db) as connection:
            integrity = known_integrity(connection)
        return RunOrder(
            db=self.settings.db,
            now=request.now,
            time_zone=self.settings.time_zone,
            datasets=request.names,
            integrity=integrity,
            check_integrity=_integrity_is_due(request, integrity, started_at),
        )

    def _store_failure(
        self, request: RunRequest, started_at: datetime, ticks: float, error: DashboardError
    ) -> None:
        if is_damage(error):
            log.info("the failed run is not noted: a damaged file is left as it is")
            return
        record = RunRecord(
            trigger=request.trigger,
            scope=request.scope,
            time_zone=self.settings.time_zone,
            as_of=request.now,
            started_at=started_at,
            finished_at=wall_clock(),
            duration_ms=round((time.perf_counter() - ticks) * 1000),
            datasets=0,
            failed=0,
            entries=0,
            status="failed",
            error=str(error),
        )
        try:
            with write_transaction(self.settings.db) as connection:
                insert_run(connection, record, None)
                if _is_job_run(request):
                    note_job_run(connection, record)
        except DashboardError as unwritable:
            log.warning("the failed run is not noted: %s", unwritable)

    def close(self) -> None:
        """End the engine process, and a run under way with it, which leaves no trace; no other begins."""
        self._closed = True
        self._engine.close()
        self._anchor.release()


def _answers(run: RunRow, request: RunRequest) -> bool:
    """Tell whether a run that ended while a request waited gives all that it asks for."""
    if request.trigger is Trigger.FULL and run.trigger != Trigger.FULL:
        # Only a full refresh checks the whole file.
        return False
    covered = set(catalogue()) if run.scope == ALL else set(run.scope.split(","))
    of_its_time = abs(run.as_of - run.started_at) <= timedelta(minutes=1)
    return set(request.names) <= covered and of_its_time


def _joined(run: RunRow) -> RunSummary:
    nothing = RunOutcome((), (), (), (), None)
    return RunSummary(run.trigger, run.started_at, run.duration_ms, run.generation, nothing, joined=True)


def _is_job_run(request: RunRequest) -> bool:
    jobs = (Trigger.SCHEDULE, Trigger.COMMAND, Trigger.WARM)
    return request.datasets is None and request.trigger in jobs


def _integrity_is_due(request: RunRequest, last: IntegrityCheck | None, at: datetime) -> bool:
    """Tell whether a run reads the whole file to check it: a full refresh does, others once a day."""
    if request.datasets is not None:
        return False
    return request.trigger is Trigger.FULL or last is None or at - last.checked_at >= INTEGRITY_INTERVAL
