"""Computes one run in the engine process: syncs the replica, then computes the datasets of the order.

If the replica turns out to be damaged, it is made again, once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator

import duckdb

from engine.model.catalogue.datasets import Dataset, select_datasets
from engine.model.catalogue.staging import StagedTable, staging
from engine.model.clock import Clock, wall_clock
from engine.model.errors import ComputeError
from engine.model.places.postgres_address import PostgresAddress
from engine.model.source_file.disk_space import find_full_disk
from engine.model.source_file.failures import explain_failure
from engine.model.values.orders import RunOrder
from engine.model.values.results import (
    FAILED,
    DatasetProblem,
    RunOutcome,
    RunTimings,
)
from engine.replica.compute import DamagedReplica, compute_datasets
from engine.replica.lake.errors import explained, message_of, reason_of
from engine.replica.postgres.failures import explain_postgres_failure
from engine.replica.progress import Report, RunProgress
from engine.replica.reads import misdeclared_reads
from engine.replica.session import DuckDBSession
from engine.replica.source import first_line
from engine.replica.sync.context import SyncContext
from engine.replica.sync.refresh import refreshed_replica

log = logging.getLogger(__name__)


def compute_run(order: RunOrder, report: Report, session: DuckDBSession) -> RunOutcome:
    """Return the computed datasets of an order. Raises SourceError, ComputeError.

    After an error of the replica, deletes it and tries once more with a new one.
    """
    with session.writing(order):
        try:
            return _compute_run(order, report, session)
        except (duckdb.Error, DamagedReplica) as error:
            session.close()
            _require_damage(order, error)
            if order.replica is None:
                raise
            log.info("the replica is rebuilt: %s", _reason(order, error))
            session.discard(order)
        try:
            return _compute_run(order, report, session)
        except (duckdb.Error, DamagedReplica) as error:
            session.close()
            _require_damage(order, error)
            if order.lake is not None:
                raise ComputeError(order.lake, _reason(order, error), "see the catalog's own log") from error
            if isinstance(order.db, PostgresAddress):
                raise explain_postgres_failure(order.db, str(error)) from None
            raise explain_failure(order.db, first_line(error)) from error


def _reason(order: RunOrder, error: Exception) -> str:
    return first_line(error) if order.lake is None else reason_of(error)


def _require_damage(order: RunOrder, error: Exception) -> None:
    """Raise ComputeError if an error has another reason than a damaged replica: a new one would fail too."""
    cause = error.__cause__ if isinstance(error.__cause__, duckdb.Error) else error
    if order.lake is not None and (failure := explained(order.lake, cause)):
        raise failure from error
    state_dir = None if order.replica is None else order.replica.parent
    if full := find_full_disk(message_of(error), order.db, state_dir):
        raise ComputeError(full.folder, full.cause, full.remedy) from error


def _compute_run(order: RunOrder, report: Report, session: DuckDBSession) -> RunOutcome:
    place = {name: index for index, name in enumerate(order.datasets)}
    datasets = tuple(sorted(select_datasets(order.datasets), key=lambda dataset: place[dataset.name]))
    clock = Clock(order.now, order.time_zone)
    connection, replica = session.connection(order)
    progress = RunProgress(report, order.partial)
    context = SyncContext(
        connection=connection,
        replica=replica,
        order=order,
        tables=_tables_needed(datasets) if order.replica is None else tuple(staging().values()),
        clock=clock,
        started_at=order.started_at or wall_clock(),
        integrity=order.integrity,
        report=progress.reading,
    )
    with refreshed_replica(context) as refreshed:
        started = time.perf_counter()
        computed, problems = compute_datasets(replica, datasets, refreshed.replica, order, progress)
        datasets_ms = (time.perf_counter() - started) * 1000
    loaded = refreshed.replica.loaded.values()
    return RunOutcome(
        computed=computed,
        problems=(*problems, *(_read_problems(datasets) if order.check_reads else ())),
        tables_read=tuple(table.staged.source_table for table in loaded),
        unreadable=tuple(count for table in loaded for count in table.unreadable),
        unrecognised=tuple(count for table in loaded for count in table.unrecognised),
        replica=refreshed.tables if order.replica else (),
        timings=RunTimings(refreshed.sync_ms, refreshed.audit_ms, datasets_ms),
        changes_through=refreshed.changes_through if order.replica else None,
        changes_seen_in=refreshed.changes_seen_in if order.replica else None,
        token=refreshed.token if order.replica else None,
        seen_at=refreshed.seen_at,
        tables_unreadable=tuple(
            (staging()[name].source_table, reason) for name, reason in refreshed.replica.broken.items()
        ),
    )


def _read_problems(datasets: Iterable[Dataset]) -> Iterator[DatasetProblem]:
    found = misdeclared_reads(datasets)
    for dataset in datasets:
        if dataset.name in found:
            yield DatasetProblem(dataset.name, dataset.key, FAILED, str(found[dataset.name]))


def _tables_needed(datasets: Iterable[Dataset]) -> tuple[StagedTable, ...]:
    names = {table for dataset in datasets for table in dataset.tables}
    every = "source_tables" in names
    return tuple(table for name, table in staging().items() if every or name in names)
