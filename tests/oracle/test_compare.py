"""The comparison of expected and actual results lists differences, and passes results that are equal."""

from __future__ import annotations

import pytest

from . import Unavailable, differences
from .results import Value


def test_results_that_are_equal_but_for_rounding_have_no_differences() -> None:
    expected = {"a": {"x": [1, 0.1 + 0.2, None, True, "t"]}}
    assert differences(expected, {"a": {"x": [1.0, 0.3, None, True, "t"]}}) == []


@pytest.mark.parametrize(
    ("wanted", "got"),
    [
        (1, 2),
        (1, True),
        (1, None),
        (None, 0),
        (1.0, 1.00001),
        ("1", 1),
        (False, 0),
        ("a", "A"),
        (10**12, 10**12 + 1),
    ],
)
def test_a_value_that_differs_is_told_with_dataset_column_and_row(wanted: Value, got: Value) -> None:
    lines = differences({"a": {"x": [0, wanted]}}, {"a": {"x": [0, got]}})
    assert lines == [f"a.x[1]: expected {wanted!r}, not {got!r}"]


def test_the_order_of_columns_counts() -> None:
    assert len(differences({"a": {"x": [], "y": []}}, {"a": {"y": [], "x": []}})) == 1


def test_rows_too_many_are_told_from_the_first_that_differs() -> None:
    (line,) = differences({"a": {"x": [1, 3]}}, {"a": {"x": [1, 2, 3]}})
    assert "expected 2 rows, not 3" in line
    assert "from row 1 on: expected {'x': 3}, not {'x': 2}" in line


def test_columns_of_unequal_length_are_a_difference() -> None:
    assert len(differences({"a": {"x": [1], "y": [1]}}, {"a": {"x": [1], "y": []}})) == 1


def test_datasets_missing_or_unknown_are_differences() -> None:
    assert len(differences({"a": {"x": []}}, {"b": {"x": []}})) == 2


def test_an_unavailable_dataset_may_name_any_of_its_missing_tables_but_no_other() -> None:
    expected = {"a": Unavailable(("sites", "outreaches"))}
    assert differences(expected, {"a": Unavailable(("outreaches",))}) == []
    assert len(differences(expected, {"a": Unavailable(("llm_usage",))})) == 1
    assert len(differences(expected, {"a": {"x": []}})) == 1
    assert len(differences({"a": {"x": []}}, expected)) == 1


def test_many_differences_of_a_column_are_summed_up() -> None:
    lines = differences({"a": {"x": [0] * 20}}, {"a": {"x": [1] * 20}})
    assert (len(lines), lines[-1]) == (6, "a.x: and 15 more")
