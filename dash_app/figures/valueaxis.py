"""Axes of values: no value is cut off, and no two ticks have the same label.

An axis has a range of its own only if all its values lie in it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

MOST_DECIMALS = 12
MOST_SINGLE_TICKS = 5


def money_ticks(values: Iterable[float | None]) -> dict[str, Any]:
    """Return the settings of an axis of US dollars: the smallest amount decides its decimals."""
    amounts = [value for value in values if value]
    decimals = _decimals(amounts)
    # The tilde drops trailing zeros, so large ticks do not have the decimals of small ones.
    is_usual = decimals == 2 and max(map(abs, amounts), default=0.0) < 10
    return {"tickformat": "$,.2f" if is_usual else f"$,.{decimals}~f"}


def whole_ticks(counts: Iterable[float | None]) -> dict[str, Any]:
    """Return the settings of an axis of counts: few have a tick each, because there is no half of one.

    Nothing is set for numbers that are no counts.
    """
    present = [count for count in counts if count is not None]
    is_few = max(present, default=0) <= MOST_SINGLE_TICKS and all(isinstance(count, int) for count in present)
    return {"tickmode": "linear", "tick0": 0, "dtick": 1} if is_few else {}


def _decimals(amounts: Iterable[float]) -> int:
    smallest = min(map(abs, amounts), default=1.0)
    return min(MOST_DECIMALS, max(2, 1 - math.floor(math.log10(smallest))))


def including(low: float, high: float) -> dict[str, Any]:
    """Return the settings of an axis that shows at least this range, and every value beyond it."""
    return {"autorange": True, "autorangeoptions": {"include": [low, high]}}


def bar_range(values: Sequence[float | None], room: float) -> list[float]:
    """Return the range of bars from 0 with a share of ``room`` for their texts, below 0 too if a bar is."""
    present = [value for value in values if value is not None]
    low, high = min([0.0, *present]), max([0.0, *present])
    if low == high:
        return [0.0, 1.0]
    span = high - low
    return [low - span * room if low < 0 else 0.0, high + span * room if high > 0 else 0.0]
