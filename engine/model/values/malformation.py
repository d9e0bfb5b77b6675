"""Finds what of a stored value is not as its dataset's header declares it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.model.catalogue.datasets import Dataset


def malformation(dataset: Dataset, value: Any) -> str | None:
    """Return what of a value is not as its dataset declares it: columns, their lengths, the type of a cell.

    None means that the value is well-formed.
    """
    if not isinstance(value, dict) or not all(isinstance(column, list) for column in value.values()):
        return "it has no columns"
    if value.keys() != {column.name for column in dataset.columns}:
        return "its columns are not those of the dataset"
    if len({len(column) for column in value.values()}) > 1:
        return "its columns differ in length"
    for column in dataset.columns:
        if not _has_type(value[column.name], column.type):
            return f"column {column.name} holds a value that is no {column.type}"
    return None


_NULL = type(None)
_CELL_TYPES: Mapping[str, frozenset[type]] = {
    "text": frozenset({str, _NULL}),
    "integer": frozenset({int, _NULL}),
    "number": frozenset({int, float, _NULL}),
    "boolean": frozenset({bool, _NULL}),
    "instant": frozenset({str, _NULL}),
    "day": frozenset({str, _NULL}),
}
_INSTANT_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_DAY_FORM = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _has_type(cells: list[Any], type_: str) -> bool:
    """Return whether every cell of a column is null or of its type; a boolean is no integer."""
    # The set of types is made in C: a cell costs some 20 ns.
    if not set(map(type, cells)) <= _CELL_TYPES[type_]:
        return False
    if type_ == "instant":
        return all(_is_stamp(text, _INSTANT_FORM) for text in set(cells) if text is not None)
    if type_ == "day":
        return all(_is_stamp(text, _DAY_FORM) for text in set(cells) if text is not None)
    return True


def _is_stamp(text: str, form: re.Pattern[str]) -> bool:
    if not form.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
