"""Data quality: the unreadable values and unrecognised words of the source that affect each dataset.

The counts are those of the latest runs. A dataset is affected by the columns that it reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.model.catalogue.datasets import catalogue
from engine.model.catalogue.doubts import concerning
from engine.model.settings import StorePlace
from engine.model.values.quality import UnreadableCount, UnrecognisedCount
from engine.store.state import unreadable_values, unrecognised_values


@dataclass(frozen=True)
class Quality:
    """The counts of all source columns, or of those that one dataset reads."""

    unreadable: tuple[UnreadableCount, ...] = ()
    unrecognised: tuple[UnrecognisedCount, ...] = ()


GOOD_QUALITY = Quality()


def read_quality(store: StorePlace) -> Quality:
    """Return the counts of the latest runs. Raises SourceError."""
    unreadable = tuple(count for count in unreadable_values(store) if count.values)
    return Quality(unreadable, unrecognised_values(store))


def quality_by_key(quality: Quality) -> Mapping[str, Quality]:
    """Return the counts that affect each dataset, by key; datasets without any are left out."""
    if quality == GOOD_QUALITY:
        return {}
    found = {
        dataset.key: Quality(
            concerning(dataset, quality.unreadable), concerning(dataset, quality.unrecognised)
        )
        for dataset in catalogue().values()
    }
    return {key: counts for key, counts in found.items() if counts != GOOD_QUALITY}
