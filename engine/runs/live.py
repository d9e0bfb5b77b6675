"""Datasets computed at once and not stored, for commands that answer about this moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from engine import payload
from engine.payload import Columns
from engine.results import Progress, RunOrder, RunOutcome
from engine.runs.engine_process import EngineProcess
from engine.settings import Settings


def compute_live(
    settings: Settings,
    names: Iterable[str],
    now: datetime,
    report: Callable[[Progress], None],
    *,
    check_integrity: bool = False,
) -> RunOutcome:
    """Return what a run of the named datasets would store. Raises DashboardError."""
    engine = EngineProcess()
    order = RunOrder(settings.db, now, settings.time_zone, tuple(names), check_integrity=check_integrity)
    try:
        return engine.compute(order, report)
    finally:
        engine.close()


def live_values(outcome: RunOutcome) -> dict[str, Columns]:
    """Return the values of an outcome by dataset name."""
    return {dataset.name: payload.decode(dataset.blob) for dataset in outcome.computed}
