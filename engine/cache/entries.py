"""Reading entries: one query, no writes.

An entry's state is told by the ``now`` given: fresh until ``expires_at``, expired from then on.
A damaged entry reads as having no value, and says so in the log. Where the table itself has gone,
every entry is missing.
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
from engine.database import missing_tables, open_database
from engine.datasets import dataset_by_key, malformation
from engine.errors import SourceError
from engine.payload import PayloadError, decode, digest

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

    ``blob`` is the value as it is stored. ``page_value`` and ``page_blob`` are the small value that
    charts show of one with many rows, None if they show ``value`` itself; ``rows_found`` is the number
    of rows that the dataset has, more than ``value`` holds if that was cut. ``as_of`` is the instant the
    value describes, ``computed_at`` when that was done. ``due`` tells whether a run should be started
    for it: one that failed is left alone for ``RETRY_MINUTES``. ``was_stored`` tells of an entry without
    a value whether there has been one.
    """

    key: str
    state: EntryState
    value: Any = None
    as_of: datetime | None = None
    computed_at: datetime | None = None
    expires_at: datetime | None = None
    problem: Problem | None = None
    due: bool = False
    blob: bytes | None = None
    was_stored: bool = False
    page_value: Any = None
    page_blob: bytes | None = None
    rows_found: int | None = None

    @property
    def shown(self) -> Any:
        """Return the value that charts show."""
        return self.value if self.page_value is None else self.page_value


_ENTRY_FORM = """
with wanted as (select value as cache_key from json_each(?))
select wanted.cache_key, cache_value, as_of, created_at, expires_at,
    {was_stored},
    {page_columns},
    kind, reason, happened_at
from wanted
left join dashboard_cache on dashboard_cache.cache_key = wanted.cache_key
left join dashboard_problems on dashboard_problems.cache_key = wanted.cache_key
{page_join}
"""
_ENTRY_SQL = _ENTRY_FORM.format(
    was_stored="""cache_value is null and exists (
        select 1 from dashboard_cache_writes where dashboard_cache_writes.cache_key = wanted.cache_key
    )""",
    page_columns="value_digest, page_value, rows_found",
    page_join="left join dashboard_page_values on dashboard_page_values.cache_key = wanted.cache_key",
)
_PLAIN_ENTRY_SQL = _ENTRY_FORM.format(was_stored="0", page_columns="null, null, null", page_join="")


def read_entries(db: Path, keys: Iterable[str], now: datetime) -> dict[str, Entry]:
    """Return the entry of each key, by one query. Raises SourceError."""
    wanted = list(keys)
    try:
        with open_database(db) as connection:
            rows = connection.execute(_ENTRY_SQL, [json.dumps(wanted)]).fetchall()
    except SourceError:
        lacking = set(missing_tables(db))
        if not lacking:
            raise
        if not lacking & {"dashboard_cache", "dashboard_problems"}:
            # Another version has made the database ready: what there was before is not known.
            with open_database(db) as connection:
                rows = connection.execute(_PLAIN_ENTRY_SQL, [json.dumps(wanted)]).fetchall()
            return {row[0]: _entry(row, now) for row in rows}
        return {key: Entry(key, EntryState.MISSING, due=True, was_stored=True) for key in wanted}
    return {row[0]: _entry(row, now) for row in rows}


def _entry(row: tuple[Any, ...], now: datetime) -> Entry:
    key, blob, as_of, computed_at, expires_at, was_stored, value_digest, page_blob, rows_found = row[:9]
    problem_parts = row[9:]
    problem = problem_of(*problem_parts)
    if blob is None:
        missing = Entry(key, EntryState.MISSING, problem=problem, was_stored=bool(was_stored))
        return entry_at(missing, now)
    try:
        value = decode(blob)
        times = (from_sqlite(as_of), from_sqlite(computed_at), from_sqlite(expires_at))
    except (PayloadError, ValueError, TypeError) as error:
        log.warning("cache entry %s cannot be read: %s", key, error)
        return entry_at(Entry(key, EntryState.DAMAGED, problem=problem, was_stored=True), now)
    entry = Entry(key, EntryState.FRESH, value, *times, problem=problem, blob=blob)
    # A page value that was made of another value, as before a change by hand, is passed over.
    if value_digest is not None and value_digest == digest(blob):
        entry = _with_page_value(entry, page_blob, rows_found)
    return entry_at(entry, now)


def _with_page_value(entry: Entry, page_blob: bytes | None, rows_found: int) -> Entry:
    """Return an entry with what pages get of it; with its own value alone if that cannot be read."""
    entry = replace(entry, rows_found=rows_found)
    if page_blob is None:
        return entry
    try:
        return replace(entry, page_value=decode(page_blob), page_blob=page_blob)
    except PayloadError as error:
        log.warning("the page value of %s cannot be read: %s", entry.key, error)
        return entry


def as_catalogued(entry: Entry) -> Entry:
    """Return an entry as it is if its value is as its dataset declares it; else as a damaged one."""
    dataset = dataset_by_key().get(entry.key)
    if entry.blob is None or dataset is None:
        return entry
    fault = malformation(dataset, entry.value)
    if fault is None:
        if entry.page_value is None or (page_fault := malformation(dataset, entry.page_value)) is None:
            return entry
        log.warning("the page value of %s is damaged: %s", entry.key, page_fault)
        return replace(entry, page_value=None, page_blob=None)
    log.warning("cache entry %s is damaged: %s", entry.key, fault)
    due = entry.problem is None or entry.due
    return Entry(entry.key, EntryState.DAMAGED, problem=entry.problem, due=due, was_stored=True)


def problem_of(kind: str | None, reason: str | None, happened_at: str | None) -> Problem | None:
    """Return the problem of a row of ``dashboard_problems``; None where there is none."""
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
        state, due = entry.state, not resting
    elif entry.expires_at > now:
        state, due = EntryState.FRESH, False
    else:
        state, due = EntryState.EXPIRED, not resting
    # Most reads find what they found before: an entry is made anew only where that has changed.
    return entry if (entry.state, entry.due) == (state, due) else replace(entry, state=state, due=due)


def times_of(key: str, *texts: str) -> tuple[datetime, ...] | None:
    """Return times of the cache's tables; None, and a line in the log, where one was not the engine's."""
    try:
        return tuple(from_sqlite(text) for text in texts)
    except (ValueError, TypeError) as error:
        log.warning("the times of %s cannot be read: %s", key, error)
        return None


def read_generation(connection: sqlite3.Connection) -> int:
    """Return the number of changes the cache has seen."""
    row = connection.execute(
        "select cast(value as integer) from dashboard_state where name = 'generation'"
    ).fetchone()
    return int(row[0] or 0) if row else 0
