"""Reading entries: one query, no writes.

An entry is fresh until ``expires_at`` and expired from then on. It is expired too if its own time lies in the
future, or if its fingerprint is not the expected one. A damaged entry has no value, and the log says so. If
the table itself is gone, every entry is missing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from engine.model.catalogue.datasets import dataset_of_key
from engine.model.clock import CLOCK_SLACK, from_sqlite, is_future, is_within
from engine.model.errors import SourceError
from engine.model.settings import StorePlace
from engine.model.text.without_paths import without_paths
from engine.model.values.fingerprint import Fingerprints
from engine.model.values.malformation import malformation
from engine.model.values.payload import PayloadError, decode, digest
from engine.model.values.results import UNAVAILABLE
from engine.store.backend import missing_tables, reading
from engine.store.entry_query import entry_sql
from engine.store.origins import Origin, mismatch_of, origin_of

log = logging.getLogger(__name__)

RETRY_MINUTES = 10
"""How long a dataset that failed is not computed again for clients."""
STAMPED_LATER = "its time lies in the future: the clock was set back"


class EntryState(StrEnum):
    """The state of the entry under a key."""

    FRESH = "fresh"
    EXPIRED = "expired"
    MISSING = "missing"
    DAMAGED = "damaged"


@dataclass(frozen=True)
class Problem:
    """Why a dataset has no newer value; ``kind`` is ``failed`` or ``unavailable``."""

    kind: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class Entry:
    """An entry as a page shows it; ``value`` and the times are None if it has no value.

    ``blob`` is the value as it is stored. ``page_value`` and ``page_blob`` are the small value that charts
    show of a value with many rows, None if they show ``value`` itself. ``rows_found`` is the number of rows
    of the dataset, which is more than ``value`` holds if that was cut. ``as_of`` is the instant that the
    value describes, ``computed_at`` the one when it was computed.

    ``due`` is True if a run should be started for the entry. A failed dataset is not due for
    ``RETRY_MINUTES``. An entry with another fingerprint is never due and waits for the schedule, because two
    processes with different settings would otherwise replace each other's values for ever. ``was_stored``
    says whether an entry without a value once had one.

    ``origin`` is what the value was computed with, None if that is not known. ``mismatch`` says how that
    differs from what this process would use, empty if it does not. ``reason`` says why an entry is expired
    before its lifetime is over, empty if it is not.
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
    origin: Origin | None = None
    mismatch: str = ""
    reason: str = ""

    @property
    def shown(self) -> Any:
        """Return the value that charts show."""
        return self.value if self.page_value is None else self.page_value

    @property
    def is_unavailable(self) -> bool:
        """Return whether it has no value because the source lacks a table or column of its dataset."""
        return self.value is None and self.problem is not None and self.problem.kind == UNAVAILABLE


def read_entries(
    store: StorePlace, keys: Iterable[str], now: datetime, expected: Fingerprints | None = None
) -> dict[str, Entry]:
    """Return the entry of each key, by one query. Raises SourceError.

    An entry whose fingerprint is not the ``expected`` one is not fresh; None accepts every fingerprint.
    """
    wanted = list(keys)
    if not wanted:
        return {}
    try:
        with reading(store) as connection:
            rows = connection.execute(entry_sql(len(wanted)), wanted).fetchall()
    except SourceError:
        lacking = set(missing_tables(store))
        if not lacking:
            raise
        if lacking & {"dashboard_cache", "dashboard_problems"}:
            return {key: Entry(key, EntryState.MISSING, due=True, was_stored=True) for key in wanted}
        # Another version has migrated the database, or somebody has dropped a table.
        with reading(store) as connection:
            rows = connection.execute(entry_sql(len(wanted), lacking), wanted).fetchall()
    return {row[0]: _entry(row, now, expected) for row in rows}


def _entry(row: tuple[Any, ...], now: datetime, expected: Fingerprints | None) -> Entry:
    key, blob, as_of, computed_at, expires_at, is_computed, *rest = row
    problem, origin = problem_of(*rest[:3]), origin_of(*rest[3:8])
    value_digest, page_blob, rows_found, was_stored = rest[8:]
    if blob is None:
        missing = Entry(key, EntryState.MISSING, problem=problem, was_stored=bool(was_stored))
        return entry_at(missing, now)
    try:
        value = decode(blob)
        times = (from_sqlite(as_of), from_sqlite(computed_at), from_sqlite(expires_at))
    except (PayloadError, ValueError, TypeError) as error:
        log.warning("cache entry %s cannot be read: %s", key, error)
        return entry_at(Entry(key, EntryState.DAMAGED, problem=problem, was_stored=True), now)
    mismatch = mismatch_of(key, is_computed=bool(is_computed), origin=origin, expected=expected)
    entry = Entry(
        key, EntryState.FRESH, value, *times, problem=problem, blob=blob, origin=origin, mismatch=mismatch
    )
    # A page value that was made from another value, such as one from before a change by hand, is ignored.
    if value_digest is not None and value_digest == digest(blob):
        entry = _with_page_value(entry, page_blob, rows_found)
    return entry_at(entry, now)


def _with_page_value(entry: Entry, page_blob: bytes | None, rows_found: int) -> Entry:
    """Return an entry with its page value; without it if that cannot be read."""
    entry = replace(entry, rows_found=rows_found)
    if page_blob is None:
        return entry
    try:
        return replace(entry, page_value=decode(page_blob), page_blob=page_blob)
    except PayloadError as error:
        log.warning("the page value of %s cannot be read: %s", entry.key, error)
        return entry


def as_catalogued(entry: Entry) -> Entry:
    """Return an entry unchanged if its value fits its dataset's header; a damaged entry if it does not."""
    dataset = dataset_of_key(entry.key)
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
    """Return the problem of a row of ``dashboard_problems``, without folders; None if there is no row."""
    if kind is None or reason is None or happened_at is None:
        return None
    return Problem(kind, without_paths(reason), from_sqlite(happened_at))


def entry_at(entry: Entry, now: datetime) -> Entry:
    """Return an entry that was read earlier, in the state it has now."""
    problem = entry.problem
    backs_off = problem is not None and is_within(problem.at, timedelta(minutes=RETRY_MINUTES), now)
    state, due, reason = entry.state, not backs_off, ""
    if entry.expires_at is not None and entry.computed_at is not None:
        reason = STAMPED_LATER if is_future(entry.computed_at, now) else entry.mismatch
        is_fresh = not reason and entry.expires_at > now
        state = EntryState.FRESH if is_fresh else EntryState.EXPIRED
        due = not (is_fresh or backs_off or entry.mismatch)
    # Most entries are unchanged, and then no new object is made.
    if (entry.state, entry.due, entry.reason) == (state, due, reason):
        return entry
    return replace(entry, state=state, due=due, reason=reason)


def next_change(entry: Entry, now: datetime) -> datetime | None:
    """Return the first instant after now when ``entry_at`` may return another state; None if never."""
    stamps = [entry.expires_at, entry.computed_at and entry.computed_at - CLOCK_SLACK]
    if entry.problem is not None:
        stamps += [entry.problem.at - CLOCK_SLACK, entry.problem.at + timedelta(minutes=RETRY_MINUTES)]
    return min((stamp for stamp in stamps if stamp is not None and stamp > now), default=None)


def times_of(key: str, *texts: str) -> tuple[datetime, ...] | None:
    """Return stored times; None, and a line in the log, if one of them cannot be read."""
    try:
        return tuple(from_sqlite(text) for text in texts)
    except (ValueError, TypeError) as error:
        log.warning("the times of %s cannot be read: %s", key, error)
        return None
