"""What one entry costs and saves, over 7 days. Pure.

A read that found a value saves the mean time of computing it, minus the time of the read. An entry that was
computed and never read only costs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.store.analytics.lifetimes import LifetimeSuggestion
from engine.store.analytics.tallies import Tally
from engine.store.reads import Cause
from engine.store.state import EntryInfo


@dataclass(frozen=True)
class Spending:
    """What an entry cost: computations, those that changed its value, and their time in microseconds."""

    computations: int = 0
    changed: int = 0
    compute_us: int = 0


@dataclass(frozen=True)
class EntryFigures:
    """One key over 7 days: its reads, its cost, and a suggested lifetime.

    ``info`` is None if the cache holds no entry. ``lifetime_minutes`` is that of the catalogue, None if the
    key is no dataset's. ``served_us`` is the time of the reads that found a value. ``misses`` are the reads
    without a fresh one, by cause.
    """

    key: str
    info: EntryInfo | None
    tally: Tally
    served_us: int
    spending: Spending
    lifetime_minutes: int | None
    suggestion: LifetimeSuggestion
    misses: Mapping[Cause, int] = field(default_factory=dict)

    @property
    def page(self) -> str:
        """Return the page that the key belongs to; empty if it belongs to none."""
        return page_of(self.key)

    @property
    def mean_compute_us(self) -> float | None:
        """Return the mean microseconds of one computation; None if that was never measured."""
        if self.spending.computations:
            return self.spending.compute_us / self.spending.computations
        if self.info is None or self.info.compute_ms is None:
            return None
        return self.info.compute_ms * 1000

    @property
    def saved_us(self) -> float | None:
        """Return the microseconds of computing that reads have saved; None if that is not known."""
        if self.mean_compute_us is None:
            return None
        return self.tally.served * self.mean_compute_us - self.served_us

    @property
    def compression(self) -> float | None:
        """Return the ratio of the sizes before and after compression; None without an entry."""
        if self.info is None or not self.info.stored_bytes:
            return None
        return self.info.raw_bytes / self.info.stored_bytes

    @property
    def is_never_read(self) -> bool:
        """Return whether the entry was computed and never read."""
        return self.spending.computations > 0 and not self.tally.reads


def page_of(key: str) -> str:
    """Return the page that a key belongs to; empty if it belongs to none.

    >>> page_of("pipeline/pipeline_funnel"), page_of("mine")
    ('pipeline', '')
    """
    page, slash, _ = key.partition("/")
    return page if slash else ""
