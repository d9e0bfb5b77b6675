"""One run in the engine process: the source's snapshot, the replica, every dataset asked for.

A dataset that fails, or whose tables the source lacks, costs only itself.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable

import duckdb

from engine import payload
from engine.clock import Clock
from engine.compute.evaluate import evaluate
from engine.compute.macros import create_clock_macros, create_macros
from engine.compute.replica import Replica, build_replica
from engine.compute.source import connect_duckdb, open_source
from engine.datasets import Dataset, select_datasets
from engine.errors import DashboardError
from engine.results import (
    FAILED,
    UNAVAILABLE,
    ComputedDataset,
    DatasetProblem,
    IntegrityCheck,
    Progress,
    RunOrder,
    RunOutcome,
)
from engine.staging import StagedTable, staging

log = logging.getLogger(__name__)

Report = Callable[[Progress], None]


def compute_run(order: RunOrder, report: Report) -> RunOutcome:
    """Compute the datasets of an order and return all of it. Raises SourceError."""
    datasets = select_datasets(order.datasets)
    clock = Clock(order.now, order.time_zone)
    tables = _tables_needed(datasets)
    total = len(tables) + len(datasets)
    connection = connect_duckdb()
    try:
        create_macros(connection)
        create_clock_macros(connection, clock)
        integrity = order.integrity
        if order.check_integrity:
            # A snapshot of its own: the check reads the whole file, and what comes after it
            # should see the source as it is then.
            integrity = _check_integrity(connection, order)
        replica = build_replica(
            connection,
            order.db,
            tables,
            clock=clock,
            integrity=integrity,
            report=lambda done, step: report(Progress(done, total, step)),
        )
        computed: list[ComputedDataset] = []
        problems: list[DatasetProblem] = []
        for done, dataset in enumerate(datasets, start=len(tables)):
            report(Progress(done, total, dataset.name))
            result = _compute_or_explain(connection, dataset, clock, replica)
            if isinstance(result, ComputedDataset):
                computed.append(result)
            else:
                problems.append(result)
        report(Progress(total, total, "storing"))
    finally:
        connection.close()
    unreadable = tuple(count for table in replica.loaded.values() for count in table.unreadable)
    tables_read = tuple(table.staged.source_table for table in replica.loaded.values())
    return RunOutcome(tuple(computed), tuple(problems), tables_read, unreadable, integrity)


def _tables_needed(datasets: Iterable[Dataset]) -> tuple[StagedTable, ...]:
    names = {table for dataset in datasets for table in dataset.tables}
    every = "source_tables" in names
    return tuple(table for name, table in staging().items() if every or name in names)


def _check_integrity(connection: duckdb.DuckDBPyConnection, order: RunOrder) -> IntegrityCheck:
    with open_source(connection, order.db) as source:
        return source.check_integrity(order.now)


def _compute_or_explain(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, clock: Clock, replica: Replica
) -> ComputedDataset | DatasetProblem:
    reason = replica.reason_without(dataset)
    if reason is not None:
        return DatasetProblem(dataset.name, dataset.key, UNAVAILABLE, reason)
    try:
        return _compute_dataset(connection, dataset, clock)
    except Exception as error:
        reason = _one_line(dataset, error)
        log.debug("dataset %s", dataset.name, exc_info=True)
        return DatasetProblem(dataset.name, dataset.key, FAILED, reason)


def _compute_dataset(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, clock: Clock
) -> ComputedDataset:
    started = time.perf_counter()
    encoded = payload.encode(evaluate(connection, dataset, clock))
    return ComputedDataset(
        name=dataset.name,
        key=dataset.key,
        blob=encoded.blob,
        raw_bytes=encoded.raw_bytes,
        entries=encoded.entries,
        ttl_minutes=dataset.ttl_minutes,
        compute_ms=(time.perf_counter() - started) * 1000,
    )


def _one_line(dataset: Dataset, error: Exception) -> str:
    """Return why a dataset failed, naming its file; with DuckDB's advice where it gives one."""
    if isinstance(error, DashboardError):
        return str(error)
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    advice = [line for line in lines[1:] if line.startswith(("Candidate", "Did you mean"))]
    return f"{dataset.path}: " + ("; ".join([*lines[:1], *advice]) or type(error).__name__)
