"""Comparison of numbers: by division, and with the period before. What is not known stays None."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dash_app.figures.style import View
from dash_app.formatters.formats import change
from engine.model.catalogue.page_parts import is_other
from engine.model.values.payload import Columns

SHORT_HISTORY = 0.25
"""The share of a period without any number from its start on, from which a text says when numbers begin."""


def per(amount: float | None, count: float | None) -> float | None:
    """Return an amount divided by a count; None over 0, and if either is not known."""
    return None if amount is None or not count else amount / count


def change_of(current: float | None, previous: float | None) -> float | None:
    """Return the relative change; None over 0, and if either is not known."""
    return None if current is None or not previous else current / previous - 1


def against(current: float | None, previous: float | None, shown: Callable[[float], str], prior: str) -> str:
    """Return ``+12% vs prior 7 d ($3.20)``; the empty text if the number before is not known.

    ``prior`` names the period before.
    """
    if previous is None:
        return ""
    fraction = change_of(current, previous)
    if fraction is None:
        return f"none in {prior}" if previous == 0 else f"{shown(previous)} in {prior}"
    return f"{change(fraction)} vs {prior.removeprefix('the ')} ({shown(previous)})"


def by_names(columns: Columns, names: Sequence[str], number: str) -> dict[tuple[Any, ...], float | None]:
    """Return the numbers of a dataset's rows by the values of some columns."""
    return dict(zip(zip(*(columns[name] for name in names), strict=True), columns[number], strict=True))


def before_of(columns: Columns, view: View, names: Sequence[str], number: str) -> list[float | None]:
    """Return each row's number in the period before: 0 if that has no such row, None if not compared.

    The group of the others is none of the rows, and is not compared.
    """
    if view.previous is None:
        return [None] * len(columns[number])
    before = by_names(view.previous, names, number)
    keys = zip(*(columns[name] for name in names), strict=True)
    return [None if any(map(is_other, key)) else before.get(key, 0) for key in keys]


def late_start(columns: Columns, numbers: Sequence[str]) -> str | None:
    """Return the day on which the numbers of a dataset by day begin; None if they do near its start."""
    days = columns["day"]
    first = next((row for row in range(len(days)) if any(columns[name][row] for name in numbers)), len(days))
    return days[first] if SHORT_HISTORY * len(days) <= first < len(days) else None
