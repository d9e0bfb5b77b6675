"""Owns sums, means and medians over values of which some are None: those are left out."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable

Number = int | float


def total(values: Iterable[Number | None]) -> Number:
    """The sum of the values that are there, exact for whole numbers; 0 without one."""
    present = [value for value in values if value is not None]
    if all(isinstance(value, int) for value in present):
        return sum(present)
    return math.fsum(present)


def mean(values: Iterable[Number | None]) -> float | None:
    """The mean of the values that are there; None without one."""
    present = [value for value in values if value is not None]
    return math.fsum(present) / len(present) if present else None


def largest(values: Iterable[Number | None]) -> Number | None:
    """The largest of the values that are there; None without one."""
    return max((value for value in values if value is not None), default=None)


def median(values: Iterable[float]) -> float | None:
    """The middle value, of an even count the mean of the middle two; None without one."""
    listed = list(values)
    return statistics.median(listed) if listed else None


def quantile(values: Iterable[float], part: int, of: int) -> float | None:
    """The nearest rank: the value at place ceil(part / of × n) of n in order, from 1; None without one."""
    ordered = sorted(values)
    position = -(-part * len(ordered) // of)
    return ordered[position - 1] if ordered else None
