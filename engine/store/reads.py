"""The read log: counts how reads end, by hour, and writes the counts to ``dashboard_cache_reads`` in batches.

A read writes nothing to the database, because the counts are kept in memory. Counts that cannot be written
are written with the next batch. With them it writes when selected values were last asked for.
"""

from __future__ import annotations

import logging
import math
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from engine.model.clock import hour_of
from engine.model.errors import DashboardError
from engine.model.settings import StorePlace
from engine.store.backend import backend_of
from engine.store.entries import Entry, EntryState
from engine.store.selections import counted_key, is_selection, note_asked

log = logging.getLogger(__name__)

READS_KEPT_DAYS = 30
BUCKETS_A_DOUBLING = 4
MOST_COUNTS = 50_000
BUSY_TIMEOUT_SECONDS = 0.05
"""How long to wait for another writer: briefly, because nothing is lost by writing later."""


class Outcome(StrEnum):
    """How a read ended: a fresh value from memory or from the table, a stale one, none, or an error."""

    MEMORY = "memory"
    CACHE = "cache"
    STALE = "stale"
    MISS = "miss"
    ERROR = "error"


class Tier(StrEnum):
    """Where an entry was found: in the snapshot that memory holds, or in the table."""

    MEMORY = "memory"
    CACHE = "cache"


class Cause(StrEnum):
    """The cause of a miss; a stale read has the cause ``expired``."""

    NONE = ""
    NEVER = "never computed"
    EXPIRED = "expired"
    DAMAGED = "damaged"
    CLEARED = "cleared"


@dataclass(frozen=True)
class ReadKind:
    """How one read ended, and why if it was no hit."""

    outcome: Outcome
    cause: Cause = Cause.NONE


@dataclass(frozen=True)
class ReadCount:
    """The reads of one entry in one hour of one kind and duration; ``hour`` is like ``2026-11-23 20``."""

    key: str
    hour: str
    kind: ReadKind
    bucket: int
    reads: int
    total_us: int


def read_kind(entry: Entry, tier: Tier) -> ReadKind:
    """Return how the read of an entry ended."""
    match entry.state:
        case EntryState.FRESH:
            return ReadKind(Outcome.MEMORY if tier is Tier.MEMORY else Outcome.CACHE)
        case EntryState.EXPIRED:
            return ReadKind(Outcome.STALE, Cause.EXPIRED)
        case EntryState.DAMAGED:
            return ReadKind(Outcome.MISS, Cause.DAMAGED)
        case _:
            return ReadKind(Outcome.MISS, Cause.CLEARED if entry.was_stored else Cause.NEVER)


def duration_bucket(microseconds: float) -> int:
    """Return the bucket of a duration; there are four for each doubling.

    >>> duration_bucket(1), duration_bucket(1000), bucket_microseconds(duration_bucket(1000)) > 1000
    (0, 39, True)
    """
    return max(0, int(BUCKETS_A_DOUBLING * math.log2(max(1.0, microseconds))))


def bucket_microseconds(bucket: int) -> float:
    """Return the upper end of a bucket in microseconds."""
    return float(2 ** ((bucket + 1) / BUCKETS_A_DOUBLING))


ReadGroups = tuple[tuple[tuple[str, ...], ReadKind], ...]
"""The keys of one read, sorted, for each kind of how they ended."""


def grouped(kinds: Mapping[str, ReadKind]) -> ReadGroups:
    """Return the keys of each kind, sorted, so that the order of a read does not matter."""
    groups: dict[ReadKind, list[str]] = {}
    for key, kind in kinds.items():
        groups.setdefault(kind, []).append(key)
    return tuple((tuple(sorted(keys)), kind) for kind, keys in groups.items())


_Group = tuple[tuple[str, ...], str, ReadKind, int]


class ReadLog:
    """The counts of one process: those that are not written yet, and those of all its reads; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: Counter[_Group] = Counter()
        self._pending_us: Counter[_Group] = Counter()
        self._all: Counter[_Group] = Counter()
        self._all_us: Counter[_Group] = Counter()
        self._asked: dict[str, datetime] = {}
        self._pruned_in = ""

    def count(self, kinds: Mapping[str, ReadKind], microseconds: float, now: datetime) -> None:
        """Count the reads of several entries that were read together and took ``microseconds`` in all."""
        self.count_groups(grouped(kinds), microseconds, now)

    def count_groups(self, groups: ReadGroups, microseconds: float, now: datetime) -> None:
        """Count reads as ``count`` does, of keys that are grouped already."""
        hour, bucket, whole = hour_of(now), duration_bucket(microseconds), round(microseconds)
        with self._lock:
            for keys, kind in groups:
                self._asked.update(dict.fromkeys(filter(is_selection, keys), now))
                group = (keys, hour, kind, bucket)
                self._pending[group] += 1
                self._pending_us[group] += whole
                ever = (keys, "", kind, bucket)
                self._all[ever] += 1
                self._all_us[ever] += whole

    def _oldest_to_keep(self, now: datetime) -> str | None:
        """Return the hour before which counts are deleted, once an hour; None at other times."""
        hour = hour_of(now)
        if hour == self._pruned_in:
            return None
        self._pruned_in = hour
        return hour_of(now - timedelta(days=READS_KEPT_DAYS))

    def pending(self) -> tuple[ReadCount, ...]:
        """Return the counts that are not written yet."""
        with self._lock:
            return _by_key(self._pending, self._pending_us)

    def since_start(self) -> tuple[ReadCount, ...]:
        """Return the counts of all reads of this process; their hour is empty."""
        with self._lock:
            return _by_key(self._all, self._all_us)

    def flush(
        self, store: StorePlace, now: datetime, busy_timeout_seconds: float = BUSY_TIMEOUT_SECONDS
    ) -> None:
        """Write the counts that are not written yet; keep them for the next time if that fails."""
        with self._lock:
            taken, taken_us, asked = self._pending, self._pending_us, self._asked
            self._pending, self._pending_us, self._asked = Counter(), Counter(), {}
        if not taken:
            return
        try:
            store_reads(
                store, _by_key(taken, taken_us), busy_timeout_seconds, self._oldest_to_keep(now), asked
            )
        except DashboardError as error:
            log.info("the counts of reads are written later: %s", error)
            if len(taken) < MOST_COUNTS:
                with self._lock:
                    self._pending.update(taken)
                    self._pending_us.update(taken_us)
                    self._asked = asked | self._asked


def _by_key(reads: Counter[_Group], microseconds: Counter[_Group]) -> tuple[ReadCount, ...]:
    counts: Counter[tuple[str, str, ReadKind, int]] = Counter()
    times: Counter[tuple[str, str, ReadKind, int]] = Counter()
    for group, count in reads.items():
        keys, hour, kind, bucket = group
        for key in map(counted_key, keys):
            counts[key, hour, kind, bucket] += count
            times[key, hour, kind, bucket] += microseconds[group]
    return tuple(ReadCount(*place, count, times[place]) for place, count in counts.items())


def store_reads(
    store: StorePlace,
    counts: Iterable[ReadCount],
    busy_timeout_seconds: float,
    oldest: str | None = None,
    asked: Mapping[str, datetime] = MappingProxyType({}),
) -> None:
    """Add counts to ``dashboard_cache_reads`` in one transaction. Raises SourceError.

    It deletes the hours before ``oldest``; None keeps all. ``asked`` says when selected values were asked
    for.
    """
    with backend_of(store).counting(busy_timeout_seconds) as connection:
        if oldest is not None:
            connection.execute("delete from dashboard_cache_reads where hour < ?", (oldest,))
        connection.executemany(
            "insert into dashboard_cache_reads"
            " (cache_key, hour, outcome, cause, duration_bucket, reads, total_us)"
            " values (?, ?, ?, ?, ?, ?, ?) on conflict (cache_key, hour, outcome, cause, duration_bucket)"
            " do update set reads = dashboard_cache_reads.reads + excluded.reads,"
            " total_us = dashboard_cache_reads.total_us + excluded.total_us",
            # In the order of their keys, because in any other two processes wait for each other.
            sorted(
                (c.key, c.hour, c.kind.outcome, c.kind.cause, c.bucket, c.reads, c.total_us) for c in counts
            ),
        )
        note_asked(connection, asked)
