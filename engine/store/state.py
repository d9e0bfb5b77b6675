"""The cache as a whole: the cost of each entry, and how many are fresh."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from engine.model.catalogue.datasets import catalogue
from engine.model.clock import is_future
from engine.model.settings import StorePlace
from engine.model.values.fingerprint import Fingerprints
from engine.model.values.results import UNAVAILABLE
from engine.store.backend import Connection, has_table, reading
from engine.store.entries import (
    STAMPED_LATER,
    Entry,
    EntryState,
    Problem,
    problem_of,
    times_of,
)
from engine.store.origins import BELONGS, ORIGIN_COLUMNS, mismatch_of, origin_of
from engine.store.selections import counted_key, is_selection
from engine.store.state_rows import read_generation


@dataclass(frozen=True)
class EntryInfo:
    """The cost of an entry: sizes before and after compression in bytes, computing time in ms.

    ``compute_ms`` is None for a value stored by ``set_cache``. ``reason`` says why the entry is expired
    before its lifetime is over, empty if it is not. ``time_zone`` is the zone of its days and hours, None if
    that is not known. ``selections`` is the number of selected values that it stands for, 0 for one entry.
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
    reason: str = ""
    time_zone: str | None = None
    selections: int = 0


@dataclass(frozen=True)
class CacheState:
    """The cache in numbers: ``fresh + expired + missing`` is the catalogue's length.

    ``problems`` counts the datasets that failed or are unavailable, ``mismatched`` the entries whose
    fingerprint is not the expected one. The times and the lifetime (of the entry that expires first) are None
    if there is no entry. ``time_zone`` is None unless all entries have the same. ``unavailable``
    holds the keys without an entry whose tables or columns the source lacks.
    """

    fresh: int
    expired: int
    missing: int
    problems: int
    generation: int
    oldest_computed_at: datetime | None
    newest_computed_at: datetime | None
    lifetime_minutes: int | None
    mismatched: int = 0
    time_zone: str | None = None
    unavailable: frozenset[str] = frozenset()


@dataclass(frozen=True)
class CacheStats:
    """The cache table in numbers: ``total`` is ``fresh + expired``; sizes are in bytes."""

    total: int
    fresh: int
    expired: int
    raw_bytes: int
    stored_bytes: int


def count_entries(infos: Sequence[EntryInfo]) -> CacheStats:
    """Return the number and the sizes of entries."""
    fresh = sum(info.state is EntryState.FRESH for info in infos)
    return CacheStats(
        total=len(infos),
        fresh=fresh,
        expired=len(infos) - fresh,
        raw_bytes=sum(info.raw_bytes for info in infos),
        stored_bytes=sum(info.stored_bytes for info in infos),
    )


def fold_selections(infos: Iterable[EntryInfo]) -> tuple[EntryInfo, ...]:
    """Return entries with all selections of each dataset as one, by key.

    Its sizes and times of computing are sums. Its state is that of the selection which expires last.
    """
    folded: dict[str, list[EntryInfo]] = {}
    for info in infos:
        folded.setdefault(counted_key(info.key) if is_selection(info.key) else info.key, []).append(info)
    return tuple(own[0] if own[0].key == key else _folded(key, own) for key, own in sorted(folded.items()))


def _folded(key: str, infos: list[EntryInfo]) -> EntryInfo:
    times = [info.compute_ms for info in infos if info.compute_ms is not None]
    return replace(
        max(infos, key=lambda info: info.expires_at),
        key=key,
        entries=sum(info.entries for info in infos),
        raw_bytes=sum(info.raw_bytes for info in infos),
        stored_bytes=sum(info.stored_bytes for info in infos),
        compute_ms=sum(times) if times else None,
        problem=None,
        selections=len(infos),
    )


def list_entries(
    store: StorePlace, now: datetime, expected: Fingerprints | None = None
) -> tuple[EntryInfo, ...]:
    """Return the cost of each entry, by key; an entry whose times cannot be read is left out.

    An entry whose fingerprint is not the ``expected`` one is not fresh; None accepts every fingerprint.
    Raises SourceError.
    """
    with reading(store) as connection:
        return select_entries(connection, now, expected)


def select_entries(
    connection: Connection, now: datetime, expected: Fingerprints | None = None
) -> tuple[EntryInfo, ...]:
    """Return the same as ``list_entries``, over an open connection."""
    has_origins = has_table(connection, "dashboard_origins")
    sql = f"""
        select dashboard_cache.cache_key, entries, raw_bytes, length(cache_value), dashboard_cache.created_at,
            as_of, expires_at, compute_ms, kind, reason, happened_at,
            {ORIGIN_COLUMNS if has_origins else "null, null, null, null, null"}
        from dashboard_cache
        left join dashboard_problems on dashboard_problems.cache_key = dashboard_cache.cache_key
        {f"left join dashboard_origins on {BELONGS}" if has_origins else ""}
        order by dashboard_cache.cache_key
    """
    infos = (_entry_info(row, now, expected) for row in connection.execute(sql).fetchall())
    return tuple(info for info in infos if info is not None)


def _entry_info(row: tuple[Any, ...], now: datetime, expected: Fingerprints | None) -> EntryInfo | None:
    key, entries, raw_bytes, stored_bytes, computed_at, as_of, expires_at, compute_ms, *rest = row
    times = times_of(key, computed_at, as_of, expires_at)
    if times is None:
        return None
    computed, described, expires = times
    origin = origin_of(*rest[3:])
    reason = mismatch_of(key, is_computed=compute_ms is not None, origin=origin, expected=expected)
    if is_future(computed, now):
        reason = STAMPED_LATER
    return EntryInfo(
        key=key,
        entries=entries,
        raw_bytes=raw_bytes,
        stored_bytes=stored_bytes,
        computed_at=computed,
        as_of=described,
        expires_at=expires,
        compute_ms=compute_ms,
        state=EntryState.FRESH if expires > now and not reason else EntryState.EXPIRED,
        problem=problem_of(*rest[:3]),
        reason=reason,
        time_zone=None if origin is None else origin.fingerprint.time_zone,
    )


def cache_state(store: StorePlace, now: datetime, expected: Fingerprints | None = None) -> CacheState:
    """Return the state of the catalogue's entries. Raises SourceError.

    An entry whose fingerprint is not the ``expected`` one is not fresh; None accepts every fingerprint.
    """
    keys = {dataset.key for dataset in catalogue().values()}
    with reading(store) as connection:
        infos = [info for info in select_entries(connection, now, expected) if info.key in keys]
        problems = connection.execute("select cache_key, kind from dashboard_problems").fetchall()
        generation = read_generation(connection)
    zones = {info.time_zone for info in infos}
    return _state(
        [(info.computed_at, info.expires_at) for info in infos],
        fresh=sum(info.state is EntryState.FRESH for info in infos),
        missing=len(keys) - len(infos),
        problems=len({key for key, _ in problems} & keys),
        generation=generation,
        mismatched=sum(info.reason not in ("", STAMPED_LATER) for info in infos),
        time_zone=zones.pop() if len(zones) == 1 else None,
        unavailable=frozenset(key for key, kind in problems if kind == UNAVAILABLE)
        & (keys - {info.key for info in infos}),
    )


def state_of(entries: Iterable[Entry], generation: int) -> CacheState:
    """Return the state of the catalogue's entries at the time when they were read."""
    read = tuple(entries)
    times = [(e.computed_at, e.expires_at) for e in read if e.value is not None]
    known = [(made, ends) for made, ends in times if made is not None and ends is not None]
    return _state(
        known,
        fresh=sum(entry.state is EntryState.FRESH for entry in read),
        missing=len(read) - len(known),
        problems=sum(entry.problem is not None for entry in read),
        generation=generation,
        mismatched=sum(bool(entry.mismatch) for entry in read),
        unavailable=frozenset(entry.key for entry in read if entry.is_unavailable),
    )


def _state(
    times: Sequence[tuple[datetime, datetime]],
    *,
    fresh: int,
    missing: int,
    problems: int,
    generation: int,
    mismatched: int,
    unavailable: frozenset[str],
    time_zone: str | None = None,
) -> CacheState:
    """Return the state of entries with these times of computation and expiry."""
    soonest = min(times, key=lambda pair: pair[1], default=None)
    return CacheState(
        fresh=fresh,
        expired=len(times) - fresh,
        missing=missing,
        problems=problems,
        generation=generation,
        oldest_computed_at=min((made for made, _ in times), default=None),
        newest_computed_at=max((made for made, _ in times), default=None),
        lifetime_minutes=round((soonest[1] - soonest[0]) / timedelta(minutes=1)) if soonest else None,
        mismatched=mismatched,
        time_zone=time_zone,
        unavailable=unavailable,
    )
