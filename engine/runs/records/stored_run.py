"""Stores a run that has ended: its values and record in one transaction, then its log line.

A failed run leaves its record and the entries as they are. If not even that can be written, the failure is
kept in memory, where every page of this process finds it.
"""

from __future__ import annotations

import logging
import time

from engine.model.clock import wall_clock
from engine.model.errors import DashboardError
from engine.model.settings import Settings
from engine.model.source_file.failures import is_damage
from engine.model.values.results import FAILED
from engine.runs.records.after_store import storing
from engine.runs.records.run_log import log_run
from engine.runs.records.summary import RunSummary
from engine.runs.request import RunRequest
from engine.runs.turns.lock import Fence
from engine.store.backend import reading
from engine.store.freshness.replica_token import place_of
from engine.store.freshness.unstored import UnstoredFailure, UnstoredFailures
from engine.store.runs import RunRecord, insert_run
from engine.store.writes import prepare_run, store_run

log = logging.getLogger(__name__)


def store_computed(settings: Settings, request: RunRequest, summary: RunSummary, fence: Fence) -> int:
    """Store a computed run; return its generation. Raises SourceError, ComputeError."""
    failed = summary.reasons(FAILED)
    error_line = "; ".join(f"{name}: {reason}" for name, reason in failed.items()) or None
    record = _record(settings, request, summary, "partial" if failed else "success", error_line)
    ticks = time.perf_counter()
    with reading(settings.store) as connection:
        prepared = prepare_run(connection, record, summary.outcome)
    place = place_of(settings)
    with storing(settings, record if request.is_job_run else None, summary.outcome) as connection:
        stored = fence.stored(connection)
        if stored is None:
            stored = store_run(connection, prepared, place)
            fence.note_stored(connection, stored)
    store_ms = round((time.perf_counter() - ticks) * 1000)
    log_run(record, summary, stored.run_id, stored.generation, store_ms, source=settings.source_name)
    return stored.generation


def store_failure(
    settings: Settings,
    request: RunRequest,
    summary: RunSummary,
    error: DashboardError,
    unstored: UnstoredFailures,
) -> None:
    """Store that a run has failed; keep it in ``unstored`` if nothing can be written, or may be."""
    failure = UnstoredFailure(summary.started_at, str(error))
    record = _record(settings, request, summary, "failed", str(error))
    run_id = None
    is_elsewhere = settings.is_apart and error.offender == str(settings.source)
    if is_damage(error) and not is_elsewhere:
        log.info("the failed run is not stored: nothing is written to a damaged file")
        unstored.keep(settings, failure)
        log_run(record, summary, run_id, source=settings.source_name)
        return
    try:
        job = record if request.is_job_run else None
        with storing(settings, job, summary.outcome) as connection:
            run_id = insert_run(connection, record, None)
    except DashboardError as unwritable:
        # If it is the same error as that of the run, the log has it already.
        level = logging.INFO if str(unwritable) == str(error) else logging.WARNING
        log.log(level, "the failed run is not stored: %s", unwritable)
        unstored.keep(settings, failure)
        # What was written is rolled back, and its id with it.
        run_id = None
    log_run(record, summary, run_id, source=settings.source_name)


def _record(
    settings: Settings, request: RunRequest, summary: RunSummary, status: str, error: str | None
) -> RunRecord:
    return RunRecord(
        trigger=request.trigger,
        scope=request.scope,
        time_zone=settings.time_zone,
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
