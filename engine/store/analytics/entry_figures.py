"""What one entry costs and what it saves, over 7 days. Pure.

A read that was served a value saves what computing it takes on average, less what the read took
itself. An entry that was computed and never read has only cost.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.store.analytics.lifetimes import LifetimeSuggestion
from engine.store.analytics.tallies import Tally
from engine.store.state import EntryInfo


@dataclass(frozen=True)
class Spending:
    """What was spent on an entry: computations, those that changed its value, their microseconds."""

    computations: int = 0
    changed: int = 0
    compute_us: int = 0


@dataclass(frozen=True)
class EntryFigures:
    """One key over 7 days: its reads, what was spent on it, and how long it might live.

    ``info`` is None while the cache holds no entry, ``lifetime_minutes`` (that of the catalogue)
    for a key that no dataset has. ``served_us`` is what the reads that were served a value took.
    """

    key: str
    info: EntryInfo | None
    tally: Tally
    served_us: int
    spending: Spending
    lifetime_minutes: int | None
    suggestion: LifetimeSuggestion

    @property
    def page(self) -> str:
        """Return the page its key belongs to; empty for a key of no page."""
        return page_of(self.key)

    @property
    def mean_compute_us(self) -> float | None:
        """Return the microseconds that one computation takes; None where that was never measured."""
        if self.spending.computations:
            return self.spending.compute_us / self.spending.computations
        if self.info is None or self.info.compute_ms is None:
            return None
        return self.info.compute_ms * 1000

    @property
    def saved_us(self) -> float | None:
        """Return the microseconds of computing that its reads have saved; None where that is not known."""
        if self.mean_compute_us is None:
            return None
        return self.tally.served * self.mean_compute_us - self.served_us

    @property
    def compression(self) -> float | None:
        """Return the size before over that after compression; None without an entry."""
        if self.info is None or not self.info.stored_bytes:
            return None
        return self.info.raw_bytes / self.info.stored_bytes

    @property
    def is_never_read(self) -> bool:
        """Tell whether it was computed and nobody has read it."""
        return self.spending.computations > 0 and not self.tally.reads


def page_of(key: str) -> str:
    """Return the page that a key belongs to, empty for a key of no page.

    >>> page_of("pipeline/pipeline_funnel"), page_of("mine")
    ('pipeline', '')
    """
    page, slash, _ = key.partition("/")
    return page if slash else ""
