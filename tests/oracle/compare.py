"""Compares expected results with those of the product, and describes the differences in lines of text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from .results import Columns, Result, Unavailable, Value

RELATIVE_TOLERANCE = 1e-9
ABSOLUTE_TOLERANCE = 1e-12
MOST_LINES_A_COLUMN = 5


def differences(expected: Mapping[str, Result], actual: Mapping[str, Result]) -> list[str]:
    """One line per difference, naming dataset, column and row (from 0); empty if there is none.

    Values are equal exactly, save floats, which may differ by 1e-9 of their size or by 1e-12; a whole number
    equals an equal float, a boolean equals no number. Column order counts. A dataset that is unavailable
    for several missing tables may name any of them. Of a column's differences the first five are listed.
    """
    lines = [f"{key}: computed, but no such dataset is expected" for key in actual if key not in expected]
    for key, wanted in expected.items():
        if key not in actual:
            lines.append(f"{key}: expected, but not computed")
        else:
            lines += _of_dataset(key, wanted, actual[key])
    return lines


def _of_dataset(key: str, wanted: Result, got: Result) -> list[str]:
    if isinstance(wanted, Unavailable) or isinstance(got, Unavailable):
        return _of_availability(key, wanted, got)
    return _of_columns(key, wanted, got)


def _of_availability(key: str, wanted: Result, got: Result) -> list[str]:
    missing = set(wanted.tables) if isinstance(wanted, Unavailable) else set()
    named = set(got.tables) if isinstance(got, Unavailable) else set()
    if named and named <= missing:
        return []
    told = {True: "available", False: "unavailable for want of "}
    expected = told[not missing] + ", ".join(sorted(missing))
    return [f"{key}: expected to be {expected}, not {told[not named] + ', '.join(sorted(named))}"]


def _of_columns(key: str, wanted: Columns, got: Columns) -> list[str]:
    if list(wanted) != list(got):
        return [f"{key}: expected the columns {list(wanted)}, not {list(got)}"]
    uneven = {name: len(values) for name, values in got.items() if len(values) != _length(got)}
    if uneven:
        return [f"{key}: columns of unequal length: {uneven}, others {_length(got)}"]
    if _length(wanted) != _length(got):
        return [_of_lengths(key, wanted, got)]
    return [line for name in wanted for line in _of_column(key, name, wanted[name], got[name])]


def _of_lengths(key: str, wanted: Columns, got: Columns) -> str:
    first = 0
    while first < min(_length(wanted), _length(got)) and _same_row(wanted, got, first):
        first += 1
    return (
        f"{key}: expected {_length(wanted)} rows, not {_length(got)}; "
        f"from row {first} on: expected {_row(wanted, first)}, not {_row(got, first)}"
    )


def _of_column(key: str, name: str, wanted: Sequence[Value], got: Sequence[Value]) -> list[str]:
    lines = [
        f"{key}.{name}[{row}]: expected {expected!r}, not {value!r}"
        for row, (expected, value) in enumerate(zip(wanted, got, strict=True))
        if not _same(expected, value)
    ]
    rest = len(lines) - MOST_LINES_A_COLUMN
    return lines if rest <= 0 else [*lines[:MOST_LINES_A_COLUMN], f"{key}.{name}: and {rest} more"]


def _same(expected: Value, value: Value) -> bool:
    if isinstance(expected, bool) or isinstance(value, bool):
        return isinstance(expected, bool) and isinstance(value, bool) and expected == value
    if isinstance(expected, int) and isinstance(value, int):
        return expected == value
    if isinstance(expected, int | float) and isinstance(value, int | float):
        return math.isclose(expected, value, rel_tol=RELATIVE_TOLERANCE, abs_tol=ABSOLUTE_TOLERANCE)
    return type(expected) is type(value) and expected == value


def _same_row(wanted: Columns, got: Columns, row: int) -> bool:
    return all(_same(wanted[name][row], got[name][row]) for name in wanted)


def _row(table: Columns, row: int) -> dict[str, Value] | str:
    return {name: values[row] for name, values in table.items()} if row < _length(table) else "no row"


def _length(table: Columns) -> int:
    return len(next(iter(table.values()))) if table else 0
