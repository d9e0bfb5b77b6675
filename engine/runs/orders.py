"""Makes the orders for the engine process from the settings: to compute a request, or to hold the replica."""

from __future__ import annotations

from datetime import datetime

from engine.model.catalogue.datasets import catalogue, select_datasets
from engine.model.selections.selected import with_previous
from engine.model.settings import Settings
from engine.model.trigger import Trigger
from engine.model.values.orders import HoldOrder, RunOrder
from engine.runs.request import RunRequest, full_audit_is_due
from engine.store.backend import reading
from engine.store.freshness.replica_token import read_replica_tokens
from engine.store.quick_check import known_integrity, last_check_at
from engine.store.writes import keys_without_entry


def run_order(
    settings: Settings, request: RunRequest, started_at: datetime, *, is_being_checked: bool
) -> RunOrder:
    """Return the order of a request, with what the cache knows of the source. Raises SourceError.

    ``is_being_checked``: a quick check of the source is under way, so that a full audit waits for the next
    run, unless somebody asks for one. A dataset without an entry is stored as soon as it is computed.
    """
    datasets = with_previous(dataset for name in request.names for dataset in select_datasets([name]))
    keys = {dataset.key: dataset.name for dataset in datasets if dataset.base_name in catalogue()}
    tokens = read_replica_tokens(settings.store) if settings.is_apart else None
    with reading(settings.store) as connection:
        integrity = known_integrity(connection)
        checked_at = last_check_at(connection, started_at)
        missing = keys_without_entry(connection, keys)
    is_repeated = is_being_checked and request.trigger is not Trigger.FULL
    return RunOrder(
        db=settings.source,
        now=request.now,
        time_zone=settings.time_zone,
        datasets=tuple(dataset.name for dataset in datasets),
        integrity=integrity,
        replica=settings.replica_path,
        socket=settings.socket_path,
        holds=True,
        started_at=started_at,
        memory_limit_bytes=settings.memory_limit_bytes,
        full_audit=full_audit_is_due(request, checked_at, started_at) and not is_repeated,
        partial=frozenset(keys[key] for key in missing),
        limits=settings.run_limits,
        log_format=settings.log_format,
        tokens=tokens,
        lake=settings.lake,
        named_by=settings.named_by,
    )


def hold_order(settings: Settings) -> HoldOrder:
    """Return the order to hold the replica as it is."""
    return HoldOrder(
        settings.source,
        settings.replica_path,
        settings.socket_path,
        settings.memory_limit_bytes,
        settings.log_format,
        lake=settings.lake,
        named_by=settings.named_by,
    )
