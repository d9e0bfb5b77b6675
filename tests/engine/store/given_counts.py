"""Counted reads and computations, as rows of their tables."""

from __future__ import annotations

from datetime import timedelta

from engine.model.clock import hour_of
from engine.model.settings import StorePlace
from engine.store.reads import Cause, Outcome, ReadCount, ReadKind, duration_bucket, store_reads
from tests.engine.source_database import NOW, execute

MEMORY, CACHE = ReadKind(Outcome.MEMORY), ReadKind(Outcome.CACHE)
STALE = ReadKind(Outcome.STALE, Cause.EXPIRED)
ERROR = ReadKind(Outcome.ERROR)


def missed(cause: Cause) -> ReadKind:
    return ReadKind(Outcome.MISS, cause)


def given_reads(
    db: StorePlace, key: str, kind: ReadKind, reads: int, *, hours_ago: int = 0, microseconds: int = 100
) -> None:
    """Insert reads of a key that took the same time."""
    hour, bucket = hour_of(NOW - timedelta(hours=hours_ago)), duration_bucket(microseconds)
    store_reads(db, [ReadCount(key, hour, kind, bucket, reads, reads * microseconds)], 5.0)


def given_writes(
    db: StorePlace, key: str, computations: int, changed: int, compute_us: int, *, hours_ago: int = 0
) -> None:
    """Insert computations of a key in one hour, and their microseconds in all."""
    execute(
        db,
        "insert into dashboard_cache_writes values (?, ?, ?, ?, ?)",
        (key, hour_of(NOW - timedelta(hours=hours_ago)), computations, changed, compute_us),
    )


def given_run(
    db: StorePlace, trigger: str, status: str, duration_ms: int, *, hours_ago: float, error: str | None = None
) -> None:
    """Insert a run's row."""
    at = f"{NOW - timedelta(hours=hours_ago):%Y-%m-%d %H:%M:%S}"
    execute(
        db,
        'insert into dashboard_runs ("trigger", scope, as_of, started_at, finished_at, duration_ms, datasets,'
        " entries, status, error, generation) values (?, 'all', ?, ?, ?, ?, 23, 40, ?, ?, 1)",
        (trigger, at, at, at, duration_ms, status, error),
    )
