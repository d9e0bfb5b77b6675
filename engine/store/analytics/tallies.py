"""Tallies of reads: how they ended and how long they took. Pure.

A hit is a read that found a fresh value, in memory or in the table. A read is served if it found a value,
fresh or stale. Durations are counted in buckets, and a quantile is the upper end of a bucket. So it is never
less than the true quantile, and at most a fifth more.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.store.reads import Cause, Outcome, bucket_microseconds

MISS_CAUSES = (Cause.NEVER, Cause.EXPIRED, Cause.DAMAGED, Cause.CLEARED)
"""The causes of reads without a fresh value; EXPIRED is the cause of stale reads."""


@dataclass(frozen=True)
class Tally:
    """Numbers of reads by how they ended.

    >>> tally = Tally(memory=6, cache=2, stale=1, miss=1)
    >>> tally.reads, tally.hit_rate, tally.served_rate
    (10, 0.8, 0.9)
    """

    memory: int = 0
    cache: int = 0
    stale: int = 0
    miss: int = 0
    error: int = 0

    def __add__(self, other: Tally) -> Tally:
        """Return the reads of both."""
        return Tally(
            self.memory + other.memory,
            self.cache + other.cache,
            self.stale + other.stale,
            self.miss + other.miss,
            self.error + other.error,
        )

    def of(self, outcome: Outcome) -> int:
        """Return the number of reads with an outcome."""
        return int(getattr(self, outcome.value))

    @property
    def reads(self) -> int:
        """Return the number of all reads."""
        return self.memory + self.cache + self.stale + self.miss + self.error

    @property
    def hits(self) -> int:
        """Return the number of reads that found a fresh value."""
        return self.memory + self.cache

    @property
    def served(self) -> int:
        """Return the number of reads that found a value, fresh or stale."""
        return self.hits + self.stale

    @property
    def hit_rate(self) -> float | None:
        """Return the hits as a share of all reads, from 0 to 1; None without a read."""
        return self.hits / self.reads if self.reads else None

    @property
    def served_rate(self) -> float | None:
        """Return the reads that found a value as a share of all, from 0 to 1; None without a read."""
        return self.served / self.reads if self.reads else None


NO_READS = Tally()


def tally_of(reads: Mapping[Outcome, int]) -> Tally:
    """Return the tally of numbers of reads by outcome."""
    return Tally(**{outcome.value: count for outcome, count in reads.items()})


def sum_of(tallies: Iterable[Tally]) -> Tally:
    """Return the reads of all tallies together."""
    return sum(tallies, NO_READS)


@dataclass(frozen=True)
class ReadTimes:
    """The number of reads with one outcome, and their durations in microseconds.

    ``outcome`` is None for all reads together. ``share`` is their share of all reads. Without a read the
    share and the durations are None.
    """

    outcome: Outcome | None
    reads: int
    share: float | None
    median_us: float | None
    p95_us: float | None
    mean_us: float | None


def read_times(
    outcome: Outcome | None, reads_by_bucket: Mapping[int, int], total_us: int, reads_in_all: int
) -> ReadTimes:
    """Return the number and the durations of reads from their counts by bucket."""
    reads = sum(reads_by_bucket.values())
    return ReadTimes(
        outcome,
        reads,
        reads / reads_in_all if reads_in_all else None,
        quantile_us(reads_by_bucket, 0.5),
        quantile_us(reads_by_bucket, 0.95),
        total_us / reads if reads else None,
    )


def quantile_us(reads_by_bucket: Mapping[int, int], quantile: float) -> float | None:
    """Return the microseconds that this share of the reads did not exceed; None without a read.

    >>> quantile_us({39: 9, 47: 1}, 0.5), quantile_us({39: 9, 47: 1}, 0.95)
    (1024.0, 4096.0)
    """
    wanted = math.ceil(quantile * sum(reads_by_bucket.values()))
    so_far = 0
    for bucket in sorted(reads_by_bucket):
        so_far += reads_by_bucket[bucket]
        if so_far >= wanted > 0:
            return bucket_microseconds(bucket)
    return None
