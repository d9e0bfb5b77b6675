"""Datasets computed at once and not stored, for commands that answer about this moment.

Nothing is written but the replica and its mark in the source, and those only by ``compute_proved``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime

from engine.model import payload
from engine.model.errors import DashboardError
from engine.model.payload import Columns
from engine.model.results import Progress, ReplicaMark, RunOrder, RunOutcome
from engine.model.settings import Settings
from engine.model.source_file.failures import require_file
from engine.runs.engine_process import EngineProcess
from engine.runs.lock import holding, make_run_lock
from engine.store.freshness.replica_token import store_replica_mark
from engine.store.sqlite.database import missing_tables, write_transaction

log = logging.getLogger(__name__)


def compute_live(
    settings: Settings,
    names: Iterable[str],
    now: datetime,
    report: Callable[[Progress], None],
) -> RunOutcome:
    """Return what a run of the named datasets would store. Raises DashboardError.

    The tables they read are read whole, into memory: for small ones.
    """
    order = RunOrder(settings.db, now, settings.time_zone, tuple(names), limits=settings.run_limits)
    return _compute(order, report)


def compute_proved(
    settings: Settings, names: Iterable[str], now: datetime, report: Callable[[Progress], None]
) -> RunOutcome:
    """Return the same, computed on the replica after every row has been compared with the source.

    Waits for a run under way. Raises DashboardError.
    """
    require_file(settings.db)
    order = RunOrder(
        settings.db,
        now,
        settings.time_zone,
        tuple(names),
        replica=settings.replica_path,
        memory_limit_bytes=settings.memory_limit_bytes,
        prove=True,
        limits=settings.run_limits,
    )
    with holding(make_run_lock(settings)):
        outcome = _compute(order, report)
        if outcome.mark is not None and "dashboard_state" not in missing_tables(settings.db):
            _store_mark(settings, outcome.mark)
    return outcome


def _store_mark(settings: Settings, mark: ReplicaMark) -> None:
    """Store by what the next run knows the source again; without it that run compares every row."""
    try:
        with write_transaction(settings.db) as connection:
            store_replica_mark(connection, mark)
    except DashboardError as error:
        log.info("the replica's mark is not stored: %s", error)


def _compute(order: RunOrder, report: Callable[[Progress], None]) -> RunOutcome:
    engine = EngineProcess()
    try:
        return engine.compute(order, report)
    finally:
        engine.close()


def live_values(outcome: RunOutcome) -> dict[str, Columns]:
    """Return the values of an outcome by dataset name."""
    return {dataset.name: payload.decode(dataset.blob) for dataset in outcome.computed}
