"""The rows of the cache's table: a key each, with its entry, its reads, and why it has no newer value.

Keys with something wrong stand first, then those read most. All selections of a dataset are one row.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.model.catalogue.datasets import SELECTS, catalogue
from engine.model.values.results import UNAVAILABLE
from engine.store import Analytics, EntryInfo, EntryState, Problem
from engine.store.analytics.entry_figures import EntryFigures
from engine.store.analytics.tallies import Tally

FAILED, UNAVAILABLE_HERE, SELECTIONS = "failed", "unavailable", "ranges and filters"

_RANKS = {FAILED: 0, "damaged": 1, "missing": 2, "expired": 3, UNAVAILABLE_HERE: 4}


@dataclass(frozen=True)
class CacheRow:
    """One key of the cache: ``figures`` is None if it was not stored, computed or read.

    ``problem`` is why it has no newer value, None if nothing is wrong.
    """

    key: str
    figures: EntryFigures | None
    problem: Problem | None

    @property
    def info(self) -> EntryInfo | None:
        """Return the stored entry; None if there is none."""
        return None if self.figures is None else self.figures.info

    @property
    def tally(self) -> Tally:
        """Return its reads."""
        return Tally() if self.figures is None else self.figures.tally

    @property
    def is_selections(self) -> bool:
        """Return whether it stands for the selected values of a dataset."""
        return self.key.endswith(SELECTS)

    @property
    def state(self) -> str:
        """Return ``failed``, ``unavailable``, ``missing``, ``expired`` or ``fresh``.

        Selected values are those words for none of them, because they may expire and be dropped.
        """
        if self.is_selections:
            return SELECTIONS
        if self.problem is not None:
            return UNAVAILABLE_HERE if self.problem.kind == UNAVAILABLE else FAILED
        return str(EntryState.MISSING if self.info is None else self.info.state)

    @property
    def rank(self) -> int:
        """Return its place by what is wrong with it: 0 is the worst."""
        return _RANKS.get(self.state, len(_RANKS))

    @property
    def suggested_minutes(self) -> int | None:
        """Return the suggested lifetime if it is another one than its own; None if there is none."""
        if self.figures is None:
            return None
        suggested = self.figures.suggestion.minutes
        return None if suggested == self.figures.lifetime_minutes else suggested

    @property
    def lifetime_minutes(self) -> int | None:
        """Return the lifetime that its dataset declares; None if it is none of the catalogue's."""
        dataset = next((each for each in catalogue().values() if each.key == self.key), None)
        return None if dataset is None else dataset.ttl_minutes


def cache_rows(analytics: Analytics) -> tuple[CacheRow, ...]:
    """Return all keys of the catalogue and of the cache: what is wrong first, then by reads."""
    figures = {entry.key: entry for entry in analytics.entries}
    known = {dataset.key for dataset in catalogue().values()}
    rows = [
        CacheRow(key, figures.get(key), analytics.problems.get(key)) for key in sorted(known | set(figures))
    ]
    return tuple(sorted(rows, key=lambda row: (row.rank, -row.tally.reads, row.key)))
