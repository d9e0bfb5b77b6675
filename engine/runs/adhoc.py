"""Ad-hoc runs: datasets computed for a command and not stored in the cache.

``compute_at`` and ``compute_verified`` update the replica and its token. Nothing else is written.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime

from engine.model.errors import DashboardError
from engine.model.settings import Settings
from engine.model.source_file.failures import require_file
from engine.model.values import payload
from engine.model.values.orders import RunOrder
from engine.model.values.payload import Columns
from engine.model.values.quality import IntegrityCheck
from engine.model.values.replica_state import ReplicaToken
from engine.model.values.results import Progress, RunOutcome
from engine.runs.processes.engine_process import EngineProcess
from engine.runs.turns.lock import holding, make_run_lock
from engine.store.backend import reading, writing
from engine.store.freshness.replica_token import place_of, read_replica_tokens, store_replica_token
from engine.store.quick_check import known_integrity
from engine.store.sqlite.store_file import mark_files, missing_in_store, require_source

log = logging.getLogger(__name__)


def compute_adhoc(
    settings: Settings,
    names: Iterable[str],
    now: datetime,
    report: Callable[[Progress], None],
) -> RunOutcome:
    """Return what a run of the named datasets would store. Raises DashboardError.

    It copies the tables they read whole into memory, so it is for small tables.
    """
    require_source(settings)
    order = RunOrder(
        settings.source,
        now,
        settings.time_zone,
        tuple(names),
        limits=settings.run_limits,
        named_by=settings.named_by,
    )
    return _compute(order, report)


def compute_at(
    settings: Settings, names: Iterable[str], now: datetime, report: Callable[[Progress], None]
) -> RunOutcome:
    """Return what a run of the named datasets at an instant would store, computed on the replica.

    It waits for a run under way. Raises DashboardError.
    """
    return _compute_on_replica(settings, names, now, report, verified=False)


def compute_verified(
    settings: Settings, names: Iterable[str], now: datetime, report: Callable[[Progress], None]
) -> RunOutcome:
    """Return the same, computed on the replica after a full audit, which compares every row with the source.

    Headers are compared with what their SQL reads.
    It waits for a run under way. Raises DashboardError.
    """
    return _compute_on_replica(settings, names, now, report, verified=True)


def _compute_on_replica(
    settings: Settings,
    names: Iterable[str],
    now: datetime,
    report: Callable[[Progress], None],
    *,
    verified: bool,
) -> RunOutcome:
    mark_files(settings)
    if settings.source_file is not None:
        require_file(settings.source_file)
    require_source(settings)
    has_state = "dashboard_state" not in missing_in_store(settings)
    tokens = None
    if settings.is_apart:
        tokens = read_replica_tokens(settings.store) if has_state else {}
    order = RunOrder(
        settings.source,
        now,
        settings.time_zone,
        tuple(names),
        integrity=_known_integrity(settings) if has_state else None,
        replica=settings.replica_path,
        socket=settings.socket_path,
        memory_limit_bytes=settings.memory_limit_bytes,
        full_audit=verified,
        check_reads=verified,
        limits=settings.run_limits,
        tokens=tokens,
        lake=settings.lake,
        named_by=settings.named_by,
    )
    with holding(make_run_lock(settings)):
        outcome = _compute(order, report)
        if outcome.token is not None and has_state:
            _store_token(settings, outcome.token)
    return outcome


def _known_integrity(settings: Settings) -> IntegrityCheck | None:
    with reading(settings.store) as connection:
        return known_integrity(connection)


def _store_token(settings: Settings, token: ReplicaToken) -> None:
    """Store the token by which the next run recognises the source; without it that run compares every row."""
    try:
        place = place_of(settings)
        with writing(settings.store) as connection:
            store_replica_token(connection, token, place)
    except DashboardError as error:
        log.info("the replica's token is not stored: %s", error)


def _compute(order: RunOrder, report: Callable[[Progress], None]) -> RunOutcome:
    engine = EngineProcess()
    try:
        return engine.compute(order, report)
    finally:
        engine.close()


def adhoc_values(outcome: RunOutcome) -> dict[str, Columns]:
    """Return the values of an outcome by dataset name."""
    return {dataset.name: payload.decode(dataset.value.blob) for dataset in outcome.computed}
