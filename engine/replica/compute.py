"""Computes the datasets of an order on a replica that is up to date, a few at a time.

A dataset that fails, or whose tables the source lacks, leaves the others as they are.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from queue import SimpleQueue

import duckdb

from engine.model.catalogue.datasets import Dataset
from engine.model.clock import Clock
from engine.model.errors import DashboardError
from engine.model.values import payload
from engine.model.values.orders import RunLimits, RunOrder
from engine.model.values.results import (
    FAILED,
    UNAVAILABLE,
    ComputedDataset,
    DatasetProblem,
)
from engine.replica.categories import categories_shown
from engine.replica.evaluate import evaluate_values
from engine.replica.lake.errors import is_about_a_lake
from engine.replica.progress import RunProgress
from engine.replica.source import first_line
from engine.replica.stand_ins import can_do_without, missing_tables
from engine.replica.sync.held import HeldReplica
from engine.replica.sync.tables import Replica
from engine.replica.time_limit import TimeLimitExceeded, time_limit

log = logging.getLogger(__name__)

# Most of a dataset's time goes into planning its SQL, which DuckDB does with one thread.
DATASETS_AT_A_TIME = 2


class DamagedReplica(Exception):
    """The replica's file is damaged, as a read of a dataset showed."""


def compute_datasets(
    held: HeldReplica,
    datasets: tuple[Dataset, ...],
    replica: Replica,
    order: RunOrder,
    progress: RunProgress,
) -> tuple[tuple[ComputedDataset, ...], tuple[DatasetProblem, ...]]:
    """Compute datasets, a few at a time; report and return them in the order in which they are given."""
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
                result = _compute_or_explain(cursor, dataset, clock, replica, order.limits)
                if isinstance(result, DatasetProblem):
                    held.renew(cursor)
                return result
            finally:
                cursors.put(cursor)

        # The pool is entered last, so its work ends before the cursors are closed.
        pool = opened.enter_context(ThreadPoolExecutor(DATASETS_AT_A_TIME, "dashboard-datasets"))
        results = [pool.submit(compute, dataset) for dataset in datasets]
        opened.callback(pool.shutdown, wait=True, cancel_futures=True)
        for done, (dataset, pending) in enumerate(zip(datasets, results, strict=True)):
            progress.computing(dataset.base_name, done, len(datasets))
            result = pending.result()
            if isinstance(result, ComputedDataset):
                computed.append(result)
                progress.computed(result)
            else:
                problems.append(result)
    progress.computing("storing", len(datasets), len(datasets))
    return tuple(computed), tuple(problems)


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
