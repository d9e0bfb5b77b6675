"""Owns the shape of a dataset's result: columns of one length, or the tables whose absence forbids it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

Value = str | int | float | bool | None
Columns = dict[str, list[Value]]


@dataclass(frozen=True)
class Unavailable:
    """A dataset that cannot be computed: `tables` are all the tables it needs and the source lacks."""

    tables: tuple[str, ...]


Result = Columns | Unavailable


def columns(names: Sequence[str], rows: Iterable[Sequence[Value]]) -> Columns:
    """The rows as one list per column, in the order of `names`; every row has one value per name."""
    result: Columns = {name: [] for name in names}
    for row in rows:
        for name, value in zip(names, row, strict=True):
            result[name].append(value)
    return result


def instant_text(moment: datetime | None) -> str | None:
    """`2026-11-23T20:00:00Z`, None for None."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def nulls_last(value: str | None) -> tuple[bool, str]:
    """Sort key for a text in code point order, None after every text."""
    return (value is None, value or "")


def ratio(part: float, whole: float) -> float | None:
    """part / whole, None over 0."""
    return None if whole == 0 else part / whole
