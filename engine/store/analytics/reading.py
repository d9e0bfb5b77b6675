"""The analytics of the cache: reads, misses, costs and runs, read in one short transaction.

Hours are in UTC. The current hour is the last of the 24 hours of a day, and of the 168 hours of a week. A
table that the database lacks counts as empty.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from engine.model.catalogue.datasets import SELECTS, catalogue
from engine.model.clock import hour_of
from engine.model.settings import StorePlace
from engine.model.values.fingerprint import Fingerprints
from engine.store.analytics.entry_figures import EntryFigures, Spending, page_of
from engine.store.analytics.lifetimes import OF_SELECTIONS, History, suggest_lifetime
from engine.store.analytics.tallies import (
    MISS_CAUSES,
    NO_READS,
    ReadTimes,
    Tally,
    read_times,
    sum_of,
    tally_of,
)
from engine.store.backend import Connection, reading, tables_of
from engine.store.entries import Problem, problem_of
from engine.store.reads import Cause, Outcome
from engine.store.runs import RunFigures, select_run_figures
from engine.store.state import CacheStats, EntryInfo, count_entries, fold_selections, select_entries

DAY_HOURS, WEEK_HOURS = 24, 168
RECENT_RUNS = 25
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class HourReads:
    """The reads of one hour by how they ended, and the misses by cause."""

    starts_at: datetime
    tally: Tally = NO_READS
    misses: Mapping[Cause, int] = field(default_factory=dict)


@dataclass(frozen=True)
class PageReads:
    """The reads of one page's entries over 7 days; ``page`` is empty for keys that belong to no page."""

    page: str
    tally: Tally


@dataclass(frozen=True)
class Analytics:
    """The figures as of one instant: ``hours`` are 168, oldest first; all others are over 7 days.

    ``outcomes`` has every outcome, ``entries`` every key that is stored, was computed or was read, and
    ``infos`` the entries that the cache holds now, all selections of a dataset as one. ``stored`` counts them
    each by itself. ``problems`` has those of keys with an entry and without, by key.
    """

    hours: tuple[HourReads, ...]
    outcomes: tuple[ReadTimes, ...]
    all_reads: ReadTimes
    pages: tuple[PageReads, ...]
    entries: tuple[EntryFigures, ...]
    infos: tuple[EntryInfo, ...]
    runs: RunFigures
    stored: CacheStats
    problems: Mapping[str, Problem] = field(default_factory=dict)

    @property
    def this_hour(self) -> Tally:
        """Return the reads of the current hour."""
        return self.hours[-1].tally

    @property
    def last_24_hours(self) -> Tally:
        """Return the reads of the last 24 hours."""
        return sum_of(hour.tally for hour in self.hours[-DAY_HOURS:])

    @property
    def last_7_days(self) -> Tally:
        """Return the reads of all hours."""
        return sum_of(hour.tally for hour in self.hours)

    @property
    def misses(self) -> dict[Cause, int]:
        """Return the number of reads without a fresh value, by cause."""
        return {cause: sum(hour.misses.get(cause, 0) for hour in self.hours) for cause in MISS_CAUSES}

    def misses_by_local_hour(self, zone: ZoneInfo) -> tuple[dict[Cause, int], ...]:
        """Return the misses by cause for each of the 24 local hours; the start of an hour decides."""
        day: tuple[dict[Cause, int], ...] = tuple(dict.fromkeys(MISS_CAUSES, 0) for _ in range(24))
        for hour in self.hours:
            local = hour.starts_at.astimezone(zone).hour
            for cause, reads in hour.misses.items():
                day[local][cause] += reads
        return day


def read_analytics(
    store: StorePlace, now: datetime, interval_seconds: int, expected: Fingerprints | None = None
) -> Analytics:
    """Return the figures as of ``now``; ``interval_seconds`` is that of the schedule. Raises SourceError.

    An entry whose fingerprint is not the ``expected`` one is not fresh; None accepts every fingerprint.
    """
    starts = [
        now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) - ago * _HOUR
        for ago in reversed(range(WEEK_HOURS))
    ]
    span = (hour_of(starts[0]), hour_of(starts[-1]))
    with reading(store) as connection:
        there = tables_of(connection)
        counts = _Counts(connection, span) if "dashboard_cache_reads" in there else _Counts()
        writes = _select_writes(connection, span) if "dashboard_cache_writes" in there else {}
        stored = {"dashboard_cache", "dashboard_problems"} <= there
        each = select_entries(connection, now, expected) if stored else ()
        problems = _select_problems(connection) if stored else {}
        has_runs = "dashboard_runs" in there
        runs = select_run_figures(connection, now, RECENT_RUNS) if has_runs else RunFigures()
    hours = counts.hours(starts)
    outcomes, all_reads = counts.times()
    infos = fold_selections(each)
    entries = _entries(counts, writes, infos, now, interval_seconds)
    totals = count_entries(each)
    return Analytics(hours, outcomes, all_reads, _pages(entries), entries, infos, runs, totals, problems)


def _select_problems(connection: Connection) -> dict[str, Problem]:
    found = {
        key: problem_of(*rest)
        for key, *rest in connection.execute(
            "select cache_key, kind, reason, happened_at from dashboard_problems order by cache_key"
        )
    }
    return {key: problem for key, problem in found.items() if problem is not None}


_RECENT = """
with recent as (
    select cache_key, hour, outcome, cause, duration_bucket, reads, total_us
    from dashboard_cache_reads
    where hour between ? and ?
)
"""
_BY_HOUR_SQL = _RECENT + "select hour, outcome, cause, sum(reads) from recent group by 1, 2, 3"
_BY_KEY_SQL = (
    _RECENT + "select cache_key, outcome, cause, sum(reads), sum(total_us) from recent group by 1, 2, 3"
)
_BY_BUCKET_SQL = (
    _RECENT + "select outcome, duration_bucket, sum(reads), sum(total_us) from recent group by 1, 2"
)
_WRITES_SQL = """
select cache_key, min(hour), sum(computations), sum(changed), sum(compute_us)
from dashboard_cache_writes
where hour between ? and ?
group by cache_key
"""

_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
_CAUSES = {cause.value: cause for cause in MISS_CAUSES}
_SERVED = (Outcome.MEMORY, Outcome.CACHE, Outcome.STALE)


class _Counts:
    """The reads of a span of hours, summed by hour, by key and by duration; empty without a connection."""

    def __init__(self, connection: Connection | None = None, span: tuple[str, str] = ("", "")) -> None:
        self._by_hour: defaultdict[str, Counter[Outcome]] = defaultdict(Counter)
        self._misses: defaultdict[str, Counter[Cause]] = defaultdict(Counter)
        self._by_bucket: defaultdict[Outcome, Counter[int]] = defaultdict(Counter)
        self._total_us: Counter[Outcome] = Counter()
        self.by_key: defaultdict[str, Counter[Outcome]] = defaultdict(Counter)
        self.misses_by_key: defaultdict[str, Counter[Cause]] = defaultdict(Counter)
        self.served_us: Counter[str] = Counter()
        if connection is None:
            return
        for hour, outcome, cause, reads in connection.execute(_BY_HOUR_SQL, span):
            if outcome in _OUTCOMES:
                self._by_hour[hour][_OUTCOMES[outcome]] += reads
            if cause in _CAUSES:
                self._misses[hour][_CAUSES[cause]] += reads
        for key, outcome, cause, reads, total_us in connection.execute(_BY_KEY_SQL, span):
            if cause in _CAUSES:
                self.misses_by_key[key][_CAUSES[cause]] += reads
            if outcome in _OUTCOMES:
                self.by_key[key][_OUTCOMES[outcome]] += reads
                self.served_us[key] += total_us if _OUTCOMES[outcome] in _SERVED else 0
        for outcome, bucket, reads, total_us in connection.execute(_BY_BUCKET_SQL, span):
            if outcome in _OUTCOMES:
                self._by_bucket[_OUTCOMES[outcome]][bucket] += reads
                self._total_us[_OUTCOMES[outcome]] += total_us

    def hours(self, starts: Iterable[datetime]) -> tuple[HourReads, ...]:
        """Return the reads of the hours that begin at these instants."""
        return tuple(
            HourReads(start, tally_of(self._by_hour[hour_of(start)]), dict(self._misses[hour_of(start)]))
            for start in starts
        )

    def times(self) -> tuple[tuple[ReadTimes, ...], ReadTimes]:
        """Return the durations of reads by how they ended, and of all reads together."""
        in_all: Counter[int] = Counter()
        for buckets in self._by_bucket.values():
            in_all.update(buckets)
        reads = in_all.total()
        outcomes = tuple(
            read_times(outcome, self._by_bucket[outcome], self._total_us[outcome], reads)
            for outcome in Outcome
        )
        return outcomes, read_times(None, in_all, self._total_us.total(), reads)


def _select_writes(connection: Connection, span: tuple[str, str]) -> dict[str, tuple[str, Spending]]:
    """Return the first hour in which each key was computed and what it cost, by key."""
    return {
        key: (first_hour, Spending(computations, changed, compute_us))
        for key, first_hour, computations, changed, compute_us in connection.execute(_WRITES_SQL, span)
    }


def _entries(
    counts: _Counts,
    writes: Mapping[str, tuple[str, Spending]],
    infos: Iterable[EntryInfo],
    now: datetime,
    interval_seconds: int,
) -> tuple[EntryFigures, ...]:
    stored = {info.key: info for info in infos}
    lifetimes = {dataset.key: dataset.ttl_minutes for dataset in catalogue().values()}
    figures = []
    for key in sorted({*stored, *writes, *counts.by_key}):
        first_hour, spending = writes.get(key, (hour_of(now - (WEEK_HOURS - 1) * _HOUR), Spending()))
        tally = tally_of(counts.by_key.get(key, {}))
        span = now - datetime.strptime(first_hour, "%Y-%m-%d %H").replace(tzinfo=UTC)
        history = History(span, spending.computations, spending.changed, tally.reads)
        base, selects, _ = key.partition(SELECTS)
        suggestion = OF_SELECTIONS if selects else suggest_lifetime(history, interval_seconds)
        served_us = counts.served_us[key]
        lifetime = lifetimes.get(base)
        misses = dict(counts.misses_by_key.get(key, {}))
        info = stored.get(key)
        figures.append(EntryFigures(key, info, tally, served_us, spending, lifetime, suggestion, misses))
    return tuple(figures)


def _pages(entries: Iterable[EntryFigures]) -> tuple[PageReads, ...]:
    """Return the reads of each page that was read, most read first."""
    tallies: dict[str, list[Tally]] = {}
    for entry in entries:
        if entry.tally.reads:
            tallies.setdefault(page_of(entry.key), []).append(entry.tally)
    pages = [PageReads(page, sum_of(counted)) for page, counted in tallies.items()]
    return tuple(sorted(pages, key=lambda page: (-page.tally.reads, page.page)))
