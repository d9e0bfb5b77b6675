"""The comparison of contenders' results, in lines that name dataset, column and row.

Values are equal exactly; floats may differ by 1e-9 of their size or by 1e-12.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from engine.model.values.payload import Columns

RELATIVE_TOLERANCE = 1e-9
ABSOLUTE_TOLERANCE = 1e-12
# Columns about the file itself, which every run of the product changes, or about another command.
OF_THE_FILE = frozenset({"size_bytes", "wal_bytes", "pages", "free_pages", "integrity"})
HEALTH, ROWS = "database_health", "rows"


def comparable(results: Mapping[str, Columns], own_runs: int) -> dict[str, Columns]:
    """Return results without the values that the product's own writes change between two contenders.

    ``own_runs`` is the number of its runs before: each has left a row in the log of jobs.
    """
    compared = dict(results)
    if HEALTH in compared:
        health = {name: values for name, values in compared[HEALTH].items() if name not in OF_THE_FILE}
        compared[HEALTH] = health | {ROWS: [rows - own_runs for rows in health[ROWS]]}
    return compared


def differences(expected: Mapping[str, Columns], actual: Mapping[str, Columns]) -> list[str]:
    """Return a line for each dataset that differs, naming the first difference; empty if all agree."""
    lines = [f"{name}: only one of them computes it" for name in sorted(expected.keys() ^ actual.keys())]
    for name in expected:
        if name in actual and (difference := _difference(expected[name], actual[name])):
            lines.append(f"{name}{difference}")
    return lines


def _difference(expected: Columns, actual: Columns) -> str | None:
    if list(expected) != list(actual):
        return f": the columns are {list(expected)} and {list(actual)}"
    for name, values in expected.items():
        if len(values) != len(actual[name]):
            return f": {len(values)} rows and {len(actual[name])}"
        if found := _first_difference(values, actual[name]):
            return f".{name}{found}"
    return None


def _first_difference(expected: Sequence[object], actual: Sequence[object]) -> str | None:
    for row, (one, other) in enumerate(zip(expected, actual, strict=True)):
        if not _same(one, other):
            return f"[{row}]: {one!r} and {other!r}"
    return None


def _same(one: object, other: object) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int) and isinstance(other, int):
        return one == other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=RELATIVE_TOLERANCE, abs_tol=ABSOLUTE_TOLERANCE)
    return type(one) is type(other) and one == other
