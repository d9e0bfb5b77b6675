"""Writing the cache: a run, a value set by a program, an emptied cache.

Each of these is one immediate transaction, in which the generation grows: a reader sees all of a change or
nothing of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from engine.model.clock import hour_of, to_sqlite
from engine.model.settings import StorePlace
from engine.model.values.fingerprint import fingerprints
from engine.model.values.payload import encode
from engine.model.values.results import ComputedDataset, RunOutcome
from engine.store.backend import Connection, backend_of, one_of, writing
from engine.store.colours import store_colours
from engine.store.entry_writes import PUT_ENTRY, PreparedEntries, entry_row, prepare_entries, store_entries
from engine.store.freshness.replica_state import store_replica
from engine.store.freshness.replica_token import SourcePlace, store_replica_token
from engine.store.freshness.watermarks import store_watermarks
from engine.store.leftovers import Leftovers, delete_leftovers, find_leftovers
from engine.store.origins import store_origins
from engine.store.page_values import delete_page_value
from engine.store.quality import store_quality
from engine.store.receipts import TABLES as RUN_TABLES
from engine.store.receipts import store_run_read
from engine.store.runs import ALL, RunRecord, insert_run
from engine.store.selections import counted_key, mismatched, note_stored
from engine.store.sqlite.change_log import prune_change_log
from engine.store.state_rows import next_generation

WRITES_KEPT_DAYS = 30


@dataclass(frozen=True)
class PreparedRun:
    """A run ready to be stored; preparing it before the transaction keeps the write lock short."""

    record: RunRecord
    outcome: RunOutcome
    entries: PreparedEntries
    writes: tuple[tuple[str, str, int, int], ...]
    leftovers: Leftovers


@dataclass(frozen=True)
class StoredRun:
    """The id of a stored run's row, and the generation that the run made."""

    run_id: int
    generation: int


def prepare_run(connection: Connection, record: RunRecord, outcome: RunOutcome) -> PreparedRun:
    """Return a run ready to be stored; reads the database and writes nothing.

    If another process stores a value between this and ``store_run``, that value may be counted as changed
    although it was not.
    """
    keys = [dataset.key for dataset in outcome.computed]
    before = {
        key: (value, as_of)
        for key, value, as_of in connection.execute(
            f"select cache_key, cache_value, as_of from dashboard_cache where {one_of('cache_key', keys)}",
            keys,
        )
    }
    hour, as_of = hour_of(record.finished_at), to_sqlite(record.as_of)
    # A partial result of the same run does not count as the value before.
    writes = tuple(
        (
            counted_key(dataset.key),
            hour,
            int(
                not (dataset.key in before and before[dataset.key][0] == dataset.value.blob)
                or before[dataset.key][1] == as_of
            ),
            round(dataset.compute_ms * 1000),
        )
        for dataset in outcome.computed
    )
    entries = prepare_entries(outcome.computed, record.as_of, record.finished_at)
    others: frozenset[str] = frozenset()
    if record.scope == ALL:
        others = mismatched(connection, fingerprints(record.time_zone)).difference(keys)
    leftovers = find_leftovers(
        connection,
        frozenset([*keys, *(problem.key for problem in outcome.problems)]),
        frozenset(keys),
        others,
        record.finished_at,
    )
    return PreparedRun(record, outcome, entries, writes, leftovers)


def store_run(connection: Connection, run: PreparedRun, place: SourcePlace | None = None) -> StoredRun:
    """Store a run's entries, problems, counts and row; return its id and the new generation.

    A dataset that failed or is unavailable keeps its entry. ``place`` is the source's if the store is
    elsewhere: then the change log is not pruned here. The connection is in a write transaction.
    """
    record, outcome = run.record, run.outcome
    _count_writes(connection, run)
    ours = fingerprints(record.time_zone)
    delete_leftovers(connection, run.leftovers)
    store_entries(connection, run.entries)
    note_stored(
        connection, [*run.entries.keys, *(problem.key for problem in outcome.problems)], record.finished_at
    )
    store_colours(connection, outcome.computed, record.finished_at)
    _store_problems(connection, run)
    store_quality(connection, outcome, of_all=record.scope == ALL)
    if outcome.token is not None:
        store_replica_token(connection, outcome.token, place)
    store_replica(connection, outcome.replica, record.finished_at)
    seen_at = outcome.seen_at or record.started_at
    store_watermarks(connection, outcome.replica, seen_at=seen_at, stored_at=record.finished_at)
    if outcome.changes_through is not None and isinstance(connection, sqlite3.Connection) and place is None:
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
    connection: Connection,
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


def keys_without_entry(connection: Connection, keys: Iterable[str]) -> frozenset[str]:
    """Return the keys that have no entry."""
    return frozenset(keys) - {key for (key,) in connection.execute("select cache_key from dashboard_cache")}


def _count_writes(connection: Connection, run: PreparedRun) -> None:
    """Add the run to the counts of each entry: computations, changes of its value, computing time."""
    oldest = hour_of(run.record.finished_at - timedelta(days=WRITES_KEPT_DAYS))
    connection.executemany(
        "delete from dashboard_cache_writes where cache_key = ? and hour < ?",
        [(key, oldest) for key, *_ in run.writes],
    )
    connection.executemany(
        "insert into dashboard_cache_writes (cache_key, hour, computations, changed, compute_us)"
        " values (?, ?, 1, ?, ?) on conflict (cache_key, hour) do update"
        " set computations = dashboard_cache_writes.computations + 1,"
        " changed = dashboard_cache_writes.changed + excluded.changed,"
        " compute_us = dashboard_cache_writes.compute_us + excluded.compute_us",
        run.writes,
    )


def _store_problems(connection: Connection, run: PreparedRun) -> None:
    """Store why datasets have no value; those that have one now have no problem."""
    happened_at = to_sqlite(run.record.finished_at)
    connection.executemany(
        "delete from dashboard_problems where cache_key = ?", [(key,) for key in run.entries.keys]
    )
    connection.executemany(
        "insert into dashboard_problems (cache_key, kind, reason, happened_at) values (?, ?, ?, ?)"
        " on conflict (cache_key) do update set kind = excluded.kind, reason = excluded.reason,"
        " happened_at = excluded.happened_at",
        [(each.key, each.kind, each.reason, happened_at) for each in run.outcome.problems],
    )


def set_entry(store: StorePlace, key: str, value: Any, minutes: float, now: datetime) -> None:
    """Store a JSON-serialisable value under a key for some minutes. Raises SourceError, PayloadError."""
    encoded = encode(value)
    backend = backend_of(store)
    if not backend.is_complete():
        backend.migrate()
    lifetime = timedelta(minutes=minutes)
    row = entry_row(key, encoded, as_of=now, created_at=now, lifetime=lifetime, compute_ms=None)
    with writing(store) as connection:
        connection.execute(PUT_ENTRY, row)
        delete_page_value(connection, key)
        connection.execute("delete from dashboard_problems where cache_key = ?", (key,))
        connection.execute("delete from dashboard_origins where cache_key = ?", (key,))
        next_generation(connection)


def clear_entries(store: StorePlace) -> int:
    """Delete every entry and problem; return the number of entries deleted. Raises SourceError."""
    backend = backend_of(store)
    if not backend.is_complete():
        backend.migrate()
    with writing(store) as connection:
        removed = connection.execute("delete from dashboard_cache").rowcount
        connection.execute("delete from dashboard_page_values")
        connection.execute("delete from dashboard_problems")
        connection.execute("delete from dashboard_origins")
        for table in RUN_TABLES:
            connection.execute(f"delete from {table}")
        connection.execute("delete from dashboard_selections")
        next_generation(connection)
    return removed
