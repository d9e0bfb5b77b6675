"""Writing the cache: every change of the dashboard's tables begins in this module.

All that one run or call changes is one immediate transaction, in which the generation grows: a
reader sees all of it or nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from engine.cache.colours import store_colours
from engine.cache.entries import read_generation, times_of
from engine.cache.marks import store_marks
from engine.cache.origins import store_origins
from engine.cache.page_values import delete_page_value, store_page_value
from engine.cache.replica_mark import store_replica_mark
from engine.cache.replica_state import store_replica
from engine.change_log import prune_change_log
from engine.clock import hour_of, is_future, to_sqlite
from engine.database import is_complete, migrate, write_transaction
from engine.fingerprint import fingerprints
from engine.payload import Payload, encode
from engine.results import ComputedDataset, DatasetProblem, IntegrityCheck, RunOutcome

ALL = "all"
"""The scope of a run of every dataset."""

RUNS_KEPT_DAYS = 90
WRITES_KEPT_DAYS = 30


@dataclass(frozen=True)
class RunRecord:
    """A run that has ended, as its row tells it; ``error`` is None where all went well.

    ``datasets`` counts those computed, ``failed`` those that were not, save for want of a table.
    """

    trigger: str
    scope: str
    time_zone: str
    as_of: datetime
    started_at: datetime
    finished_at: datetime
    duration_ms: int
    datasets: int
    failed: int
    entries: int
    status: str
    error: str | None


def store_run(connection: sqlite3.Connection, record: RunRecord, outcome: RunOutcome) -> int:
    """Store a run's entries, problems, counts and row; return the new generation.

    The connection is in a write transaction. What failed or is unavailable keeps its entry.
    """
    _note_writes(connection, outcome.computed, record)
    for dataset in outcome.computed:
        _store_entry(connection, dataset, record.as_of, record.finished_at)
    store_colours(connection, outcome.computed, record.finished_at)
    connection.executemany(
        "delete from dashboard_problems where cache_key = ?", [(dataset.key,) for dataset in outcome.computed]
    )
    connection.executemany(
        "insert or replace into dashboard_problems values (?, ?, ?, ?)",
        [_problem_row(problem, record) for problem in outcome.problems],
    )
    if record.scope == ALL:
        # A table that has gone has no unreadable values any more, nor unrecognised ones.
        connection.execute("delete from dashboard_unreadable")
        connection.execute("delete from dashboard_unrecognised")
    else:
        tables = [(table,) for table in outcome.tables_read]
        connection.executemany("delete from dashboard_unreadable where table_name = ?", tables)
        connection.executemany("delete from dashboard_unrecognised where table_name = ?", tables)
    connection.executemany(
        # Two replica columns may read one source column, each by its own rule.
        "insert into dashboard_unreadable values (?, ?, ?) on conflict do update"
        " set unreadable_values = max(unreadable_values, excluded.unreadable_values)",
        [(count.table, count.column, count.values) for count in outcome.unreadable],
    )
    connection.executemany(
        "insert or replace into dashboard_unrecognised values (?, ?, ?, ?)",
        [(count.table, count.column, count.word, count.values) for count in outcome.unrecognised],
    )
    if outcome.mark is not None:
        store_replica_mark(connection, outcome.mark)
    store_replica(connection, outcome.replica, record.finished_at)
    seen_at = outcome.seen_at or record.started_at
    store_marks(connection, outcome.replica, seen_at=seen_at, stored_at=record.finished_at)
    if outcome.changes_through is not None:
        prune_change_log(connection, outcome.changes_through)
    generation = _next_generation(connection)
    run_id = insert_run(connection, record, generation)
    store_origins(
        connection,
        [dataset.key for dataset in outcome.computed],
        fingerprints(record.time_zone),
        created_at=record.finished_at,
        seen_at=seen_at,
        run_id=run_id,
    )
    return generation


def store_missing(
    connection: sqlite3.Connection,
    datasets: Iterable[ComputedDataset],
    as_of: datetime,
    now: datetime,
    time_zone: str = "UTC",
) -> None:
    """Store datasets that have no entry before their run is over, which stores them for good.

    The connection is in a write transaction. What has an entry is left alone: a value is only ever
    replaced with all others of its run.
    """
    by_key = {dataset.key: dataset for dataset in datasets}
    missing = keys_without_entry(connection, by_key)
    for key in missing:
        _store_entry(connection, by_key[key], as_of, now)
    store_colours(connection, [by_key[key] for key in missing], now)
    known = fingerprints(time_zone)
    store_origins(connection, missing, known, created_at=now, seen_at=as_of, run_id=None)
    if missing:
        _next_generation(connection)


def keys_without_entry(connection: sqlite3.Connection, keys: Iterable[str]) -> frozenset[str]:
    """Return those of the keys that have no entry."""
    return frozenset(keys) - {key for (key,) in connection.execute("select cache_key from dashboard_cache")}


def _note_writes(
    connection: sqlite3.Connection, datasets: Iterable[ComputedDataset], record: RunRecord
) -> None:
    """Add to what was spent on each entry, and whether its value has changed; before it is stored.

    What the same run has stored early is no value from before.
    """
    hour = hour_of(record.finished_at)
    oldest = hour_of(record.finished_at - timedelta(days=WRITES_KEPT_DAYS))
    connection.executemany(
        "delete from dashboard_cache_writes where cache_key = ? and hour < ?",
        [(dataset.key, oldest) for dataset in datasets],
    )
    connection.executemany(
        "insert into dashboard_cache_writes (cache_key, hour, computations, changed, compute_us)"
        " values (?1, ?2, 1, not exists (select 1 from dashboard_cache where cache_key = ?1"
        " and cache_value = ?3 and as_of <> ?5), ?4)"
        " on conflict do update set computations = computations + 1,"
        " changed = changed + excluded.changed, compute_us = compute_us + excluded.compute_us",
        [
            (dataset.key, hour, dataset.blob, round(dataset.compute_ms * 1000), to_sqlite(record.as_of))
            for dataset in datasets
        ],
    )


def _store_entry(
    connection: sqlite3.Connection, dataset: ComputedDataset, as_of: datetime, created_at: datetime
) -> None:
    _put_entry(
        connection,
        dataset.key,
        Payload(dataset.blob, dataset.raw_bytes, dataset.entries),
        as_of=as_of,
        created_at=created_at,
        lifetime=timedelta(minutes=dataset.ttl_minutes),
        compute_ms=dataset.compute_ms,
    )
    store_page_value(connection, dataset)


def _put_entry(
    connection: sqlite3.Connection,
    key: str,
    payload: Payload,
    *,
    as_of: datetime,
    created_at: datetime,
    lifetime: timedelta,
    compute_ms: float | None,
) -> None:
    connection.execute(
        "insert or replace into dashboard_cache (cache_key, cache_value, as_of, created_at, expires_at,"
        " raw_bytes, entries, compute_ms) values (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            key,
            payload.blob,
            to_sqlite(as_of),
            to_sqlite(created_at),
            to_sqlite(created_at + lifetime),
            payload.raw_bytes,
            payload.entries,
            compute_ms,
        ),
    )


def _problem_row(problem: DatasetProblem, record: RunRecord) -> tuple[str, str, str, str]:
    return (problem.key, problem.kind, problem.reason, to_sqlite(record.finished_at))


def insert_run(connection: sqlite3.Connection, record: RunRecord, generation: int | None) -> int:
    """Insert a run's row and return its id; ``generation`` is None for a run that changed nothing.

    Old rows go.
    """
    oldest = to_sqlite(record.finished_at - timedelta(days=RUNS_KEPT_DAYS))
    connection.execute("delete from dashboard_runs where finished_at < ?", (oldest,))
    inserted = connection.execute(
        'insert into dashboard_runs ("trigger", scope, as_of, started_at, finished_at, duration_ms,'
        " datasets, entries, status, error, generation) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            record.trigger,
            record.scope,
            to_sqlite(record.as_of),
            to_sqlite(record.started_at),
            to_sqlite(record.finished_at),
            record.duration_ms,
            record.datasets,
            record.entries,
            record.status,
            record.error,
            generation,
        ),
    )
    return inserted.lastrowid or 0


def set_entry(db: Path, key: str, value: Any, minutes: float, now: datetime) -> None:
    """Store any JSON-serialisable value under a key for some minutes. Raises SourceError, PayloadError."""
    encoded = encode(value)
    if not is_complete(db):
        migrate(db)
    with write_transaction(db) as connection:
        lifetime = timedelta(minutes=minutes)
        _put_entry(connection, key, encoded, as_of=now, created_at=now, lifetime=lifetime, compute_ms=None)
        delete_page_value(connection, key)
        connection.execute("delete from dashboard_problems where cache_key = ?", (key,))
        connection.execute("delete from dashboard_origins where cache_key = ?", (key,))
        _next_generation(connection)


def clear_entries(db: Path) -> int:
    """Delete every entry and problem; return the number of entries there were. Raises SourceError."""
    if not is_complete(db):
        migrate(db)
    with write_transaction(db) as connection:
        removed = connection.execute("delete from dashboard_cache").rowcount
        connection.execute("delete from dashboard_page_values")
        connection.execute("delete from dashboard_problems")
        connection.execute("delete from dashboard_origins")
        _next_generation(connection)
    return removed


def known_integrity(connection: sqlite3.Connection) -> IntegrityCheck | None:
    """Return the last quick check of the source that came to its end; None before the first."""
    state = _read_state(connection)
    if "integrity" not in state or "integrity_checked_at" not in state:
        return None
    times = times_of("the quick check", state["integrity_checked_at"])
    return None if times is None else IntegrityCheck(str(state["integrity"]), times[0])


def last_check_at(connection: sqlite3.Connection, now: datetime | None = None) -> datetime | None:
    """Return when the last quick check began, come to its end or not; None before the first.

    A time that lies after ``now`` says nothing; None takes every time as it stands.
    """
    state = _read_state(connection)
    begun = [state[name] for name in ("integrity_checked_at", "integrity_unfinished_at") if name in state]
    times = [times_of("the quick check", text) for text in begun]
    known = [pair[0] for pair in times if pair is not None]
    return max((at for at in known if now is None or not is_future(at, now)), default=None)


def store_integrity(
    connection: sqlite3.Connection, started_at: datetime, found: IntegrityCheck | None
) -> None:
    """Store how a quick check that began at an instant ended; None: it did not come to its end.

    The connection is in a write transaction.
    """
    if found is None:
        _set_state(connection, "integrity_unfinished_at", to_sqlite(started_at))
    else:
        _set_state(connection, "integrity", found.finding)
        _set_state(connection, "integrity_checked_at", to_sqlite(found.checked_at))


def _read_state(connection: sqlite3.Connection) -> dict[str, str]:
    rows: Iterable[tuple[str, str]] = connection.execute("select name, value from dashboard_state")
    return dict(rows)


def _set_state(connection: sqlite3.Connection, name: str, value: str) -> None:
    connection.execute("insert or replace into dashboard_state values (?, ?)", (name, value))


def _next_generation(connection: sqlite3.Connection) -> int:
    """Count one more change of the cache, and return the number of them all.

    A number that somebody has lowered or deleted goes on above that of the latest run. The mark is new
    each time, whether or not the trigger that renews it is there.
    """
    sql = "select coalesce(max(cast(generation as integer)), 0) from dashboard_runs"
    latest: int = connection.execute(sql).fetchone()[0]
    generation = max(read_generation(connection), latest) + 1
    _set_state(connection, "generation", str(generation))
    connection.execute(
        "insert or replace into dashboard_state values ('generation_mark', lower(hex(randomblob(8))))"
    )
    return generation
