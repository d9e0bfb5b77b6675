"""Owns the expected datasets about the machine and the database file."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta

from .clock import Clock
from .results import Columns, Value, columns, instant_text
from .source import Source, SystemMetric
from .sums import largest, mean

BUCKET_SECONDS = 300


def database_health(source: Source, clock: Clock) -> Columns:
    """The file as it is when the oracle opens it; `integrity` as after a full refresh.

    `last_write_at` looks at every timestamp column of the source tables, those of no dataset included.
    """
    past = [moment for moment in source.timestamps if clock.is_past(moment)]
    row: dict[str, Value] = {
        "size_bytes": source.file.size_bytes,
        "wal_bytes": source.file.wal_bytes,
        "page_size": source.file.page_size,
        "pages": source.file.pages,
        "free_pages": source.file.free_pages,
        "journal_mode": source.file.journal_mode,
        "tables": len(source.tables),
        "rows": sum(len(rows) for rows in source.tables.values()),
        "last_write_at": instant_text(max(past, default=None)),
        "integrity": source.file.integrity,
    }
    return columns(list(row), [list(row.values())])


def system_metrics_24h(source: Source, clock: Clock) -> Columns:
    """Samples of the last 24 hours by five minutes of the epoch; a sample without a number is one too."""
    buckets: dict[int, list[SystemMetric]] = defaultdict(list)
    for sample in source.rows(SystemMetric):
        if sample.recorded_at is not None and clock.in_last(sample.recorded_at, timedelta(hours=24)):
            epoch = int(sample.recorded_at.timestamp())
            buckets[epoch - epoch % BUCKET_SECONDS].append(sample)
    rows = []
    for start, samples in sorted(buckets.items()):
        rows.append(
            (
                instant_text(datetime.fromtimestamp(start, tz=UTC)),
                mean(sample.cpu_percent for sample in samples),
                mean(sample.memory_percent for sample in samples),
                mean(sample.disk_percent for sample in samples),
                largest(sample.cpu_percent for sample in samples),
            )
        )
    return columns(("at", "cpu_percent", "memory_percent", "disk_percent", "cpu_percent_max"), rows)
