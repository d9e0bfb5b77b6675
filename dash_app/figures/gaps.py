"""Lines over samples: where a line breaks, and how a sample without neighbours stays in sight.

A gap is a gap of that series' own rate: two samples of one series are joined unless they lie much further
apart than its samples usually do. A sample that is joined to no other is drawn as a point.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

GAP_FACTOR = 2.5
POINT_SIZE = 5


def sampled(times: Sequence[datetime], values: Sequence[float | None]) -> list[tuple[datetime, float | None]]:
    """Return the samples of a series in order, with a null at each gap; rows without a value are left out."""
    samples = [(time, value) for time, value in zip(times, values, strict=True) if value is not None]
    usual = usual_seconds([time for time, _ in samples])
    points: list[tuple[datetime, float | None]] = []
    for time, value in samples:
        if points and usual is not None:
            previous = points[-1][0]
            if (time - previous).total_seconds() > GAP_FACTOR * usual:
                points.append((previous, None))
        points.append((time, value))
    return points


def usual_seconds(times: Sequence[datetime]) -> float | None:
    """Return the usual distance of instants in order, their lower median; None for fewer than two."""
    distances = sorted((later - earlier).total_seconds() for earlier, later in pairwise(times))
    return distances[(len(distances) - 1) // 2] if distances else None


def markers(values: Sequence[float | None]) -> dict[str, Any]:
    """Return the settings that draw a point where a value has a neighbour on neither side."""
    present = [False, *(value is not None for value in values), False]
    sizes = [
        POINT_SIZE if here and not before and not after else 0
        for before, here, after in zip(present[:-2], present[1:-1], present[2:], strict=True)
    ]
    if not any(sizes):
        return {"mode": "lines"}
    return {"mode": "lines+markers", "marker": {"size": sizes}}
