"""Writing the cache: every change of the dashboard's tables begins in this module.

All that one run or call changes is one immediate transaction, in which the generation grows: a
reader sees all of it or nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from engine.model.clock import hour_of, is_future, to_sqlite
from engine.model.fingerprint import fingerprints
from engine.model.payload import Payload, encode
from engine.model.results import ComputedDataset, DatasetProblem, IntegrityCheck, RunOutcome
from engine.store.colours import store_colours
from engine.store.entries import read_generation, times_of
from engine.store.freshness.replica_state import store_replica
from engine.store.freshness.replica_token import store_replica_token
from engine.store.freshness.watermarks import store_watermarks
from engine.store.origins import store_origins
from engine.store.page_values import PageValueRow, delete_page_value, page_value_row, store_page_values
from engine.store.sqlite.change_log import prune_change_log
from engine.store.sqlite.database import is_complete, migrate, write_transaction

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


@dataclass(frozen=True)
class PreparedRun:
    """A run with all that can be worked out before it is stored, so that the write lock is held briefly."""

    record: RunRecord
    outcome: RunOutcome
    entries: PreparedEntries
    writes: tuple[tuple[str, str, bool, int], ...]


def prepare_run(connection: sqlite3.Connection, record: RunRecord, outcome: RunOutcome) -> PreparedRun:
    """Prepare what a run stores; only reads the database.

    A value that is stored by another in the meantime may be counted as changed when it was not.
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
    # What the same run has stored early is no value from before.
    writes = tuple(
        (
            dataset.key,
            hour,
            not (dataset.key in before and before[dataset.key][0] == dataset.blob)
            or before[dataset.key][1] == as_of,
            round(dataset.compute_ms * 1000),
        )
        for dataset in outcome.computed
    )
    entries = _prepare_entries(outcome.computed, record.as_of, record.finished_at)
    return PreparedRun(record, outcome, entries, writes)


def store_run(connection: sqlite3.Connection, run: PreparedRun) -> int:
    """Store a run's entries, problems, counts and row; return the new generation.

    The connection is in a write transaction. What failed or is unavailable keeps its entry.
    """
    record, outcome = run.record, run.outcome
    _note_writes(connection, run)
    _store_entries(connection, run.entries)
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
    if outcome.token is not None:
        store_replica_token(connection, outcome.token)
    store_replica(connection, outcome.replica, record.finished_at)
    seen_at = outcome.seen_at or record.started_at
    store_watermarks(connection, outcome.replica, seen_at=seen_at, stored_at=record.finished_at)
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
    _store_entries(connection, _prepare_entries([by_key[key] for key in missing], as_of, now))
    store_colours(connection, [by_key[key] for key in missing], now)
    known = fingerprints(time_zone)
    store_origins(connection, missing, known, created_at=now, seen_at=as_of, run_id=None)
    if missing:
        _next_generation(connection)


def keys_without_entry(connection: sqlite3.Connection, keys: Iterable[str]) -> frozenset[str]:
    """Return those of the keys that have no entry."""
    return frozenset(keys) - {key for (key,) in connection.execute("select cache_key from dashboard_cache")}


def _note_writes(connection: sqlite3.Connection, run: PreparedRun) -> None:
    """Add to what was spent on each entry, and whether its value has changed."""
    oldest = hour_of(run.record.finished_at - timedelta(days=WRITES_KEPT_DAYS))
    connection.execute(
        "delete from dashboard_cache_writes where cache_key in (select value from json_each(?)) and hour < ?",
        (run.entries.keys_json, oldest),
    )
    connection.executemany(
        "insert into dashboard_cache_writes (cache_key, hour, computations, changed, compute_us)"
        " values (?, ?, 1, ?, ?) on conflict do update set computations = computations + 1,"
        " changed = changed + excluded.changed, compute_us = compute_us + excluded.compute_us",
        run.writes,
    )


_EntryRow = tuple[str, bytes, str, str, str, int, int, float | None]

# An update in place: replacing a row writes the index too.
_PUT_ENTRY = (
    "insert into dashboard_cache (cache_key, cache_value, as_of, created_at, expires_at,"
    " raw_bytes, entries, compute_ms) values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (cache_key) do update"
    " set cache_value = excluded.cache_value, as_of = excluded.as_of, created_at = excluded.created_at,"
    " expires_at = excluded.expires_at, raw_bytes = excluded.raw_bytes, entries = excluded.entries,"
    " compute_ms = excluded.compute_ms"
)


@dataclass(frozen=True)
class PreparedEntries:
    """Entries as rows of their tables; ``keys_json`` is the list of their keys."""

    keys: tuple[str, ...]
    keys_json: str
    rows: tuple[_EntryRow, ...]
    page_values: tuple[PageValueRow, ...]


def _prepare_entries(
    datasets: Iterable[ComputedDataset], as_of: datetime, created_at: datetime
) -> PreparedEntries:
    computed = tuple(datasets)
    keys = tuple(dataset.key for dataset in computed)
    rows = tuple(
        _entry_row(
            dataset.key,
            Payload(dataset.blob, dataset.raw_bytes, dataset.entries),
            as_of=as_of,
            created_at=created_at,
            lifetime=timedelta(minutes=dataset.ttl_minutes),
            compute_ms=dataset.compute_ms,
        )
        for dataset in computed
    )
    page_values = tuple(row for row in map(page_value_row, computed) if row is not None)
    return PreparedEntries(keys, json.dumps(keys), rows, page_values)


def _store_entries(connection: sqlite3.Connection, entries: PreparedEntries) -> None:
    generation = read_generation(connection)
    connection.executemany(_PUT_ENTRY, entries.rows)
    # The trigger for changes by hand has counted each of them; the caller counts all as one change.
    _set_state(connection, "generation", str(generation))
    store_page_values(connection, entries.keys, entries.page_values)


def _entry_row(
    key: str,
    payload: Payload,
    *,
    as_of: datetime,
    created_at: datetime,
    lifetime: timedelta,
    compute_ms: float | None,
) -> _EntryRow:
    return (
        key,
        payload.blob,
        to_sqlite(as_of),
        to_sqlite(created_at),
        to_sqlite(created_at + lifetime),
        payload.raw_bytes,
        payload.entries,
        compute_ms,
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
    lifetime = timedelta(minutes=minutes)
    row = _entry_row(key, encoded, as_of=now, created_at=now, lifetime=lifetime, compute_ms=None)
    with write_transaction(db) as connection:
        connection.execute(_PUT_ENTRY, row)
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
