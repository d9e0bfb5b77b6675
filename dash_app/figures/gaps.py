"""Lines over samples: a line breaks at a gap, and a sample without neighbours is a point.

Each series has its own rate: a gap is a distance much larger than the usual one between its samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

GAP_FACTOR = 2.5
POINT_SIZE = 5


def sampled(times: Sequence[datetime], values: Sequence[float | None]) -> list[tuple[datetime, float | None]]:
    """Return the samples of a series in order, with a null at each gap and without empty rows."""
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
    """Return the settings that draw a point for each value without neighbours."""
    present = [False, *(value is not None for value in values), False]
    sizes = [
        POINT_SIZE if here and not before and not after else 0
        for before, here, after in zip(present[:-2], present[1:-1], present[2:], strict=True)
    ]
    if not any(sizes):
        return {"mode": "lines"}
    return {"mode": "lines+markers", "marker": {"size": sizes}}
