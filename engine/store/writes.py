"""Writing the cache: a run, a value set by a program, an emptied cache.

Each of these is one immediate transaction, in which the generation grows: a reader sees all of a change or
nothing of it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from engine.model.clock import hour_of, to_sqlite
from engine.model.fingerprint import fingerprints
from engine.model.payload import encode
from engine.model.results import ComputedDataset, DatasetProblem, RunOutcome
from engine.store.colours import store_colours
from engine.store.entry_writes import PUT_ENTRY, PreparedEntries, entry_row, prepare_entries, store_entries
from engine.store.freshness.replica_state import store_replica
from engine.store.freshness.replica_token import SourcePlace, store_replica_token
from engine.store.freshness.watermarks import store_watermarks
from engine.store.origins import store_origins
from engine.store.page_values import delete_page_value
from engine.store.receipts import TABLES as RUN_TABLES
from engine.store.receipts import store_run_read
from engine.store.runs import ALL, RunRecord, insert_run
from engine.store.selections import counted_key, drop_mismatched, drop_unasked, note_stored
from engine.store.sqlite.change_log import prune_change_log
from engine.store.sqlite.database import write_transaction
from engine.store.sqlite.migration import is_complete, migrate
from engine.store.state_rows import next_generation

WRITES_KEPT_DAYS = 30


@dataclass(frozen=True)
class PreparedRun:
    """A run ready to be stored; preparing it before the transaction keeps the write lock short."""

    record: RunRecord
    outcome: RunOutcome
    entries: PreparedEntries
    writes: tuple[tuple[str, str, bool, int], ...]


@dataclass(frozen=True)
class StoredRun:
    """The id of a stored run's row, and the generation that the run made."""

    run_id: int
    generation: int


def prepare_run(connection: sqlite3.Connection, record: RunRecord, outcome: RunOutcome) -> PreparedRun:
    """Return a run ready to be stored; reads the database and writes nothing.

    If another process stores a value between this and ``store_run``, that value may be counted as changed
    although it was not.
    """
    keys = json.dumps([dataset.key for dataset in outcome.computed])
    before = {
        key: (value, as_of)
        for key, value, as_of in connection.execute(
            "select cache_key, cache_value, as_of from dashboard_cache"
            " where cache_key in (select value from json_each(?))",
            (keys,),
        )
    }
    hour, as_of = hour_of(record.finished_at), to_sqlite(record.as_of)
    # A partial result of the same run does not count as the value before.
    writes = tuple(
        (
            counted_key(dataset.key),
            hour,
            not (dataset.key in before and before[dataset.key][0] == dataset.value.blob)
            or before[dataset.key][1] == as_of,
            round(dataset.compute_ms * 1000),
        )
        for dataset in outcome.computed
    )
    entries = prepare_entries(outcome.computed, record.as_of, record.finished_at)
    return PreparedRun(record, outcome, entries, writes)


def store_run(
    connection: sqlite3.Connection, run: PreparedRun, place: SourcePlace | None = None
) -> StoredRun:
    """Store a run's entries, problems, counts and row; return its id and the new generation.

    A dataset that failed or is unavailable keeps its entry. ``place`` is the source's if the store is
    elsewhere: then the change log is not pruned here. The connection is in a write transaction.
    """
    record, outcome = run.record, run.outcome
    _count_writes(connection, run)
    ours = fingerprints(record.time_zone)
    if record.scope == ALL:
        drop_mismatched(connection, ours)
    store_entries(connection, run.entries)
    note_stored(
        connection, [*run.entries.keys, *(problem.key for problem in outcome.problems)], record.finished_at
    )
    drop_unasked(connection, record.finished_at)
    store_colours(connection, outcome.computed, record.finished_at)
    connection.execute(
        "delete from dashboard_problems where cache_key in (select value from json_each(?))",
        (run.entries.keys_json,),
    )
    connection.executemany(
        "insert or replace into dashboard_problems values (?, ?, ?, ?)",
        [_problem_row(problem, record) for problem in outcome.problems],
    )
    if record.scope == ALL:
        # A table that no longer exists has no unreadable and no unrecognised values any more.
        connection.execute("delete from dashboard_unreadable")
        connection.execute("delete from dashboard_unrecognised")
    else:
        tables = [(table,) for table in outcome.tables_read]
        connection.executemany("delete from dashboard_unreadable where table_name = ?", tables)
        connection.executemany("delete from dashboard_unrecognised where table_name = ?", tables)
    connection.executemany(
        # Two replica columns may read the same source column by different rules.
        "insert into dashboard_unreadable values (?, ?, ?) on conflict do update"
        " set unreadable_values = max(unreadable_values, excluded.unreadable_values)",
        [(count.table, count.column, count.values) for count in outcome.unreadable],
    )
    connection.executemany(
        "insert or replace into dashboard_unrecognised values (?, ?, ?, ?)",
        [(count.table, count.column, count.word, count.values) for count in outcome.unrecognised],
    )
    if outcome.token is not None:
        store_replica_token(connection, outcome.token, place)
    store_replica(connection, outcome.replica, record.finished_at)
    seen_at = outcome.seen_at or record.started_at
    store_watermarks(connection, outcome.replica, seen_at=seen_at, stored_at=record.finished_at)
    if outcome.changes_through is not None and place is None:
        prune_change_log(connection, outcome.changes_through)
    generation = next_generation(connection)
    run_id = insert_run(connection, record, generation)
    store_origins(
        connection,
        [dataset.key for dataset in outcome.computed],
        ours,
        created_at=record.finished_at,
        seen_at=seen_at,
        run_id=run_id,
    )
    store_run_read(connection, run_id, outcome)
    return StoredRun(run_id, generation)


def store_missing(
    connection: sqlite3.Connection,
    datasets: Iterable[ComputedDataset],
    as_of: datetime,
    now: datetime,
    time_zone: str = "UTC",
) -> None:
    """Store those of a run's datasets that have no entry, before the run ends.

    An existing entry is left alone, because a run replaces all its values at once when it ends. The
    connection is in a write transaction.
    """
    by_key = {dataset.key: dataset for dataset in datasets}
    missing = keys_without_entry(connection, by_key)
    store_entries(connection, prepare_entries([by_key[key] for key in missing], as_of, now))
    note_stored(connection, missing, now)
    store_colours(connection, [by_key[key] for key in missing], now)
    known = fingerprints(time_zone)
    store_origins(connection, missing, known, created_at=now, seen_at=as_of, run_id=None)
    if missing:
        next_generation(connection)


def keys_without_entry(connection: sqlite3.Connection, keys: Iterable[str]) -> frozenset[str]:
    """Return the keys that have no entry."""
    return frozenset(keys) - {key for (key,) in connection.execute("select cache_key from dashboard_cache")}


def _count_writes(connection: sqlite3.Connection, run: PreparedRun) -> None:
    """Add the run to the counts of each entry: computations, changes of its value, computing time."""
    oldest = hour_of(run.record.finished_at - timedelta(days=WRITES_KEPT_DAYS))
    connection.execute(
        "delete from dashboard_cache_writes where cache_key in (select value from json_each(?)) and hour < ?",
        (json.dumps([key for key, *_ in run.writes]), oldest),
    )
    connection.executemany(
        "insert into dashboard_cache_writes (cache_key, hour, computations, changed, compute_us)"
        " values (?, ?, 1, ?, ?) on conflict do update set computations = computations + 1,"
        " changed = changed + excluded.changed, compute_us = compute_us + excluded.compute_us",
        run.writes,
    )


def _problem_row(problem: DatasetProblem, record: RunRecord) -> tuple[str, str, str, str]:
    return (problem.key, problem.kind, problem.reason, to_sqlite(record.finished_at))


def set_entry(db: Path, key: str, value: Any, minutes: float, now: datetime) -> None:
    """Store a JSON-serialisable value under a key for some minutes. Raises SourceError, PayloadError."""
    encoded = encode(value)
    if not is_complete(db):
        migrate(db)
    lifetime = timedelta(minutes=minutes)
    row = entry_row(key, encoded, as_of=now, created_at=now, lifetime=lifetime, compute_ms=None)
    with write_transaction(db) as connection:
        connection.execute(PUT_ENTRY, row)
        delete_page_value(connection, key)
        connection.execute("delete from dashboard_problems where cache_key = ?", (key,))
        connection.execute("delete from dashboard_origins where cache_key = ?", (key,))
        next_generation(connection)


def clear_entries(db: Path) -> int:
    """Delete every entry and problem; return the number of entries deleted. Raises SourceError."""
    if not is_complete(db):
        migrate(db)
    with write_transaction(db) as connection:
        removed = connection.execute("delete from dashboard_cache").rowcount
        connection.execute("delete from dashboard_page_values")
        connection.execute("delete from dashboard_problems")
        connection.execute("delete from dashboard_origins")
        for table in RUN_TABLES:
            connection.execute(f"delete from {table}")
        connection.execute("delete from dashboard_selections")
        next_generation(connection)
    return removed
