"""Sums and means that come out the same, to the bit, however the rows lie."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import duckdb
import pytest

COSTS = [round(random.Random(seed).uniform(0, 0.5), 6) for seed in range(3000)]
ODD = [0.1, 0.2, 0.3, 1e-18, 1e9, 3e15, 1e300, -1e300, 999999999.999, -0.7, 1e22]


def aggregate(macros: duckdb.DuckDBPyConnection, name: str, values: list[float | None]) -> float | None:
    macros.execute("create or replace temp table numbers (x double)")
    if values:
        rows = ", ".join("(null)" if value is None else f"('{value!r}'::double)" for value in values)
        macros.execute(f"insert into numbers values {rows}")
    row = macros.execute(f"select {name}(x) from numbers").fetchone()
    assert row is not None
    result = row[0]
    assert result is None or isinstance(result, float)
    return result


def shuffled(values: list[float], seed: int) -> list[float]:
    return random.Random(seed).sample(values, len(values))


@pytest.mark.parametrize("values", [COSTS, ODD, COSTS + ODD], ids=["costs", "odd", "both"])
@pytest.mark.parametrize("name", ["exact_sum", "exact_mean"])
def test_the_order_of_the_rows_does_not_show(
    macros: duckdb.DuckDBPyConnection, name: str, values: list[float]
) -> None:
    results = {aggregate(macros, name, list(shuffled(values, seed))) for seed in range(5)}
    assert len(results) == 1


def test_the_number_of_threads_does_not_show(macros: duckdb.DuckDBPyConnection) -> None:
    macros.execute(
        "create or replace temp table many as"
        " select hash(i) / 1e20 as x, i % 7 as part from range(400000) t(i)"
    )
    results = set()
    for threads in (1, 2, 4):
        macros.execute(f"set threads = {threads}")
        results.add(
            tuple(macros.execute("select part, exact_sum(x) from many group by 1 order by 1").fetchall())
        )
    macros.execute("reset threads")
    assert len(results) == 1


def test_money_adds_up_exactly(macros: duckdb.DuckDBPyConnection) -> None:
    exact = float(sum(Fraction(str(cost)) for cost in COSTS))
    assert aggregate(macros, "exact_sum", list(COSTS)) == exact
    assert aggregate(macros, "exact_sum", [0.1] * 10) == 1.0


def test_large_numbers_add_up_too(macros: duckdb.DuckDBPyConnection) -> None:
    assert aggregate(macros, "exact_sum", [1e12, 1e12, 0.5]) == 2e12 + 0.5
    assert aggregate(macros, "exact_sum", [1e9, 1e9]) == 2e9


def test_a_sum_without_a_value_is_0_and_a_mean_null(macros: duckdb.DuckDBPyConnection) -> None:
    for values in ([], [None, None]):
        assert aggregate(macros, "exact_sum", list(values)) == 0
        assert aggregate(macros, "exact_mean", list(values)) is None


def test_nulls_are_left_out_of_sums_and_means(macros: duckdb.DuckDBPyConnection) -> None:
    assert aggregate(macros, "exact_sum", [1.0, None, 2.0]) == 3
    assert aggregate(macros, "exact_mean", [1.0, None, 2.0]) == 1.5


def test_a_sum_beyond_all_doubles_fails_nothing(macros: duckdb.DuckDBPyConnection) -> None:
    result = aggregate(macros, "exact_sum", [1.7e308, 1.7e308])
    assert result is None or not math.isfinite(result)
