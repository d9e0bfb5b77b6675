"""The metrics for Prometheus: the reads of this process, the state of the cache, the latest run.

Times are in seconds, sizes in bytes. Counters begin with the process. If the source cannot be read, its
metrics are missing and ``dashboard_source_readable`` is 0.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from engine.attention.judging import Attention
from engine.attention.line import Level
from engine.model.errors import SourceError
from engine.model.settings import StorePlace
from engine.model.values.fingerprint import Fingerprints
from engine.store import CacheState, EntryInfo, ReadLog, RunRow, cache_state, list_entries, recent_runs
from engine.store.analytics.entry_figures import page_of
from engine.store.reads import BUCKETS_A_DOUBLING, Outcome, ReadCount, bucket_microseconds
from engine.store.state import fold_selections

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

# From 16 µs to 8.4 s, each twice the one before; each is the upper end of a bucket of the read log.
_LAST_BUCKETS = tuple(BUCKETS_A_DOUBLING * doublings - 1 for doublings in range(4, 24))


@dataclass(frozen=True)
class _Store:
    """What the store says: its entries, their state, and the latest run, None before the first."""

    entries: tuple[EntryInfo, ...]
    state: CacheState
    run: RunRow | None


@dataclass(frozen=True)
class _Files:
    """What can be read: ``store`` is None if the store cannot be."""

    store: _Store | None
    is_source_readable: bool


def metrics_text(
    store: StorePlace,
    read_log: ReadLog,
    live_connections: int,
    now: datetime,
    expected: Fingerprints | None = None,
    *,
    attention: Attention | None = None,
    is_source_readable: Callable[[], bool | None] = lambda: None,
) -> bytes:
    """Return the metrics in Prometheus' text format, whether or not the source can be read. Blocking.

    An entry with another fingerprint than ``expected`` is not fresh; None accepts every fingerprint. None for
    ``attention`` leaves its metrics out. ``store`` is where the cache is. ``is_source_readable``
    returns whether the source can be read, None if that is as readable as the store.
    """
    registry = CollectorRegistry()
    found = _read_store(store, now, expected)
    is_readable = is_source_readable()
    files = _Files(found, found is not None if is_readable is None else is_readable)
    registry.register(_Cache(read_log.since_start(), files, live_connections, now, attention))
    return generate_latest(registry)


def _read_store(store: StorePlace, now: datetime, expected: Fingerprints | None) -> _Store | None:
    try:
        runs = recent_runs(store, 1)
        entries = fold_selections(list_entries(store, now, expected))
        state = cache_state(store, now, expected)
        return _Store(entries, state, runs[0] if runs else None)
    except SourceError:
        return None


class _Cache(Collector):
    """All families of one answer."""

    def __init__(
        self,
        reads: tuple[ReadCount, ...],
        files: _Files,
        live_connections: int,
        now: datetime,
        attention: Attention | None,
    ) -> None:
        self._attention = attention
        self._reads = reads
        self._files = files
        self._live_connections = live_connections
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """Yield each family with its samples."""
        yield from _read_families(self._reads)
        yield GaugeMetricFamily(
            "dashboard_live_connections", "Open pages with a live connection.", self._live_connections
        )
        yield GaugeMetricFamily(
            "dashboard_source_readable",
            "1 if the source can be read, else 0.",
            int(self._files.is_source_readable),
        )
        if self._attention is not None:
            yield from _attention_families(self._attention)
        store = self._files.store
        if store is not None:
            yield from _state_families(store.state)
            yield from _entry_families(store.entries, self._now)
            if store.run is not None:
                yield from _run_families(store.run)


def _read_families(counts: Iterable[ReadCount]) -> Iterator[Metric]:
    reads: Counter[tuple[str, Outcome]] = Counter()
    by_bucket: defaultdict[Outcome, Counter[int]] = defaultdict(Counter)
    total_us: Counter[Outcome] = Counter()
    for count in counts:
        reads[count.key, count.kind.outcome] += count.reads
        by_bucket[count.kind.outcome][count.bucket] += count.reads
        total_us[count.kind.outcome] += count.total_us
    family = CounterMetricFamily(
        "dashboard_reads", "Reads of entries by how they ended.", labels=["page", "key", "outcome"]
    )
    for (key, outcome), number in sorted(reads.items()):
        family.add_metric([page_of(key), key, outcome.value], number)
    yield family
    durations = HistogramMetricFamily(
        "dashboard_read_duration_seconds", "How long reads of entries took.", labels=["outcome"]
    )
    for outcome in Outcome:
        # Every outcome is present from the start, so that rates over the first reads are right.
        durations.add_metric([outcome.value], _buckets(by_bucket[outcome]), total_us[outcome] / 1e6)
    yield durations


def _buckets(reads_by_bucket: Counter[int]) -> list[tuple[str, float]]:
    """Return the number of reads up to each bound in seconds, as Prometheus counts them."""
    return [
        (
            f"{bucket_microseconds(last) / 1e6}",
            float(sum(reads for bucket, reads in reads_by_bucket.items() if bucket <= last)),
        )
        for last in _LAST_BUCKETS
    ] + [("+Inf", float(reads_by_bucket.total()))]


def _attention_families(attention: Attention) -> Iterator[Metric]:
    found = GaugeMetricFamily(
        "dashboard_attention", "What needs attention, by how bad it is.", labels=["level"]
    )
    for level, number in ((Level.CRITICAL, attention.critical), (Level.WARNING, attention.warning)):
        found.add_metric([level.value], number)
    yield found
    yield GaugeMetricFamily(
        "dashboard_attention_not_judged",
        "What could not be judged, or by an expired value alone.",
        len(attention.unjudged),
    )


def _state_families(state: CacheState) -> Iterator[Metric]:
    entries = GaugeMetricFamily(
        "dashboard_entries", "Datasets by the state of their entry.", labels=["state"]
    )
    for name, number in (("fresh", state.fresh), ("expired", state.expired), ("missing", state.missing)):
        entries.add_metric([name], number)
    yield entries
    yield GaugeMetricFamily(
        "dashboard_dataset_problems", "Datasets that failed or are unavailable.", state.problems
    )
    yield GaugeMetricFamily(
        "dashboard_cache_generation", "Number of changes that the cache has seen.", state.generation
    )


def _entry_families(infos: Iterable[EntryInfo], now: datetime) -> Iterator[Metric]:
    labels = ["page", "key"]
    age = GaugeMetricFamily(
        "dashboard_entry_age_seconds", "Time since the instant that the value describes.", labels=labels
    )
    size = GaugeMetricFamily(
        "dashboard_entry_size_bytes",
        "Size of the value, raw and as it is stored.",
        labels=[*labels, "form"],
    )
    compute = GaugeMetricFamily(
        "dashboard_entry_compute_seconds", "Time that the latest computation took.", labels=labels
    )
    for info in infos:
        names = [page_of(info.key), info.key]
        age.add_metric(names, (now - info.as_of).total_seconds())
        size.add_metric([*names, "raw"], info.raw_bytes)
        size.add_metric([*names, "stored"], info.stored_bytes)
        if info.compute_ms is not None:
            compute.add_metric(names, info.compute_ms / 1000)
    yield from (age, size, compute)


def _run_families(run: RunRow) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "dashboard_last_run_timestamp_seconds",
        "When the latest run ended, in Unix time.",
        run.finished_at.timestamp(),
    )
    yield GaugeMetricFamily(
        "dashboard_last_run_duration_seconds", "How long the latest run took.", run.duration_ms / 1000
    )
    yield GaugeMetricFamily(
        "dashboard_last_run_success",
        "1 if the latest run computed all it was to, else 0.",
        int(run.status == "success"),
    )
