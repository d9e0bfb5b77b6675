"""Computes one run in the engine process: syncs the replica, then computes the datasets of the order.

A dataset that fails, or whose tables the source lacks, leaves the others as they are.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from queue import SimpleQueue

import duckdb

from engine.model.catalogue.datasets import Dataset, select_datasets
from engine.model.catalogue.staging import StagedTable, staging
from engine.model.clock import Clock, wall_clock
from engine.model.errors import ComputeError, DashboardError
from engine.model.places.postgres_address import PostgresAddress
from engine.model.source_file.disk_space import find_full_disk
from engine.model.source_file.failures import explain_failure
from engine.model.values import payload
from engine.model.values.orders import RunLimits, RunOrder
from engine.model.values.results import (
    COMPUTING,
    FAILED,
    UNAVAILABLE,
    ComputedDataset,
    DatasetProblem,
    Progress,
    RunOutcome,
    RunTimings,
)
from engine.replica.categories import categories_shown
from engine.replica.evaluate import evaluate_values
from engine.replica.lake.errors import explained, is_about_a_lake, message_of, reason_of
from engine.replica.postgres.failures import explain_postgres_failure
from engine.replica.reads import misdeclared_reads
from engine.replica.session import DuckDBSession
from engine.replica.source import first_line
from engine.replica.stand_ins import can_do_without, missing_tables
from engine.replica.sync.held import HeldReplica
from engine.replica.sync.plan import SyncContext
from engine.replica.sync.refresh import refreshed_replica
from engine.replica.sync.tables import Replica
from engine.replica.time_limit import TimeLimitExceeded, time_limit

log = logging.getLogger(__name__)

Report = Callable[[Progress | ComputedDataset], None]

# One scale covers the whole run: the replica takes the first half, the datasets the second.
STEPS = 1000
REPLICA_STEPS = 500
READ_SHARES = 10_000

# Most of a dataset's time goes into planning its SQL, which DuckDB does with one thread.
DATASETS_AT_A_TIME = 2


@dataclass(frozen=True)
class _Reporter:
    """Reports a run while its datasets are computed: its progress, and the partial results it is to send."""

    report: Report
    early: frozenset[str]

    def progress(self, done: int, step: str, datasets_done: int, datasets: int) -> None:
        self.report(Progress(done, STEPS, step, part=COMPUTING, part_done=datasets_done, part_total=datasets))

    def computed(self, dataset: ComputedDataset) -> None:
        if dataset.name in self.early:
            self.report(dataset)


class DamagedReplica(Exception):
    """The replica's file is damaged, as a read of a dataset showed."""


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
    context = SyncContext(
        connection=connection,
        replica=replica,
        order=order,
        tables=_tables_needed(datasets) if order.replica is None else tuple(staging().values()),
        clock=clock,
        started_at=order.started_at or wall_clock(),
        integrity=order.integrity,
        report=lambda share, step, view=None: report(
            Progress(
                round(REPLICA_STEPS * share),
                STEPS,
                step,
                view,
                part_done=round(READ_SHARES * share),
                part_total=READ_SHARES,
            )
        ),
    )
    with refreshed_replica(context) as refreshed:
        started = time.perf_counter()
        computed, problems = _compute_datasets(
            replica, datasets, refreshed.replica, order, _Reporter(report, order.partial)
        )
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


def _compute_datasets(
    held: HeldReplica,
    datasets: tuple[Dataset, ...],
    replica: Replica,
    order: RunOrder,
    reporter: _Reporter,
) -> tuple[tuple[ComputedDataset, ...], tuple[DatasetProblem, ...]]:
    """Compute datasets, a few at a time. They are reported and returned in the order of their names' list."""
    clock = Clock(order.now, order.time_zone)
    computed: list[ComputedDataset] = []
    problems: list[DatasetProblem] = []
    with ExitStack() as opened:
        cursors: SimpleQueue[duckdb.DuckDBPyConnection] = SimpleQueue()
        for cursor in opened.enter_context(held.cursors(datasets, DATASETS_AT_A_TIME)):
            cursors.put(cursor)

        def compute(dataset: Dataset) -> ComputedDataset | DatasetProblem:
            cursor = cursors.get()
            try:
                return _compute_or_explain(cursor, dataset, clock, replica, order.limits)
            finally:
                cursors.put(cursor)

        # The pool is entered last, so its work ends before the cursors are closed.
        pool = opened.enter_context(ThreadPoolExecutor(DATASETS_AT_A_TIME, "dashboard-datasets"))
        results = [pool.submit(compute, dataset) for dataset in datasets]
        opened.callback(pool.shutdown, wait=True, cancel_futures=True)
        for done, (dataset, pending) in enumerate(zip(datasets, results, strict=True)):
            share = done / len(datasets)
            at = REPLICA_STEPS + round((STEPS - REPLICA_STEPS) * share)
            reporter.progress(at, dataset.base_name, done, len(datasets))
            result = pending.result()
            if isinstance(result, ComputedDataset):
                computed.append(result)
                reporter.computed(result)
            else:
                problems.append(result)
    reporter.progress(STEPS, "storing", len(datasets), len(datasets))
    return tuple(computed), tuple(problems)


def _tables_needed(datasets: Iterable[Dataset]) -> tuple[StagedTable, ...]:
    names = {table for dataset in datasets for table in dataset.tables}
    every = "source_tables" in names
    return tuple(table for name, table in staging().items() if every or name in names)


def _compute_or_explain(
    connection: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    clock: Clock,
    replica: Replica,
    limits: RunLimits,
) -> ComputedDataset | DatasetProblem:
    missing = missing_tables(dataset, replica)
    if missing and not can_do_without(dataset, missing):
        return DatasetProblem(dataset.name, dataset.key, UNAVAILABLE, _reason_of(dataset, missing))
    try:
        with time_limit(connection, limits.dataset_seconds):
            return _compute_dataset(connection, dataset, clock, missing)
    except TimeLimitExceeded:
        reason = (
            f"{dataset.path}: it took longer than {limits.dataset_seconds:g} s and was stopped;"
            " make its SQL faster, or raise DASHBOARD_QUERY_TIMEOUT"
        )
        return DatasetProblem(dataset.name, dataset.key, FAILED, reason)
    except (duckdb.IOException, duckdb.FatalException, duckdb.InternalException) as error:
        raise DamagedReplica(first_line(error)) from error
    except Exception as error:
        if isinstance(error, duckdb.Error) and is_about_a_lake(error):
            raise DamagedReplica(first_line(error)) from error
        reason = _one_line(dataset, error)
        log.debug("dataset %s", dataset.name, exc_info=True)
        return DatasetProblem(dataset.name, dataset.key, FAILED, reason)


def _reason_of(dataset: Dataset, missing: Mapping[str, str]) -> str:
    """Return why a dataset cannot be computed: the first of its missing tables that it cannot do without."""
    needed = [reason for table, reason in missing.items() if table in dataset.needed_tables]
    return (needed or list(missing.values()))[0]


def _compute_dataset(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, clock: Clock, missing: Mapping[str, str]
) -> ComputedDataset:
    started = time.perf_counter()
    values = evaluate_values(connection, dataset, clock, missing)
    value = payload.encode(values.whole)
    return ComputedDataset(
        name=dataset.name,
        key=dataset.key,
        value=value,
        ttl_minutes=dataset.ttl_minutes,
        compute_ms=(time.perf_counter() - started) * 1000,
        page_value=None if values.for_pages is None else payload.encode(values.for_pages),
        rows_found=values.rows_found if values.rows_found > value.entries else None,
        categories=categories_shown(dataset, values.for_pages or values.whole),
        lacks=tuple(missing.values()),
    )


def _one_line(dataset: Dataset, error: Exception) -> str:
    """Return why a dataset failed: its file, the error, and DuckDB's advice if there is any."""
    if isinstance(error, DashboardError):
        return str(error)
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    advice = [line for line in lines[1:] if line.startswith(("Candidate", "Did you mean"))]
    return f"{dataset.path}: " + ("; ".join([*lines[:1], *advice]) or type(error).__name__)
