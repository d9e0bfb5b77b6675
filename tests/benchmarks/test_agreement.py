"""What counts as the same result."""

from __future__ import annotations

import pytest

from benchmarks.agreement import comparable, differences


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, 1), (1.0, 1), (0.1 + 0.2, 0.3), (None, None), (True, True), ("a", "a"), (1e15 + 1, 1e15)],
)
def test_values_that_agree(one: object, other: object) -> None:
    assert differences({"d": {"x": [one]}}, {"d": {"x": [other]}}) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, 2), (1.0, 1.00001), (None, 0), (True, 1), ("1", 1), (10**15 + 1, 10**15), (0.0, 1e-9)],
)
def test_values_that_differ_are_named_with_dataset_column_and_row(one: object, other: object) -> None:
    found = differences({"d": {"x": [5, one]}}, {"d": {"x": [5, other]}})
    assert found == [f"d.x[1]: {one!r} and {other!r}"]


def test_columns_and_lengths_and_datasets_must_be_the_same() -> None:
    assert differences({"d": {"x": [], "y": []}}, {"d": {"y": [], "x": []}}) == [
        "d: the columns are ['x', 'y'] and ['y', 'x']"
    ]
    assert differences({"d": {"x": [1]}}, {"d": {"x": []}}) == ["d: 1 rows and 0"]
    assert differences({"d": {}}, {"e": {}}) == [
        "d: only one of them computes it",
        "e: only one of them computes it",
    ]


def test_what_the_product_itself_writes_is_not_compared() -> None:
    before = {"database_health": {"size_bytes": [1], "pages": [7], "tables": [9], "rows": [100]}}
    after = {"database_health": {"size_bytes": [2], "pages": [8], "tables": [9], "rows": [102]}}
    assert comparable(before, 0) == comparable(after, 2)
    assert comparable(before, 0) != comparable(after, 1)
