"""What bars and series stand for: the value of a column by which the page can be filtered.

The browser reads it from a trace's ``meta``: a list of one value, so that a null cell differs from nothing to
filter by, as which the group of the others counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.model.catalogue.page_parts import is_other


def filters_by(trace: dict[str, Any], column: str, value: str | None) -> dict[str, Any]:
    """Return a series that stands for one value of a column."""
    return _with(trace, {"column": column, "value": _one(value)})


def points_filter_by(trace: dict[str, Any], column: str, values: Sequence[str | None]) -> dict[str, Any]:
    """Return a series whose points each stand for a value of a column."""
    return _with(trace, {"column": column, "values": [_one(value) for value in values]})


def bars_filter_by(figure: dict[str, Any], column: str, values: Sequence[str | None]) -> dict[str, Any]:
    """Return a figure of one series whose bars each stand for a value of a column."""
    return figure | {"data": [points_filter_by(figure["data"][0], column, values)]}


def _one(value: str | None) -> list[str | None] | None:
    return None if is_other(value) else [value]


def _with(trace: dict[str, Any], filter_: dict[str, Any]) -> dict[str, Any]:
    return trace | {"meta": trace.get("meta", {}) | {"filter": filter_}}
