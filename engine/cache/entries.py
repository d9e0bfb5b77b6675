"""Reading the cache: entries, their states, the runs behind them. One query each, no writes.

An entry's state is told by the ``now`` given: fresh until ``expires_at``, expired from then on.
A damaged entry reads as having no value, and says so in the log.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from engine.clock import from_sqlite
from engine.database import open_database
from engine.datasets import catalogue
from engine.payload import PayloadError, decode
from engine.results import UnreadableCount

log = logging.getLogger(__name__)

RETRY_MINUTES = 10


class EntryState(StrEnum):
    """What the cache has under a key."""

    FRESH = "fresh"
    EXPIRED = "expired"
    MISSING = "missing"
    DAMAGED = "damaged"


@dataclass(frozen=True)
class Problem:
    """Why a dataset has no newer value: ``kind`` is ``failed`` or ``unavailable``."""

    kind: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class Entry:
    """A key's value as a page shows it; ``value`` and the times are None where there is none.

    ``as_of`` is the instant the value describes, ``computed_at`` when that was done. ``due``
    tells whether a run should be started for it: one that failed is left alone for
    ``RETRY_MINUTES``.
    """

    key: str
    state: EntryState
    value: Any = None
    as_of: datetime | None = None
    computed_at: datetime | None = None
    expires_at: datetime | None = None
    problem: Problem | None = None
    due: bool = False


@dataclass(frozen=True)
class EntryInfo:
    """What an entry costs: sizes before and after compression in bytes, computing time in ms.

    ``compute_ms`` is None for a value stored by ``set_cache``.
    """

    key: str
    entries: int
    raw_bytes: int
    stored_bytes: int
    computed_at: datetime
    as_of: datetime
    expires_at: datetime
    compute_ms: float | None
    state: EntryState
    problem: Problem | None


@dataclass(frozen=True)
class CacheState:
    """The cache in numbers: ``fresh + expired + missing`` is the catalogue's length.

    ``problems`` counts the datasets that failed or are unavailable. The times and the lifetime
    (of the entry that expires first) are None while there is no entry, ``time_zone`` (of the
    latest run of all) before the first.
    """

    fresh: int
    expired: int
    missing: int
    problems: int
    generation: int
    oldest_computed_at: datetime | None
    newest_computed_at: datetime | None
    soonest_expires_at: datetime | None
    lifetime_minutes: int | None
    time_zone: str | None = None


@dataclass(frozen=True)
class RunRow:
    """One run; ``error`` is None where all went well, ``generation`` None where it changed nothing."""

    id: int
    trigger: str
    scope: str
    as_of: datetime
    started_at: datetime
    finished_at: datetime
    duration_ms: int
    datasets: int
    entries: int
    status: str
    error: str | None
    generation: int | None


_ENTRY_SQL = """
with wanted as (select value as cache_key from json_each(?))
select wanted.cache_key, cache_value, as_of, created_at, expires_at, kind, reason, happened_at
from wanted
left join dashboard_cache on dashboard_cache.cache_key = wanted.cache_key
left join dashboard_problems on dashboard_problems.cache_key = wanted.cache_key
"""


def read_entries(db: Path, keys: Iterable[str], now: datetime) -> dict[str, Entry]:
    """Return the entry of each key, by one query. Raises SourceError."""
    wanted = list(keys)
    with open_database(db) as connection:
        rows = connection.execute(_ENTRY_SQL, [json.dumps(wanted)]).fetchall()
    return {row[0]: _entry(row, now) for row in rows}


def _entry(row: tuple[Any, ...], now: datetime) -> Entry:
    key, blob, as_of, computed_at, expires_at, *problem_parts = row
    problem = _problem(*problem_parts)
    if blob is None:
        return entry_at(Entry(key, EntryState.MISSING, problem=problem), now)
    try:
        value = decode(blob)
        times = (from_sqlite(as_of), from_sqlite(computed_at), from_sqlite(expires_at))
    except (PayloadError, ValueError, TypeError) as error:
        log.warning("cache entry %s cannot be read: %s", key, error)
        return entry_at(Entry(key, EntryState.DAMAGED, problem=problem), now)
    return entry_at(Entry(key, EntryState.FRESH, value, *times, problem=problem), now)


def _problem(kind: str | None, reason: str | None, happened_at: str | None) -> Problem | None:
    if kind is None or reason is None or happened_at is None:
        return None
    return Problem(kind, reason, from_sqlite(happened_at))


def current_generation(db: Path) -> int:
    """Return the number of changes the cache has seen. Raises SourceError."""
    with open_database(db) as connection:
        return read_generation(connection)


def entry_at(entry: Entry, now: datetime) -> Entry:
    """Return an entry that was read earlier in the state it has now."""
    problem = entry.problem
    resting = problem is not None and now < problem.at + timedelta(minutes=RETRY_MINUTES)
    if entry.expires_at is None:
        return replace(entry, due=not resting)
    if entry.expires_at > now:
        return replace(entry, state=EntryState.FRESH, due=False)
    return replace(entry, state=EntryState.EXPIRED, due=not resting)


def list_entries(db: Path, now: datetime) -> tuple[EntryInfo, ...]:
    """Return what each entry of the cache costs, by key; one whose times cannot be read is left out.

    Raises SourceError.
    """
    sql = """
        select dashboard_cache.cache_key, entries, raw_bytes, length(cache_value), created_at, as_of,
            expires_at, compute_ms, kind, reason, happened_at
        from dashboard_cache
        left join dashboard_problems on dashboard_problems.cache_key = dashboard_cache.cache_key
        order by dashboard_cache.cache_key
    """
    with open_database(db) as connection:
        rows = connection.execute(sql).fetchall()
    infos = (_entry_info(row, now) for row in rows)
    return tuple(info for info in infos if info is not None)


def _entry_info(row: tuple[Any, ...], now: datetime) -> EntryInfo | None:
    key, entries, raw_bytes, stored_bytes, computed_at, as_of, expires_at, compute_ms, *problem_parts = row
    times = _times(key, computed_at, as_of, expires_at)
    if times is None:
        return None
    computed, described, expires = times
    return EntryInfo(
        key=key,
        entries=entries,
        raw_bytes=raw_bytes,
        stored_bytes=stored_bytes,
        computed_at=computed,
        as_of=described,
        expires_at=expires,
        compute_ms=compute_ms,
        state=EntryState.FRESH if expires > now else EntryState.EXPIRED,
        problem=_problem(*problem_parts),
    )


def _times(key: str, *texts: str) -> tuple[datetime, ...] | None:
    """Return an entry's times; None, and a line in the log, where one was not written by the engine."""
    try:
        return tuple(from_sqlite(text) for text in texts)
    except (ValueError, TypeError) as error:
        log.warning("cache entry %s cannot be read: %s", key, error)
        return None


def cache_state(db: Path, now: datetime) -> CacheState:
    """Return the state of the catalogue's entries. Raises SourceError."""
    keys = {dataset.key for dataset in catalogue().values()}
    with open_database(db) as connection:
        connection.execute("begin")
        rows = connection.execute("select cache_key, created_at, expires_at from dashboard_cache").fetchall()
        problems = connection.execute("select cache_key from dashboard_problems").fetchall()
        zone = connection.execute("select value from dashboard_state where name = 'time_zone'").fetchone()
        generation = read_generation(connection)
        connection.rollback()
    times = [_times(key, made, ends) for key, made, ends in rows if key in keys]
    entries = [(pair[0], pair[1]) for pair in times if pair is not None]
    fresh = sum(ends > now for _, ends in entries)
    soonest = min(entries, key=lambda entry: entry[1], default=None)
    return CacheState(
        fresh=fresh,
        expired=len(entries) - fresh,
        missing=len(keys) - len(entries),
        problems=len({key for (key,) in problems} & keys),
        generation=generation,
        oldest_computed_at=min((made for made, _ in entries), default=None),
        newest_computed_at=max((made for made, _ in entries), default=None),
        soonest_expires_at=soonest[1] if soonest else None,
        lifetime_minutes=round((soonest[1] - soonest[0]) / timedelta(minutes=1)) if soonest else None,
        time_zone=zone[0] if zone else None,
    )


def read_generation(connection: sqlite3.Connection) -> int:
    """Return the number of changes the cache has seen."""
    row = connection.execute(
        "select cast(value as integer) from dashboard_state where name = 'generation'"
    ).fetchone()
    return int(row[0] or 0) if row else 0


def recent_runs(db: Path, limit: int) -> tuple[RunRow, ...]:
    """Return the latest runs, newest first. Raises SourceError."""
    with open_database(db) as connection:
        return tuple(select_runs(connection, "order by id desc limit ?", [limit]))


def select_runs(connection: sqlite3.Connection, clause: str, parameters: list[object]) -> Iterable[RunRow]:
    """Yield the runs that an SQL clause selects."""
    columns = (
        'id, "trigger", scope, as_of, started_at, finished_at, duration_ms, datasets, entries, status,'
        " error, generation"
    )
    for row in connection.execute(f"select {columns} from dashboard_runs {clause}", parameters).fetchall():
        id_, trigger, scope, as_of, started_at, finished_at, *rest = row
        times = (from_sqlite(as_of), from_sqlite(started_at), from_sqlite(finished_at))
        yield RunRow(id_, trigger, scope, *times, *rest)


def unreadable_values(db: Path) -> tuple[UnreadableCount, ...]:
    """Return the source columns that hold unreadable values, by table and column. Raises SourceError."""
    sql = "select table_name, column_name, unreadable_values from dashboard_unreadable order by 1, 2"
    with open_database(db) as connection:
        return tuple(UnreadableCount(*row) for row in connection.execute(sql))
