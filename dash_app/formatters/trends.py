"""Trends: the values of a figure's latest days or weeks, as the small bars below it show them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dash_app.formatters.formats import NOTHING


@dataclass(frozen=True)
class Trend:
    """Values from the oldest to the newest, with a label and a text for each; None is no value.

    ``is_unfinished`` says that the time of the newest value is not over.
    """

    labels: tuple[str, ...]
    values: tuple[float | None, ...]
    texts: tuple[str, ...]
    is_unfinished: bool = False

    def shares(self) -> tuple[float | None, ...]:
        """Return each value as a share, from 0 to 1, of the largest; None stays None."""
        most = max((value for value in self.values if value is not None), default=0)
        return tuple(
            None if value is None else min(1.0, max(0.0, value / most)) if most > 0 else 0.0
            for value in self.values
        )

    def in_words(self) -> str:
        """Return what the bars show, for those who do not see them."""
        lowest = self._ends(min)
        highest = self._ends(max)
        if lowest is None or highest is None:
            return f"No value from {self.labels[0]} to {self.labels[-1]}"
        return (
            f"From {self.labels[0]} to {self.labels[-1]}: lowest {lowest}, highest {highest}, "
            f"latest {self.texts[-1]}{' so far' if self.is_unfinished else ''}"
        )

    def _ends(self, extreme: Callable[[Sequence[tuple[float, int]]], tuple[float, int]]) -> str | None:
        last = len(self.values) - self.is_unfinished
        known = [(value, place) for place, value in enumerate(self.values[:last]) if value is not None]
        if not known:
            return None
        _, place = extreme(known)
        return f"{self.texts[place]} ({self.labels[place]})"


def trend_of(
    labels: Sequence[str],
    values: Sequence[float | None],
    shown: Callable[[float | None], str],
    *,
    is_unfinished: bool = False,
) -> Trend | None:
    """Return the trend of some values; None if there are none."""
    if not labels:
        return None
    texts = tuple(NOTHING if value is None else shown(value) for value in values)
    return Trend(tuple(labels), tuple(values), texts, is_unfinished)
