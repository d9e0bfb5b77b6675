"""One dataset's SQL: its columns must be those its header declares."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from engine.model.catalogue.columns import Column
from engine.model.catalogue.datasets import METRIC, Dataset
from engine.model.catalogue.page_parts import MAX_ROWS, PageGroups
from engine.model.clock import Clock
from engine.model.errors import DatasetFileError
from engine.replica.evaluate import evaluate, evaluate_values

CLOCK = Clock(datetime(2026, 11, 23, 20, tzinfo=UTC))


def dataset_of(sql: str, **types: str) -> Dataset:
    columns = tuple(Column(name, type_) for name, type_ in types.items())
    return Dataset("test", METRIC, "page", "Test", "a row", 15, (), columns, None, sql, Path("sql/test.sql"))


def test_a_value_has_the_columns_of_the_header_in_its_order(macros: duckdb.DuckDBPyConnection) -> None:
    sql = "select 1.5::double as b, 'x' as a union all select null, null order by all"
    value = evaluate(macros, dataset_of(sql, a="text", b="number"), CLOCK)
    assert list(value.items()) == [("a", ["x", None]), ("b", [1.5, None])]


def test_instants_and_days_are_iso_8601(macros: duckdb.DuckDBPyConnection) -> None:
    sql = "select timestamp '2026-11-23 20:00:00' as at, date '2026-01-02' as day union all select null, null"
    value = evaluate(macros, dataset_of(sql, at="instant", day="day"), CLOCK)
    assert value == {"at": ["2026-11-23T20:00:00Z", None], "day": ["2026-01-02", None]}


def test_a_result_without_rows_has_its_columns(macros: duckdb.DuckDBPyConnection) -> None:
    assert evaluate(macros, dataset_of("select 'x' as a where false", a="text"), CLOCK) == {"a": []}


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select 1::bigint as stag", "the SQL gives no column 'stage'; did you mean 'stag'?"),
        ("select 'x' as stage, 2 as more", "column 'more' is not in the header; add it under [columns]"),
        ("select 1::bigint as stage", "column 'stage' is BIGINT, the header says text; cast it in the SQL"),
        ("select sum(1) as stage", "column 'stage' is HUGEINT, the header says text"),
    ],
)
def test_columns_other_than_the_headers_are_told_with_file_and_nearest_name(
    macros: duckdb.DuckDBPyConnection, sql: str, message: str
) -> None:
    with pytest.raises(DatasetFileError) as failure:
        evaluate(macros, dataset_of(sql, stage="text"), CLOCK)
    assert str(failure.value).startswith("sql/test.sql: ")
    assert message in str(failure.value)


def test_a_dataset_of_too_many_rows_is_cut_and_knows_it_while_its_sums_are_those_of_all(
    macros: duckdb.DuckDBPyConnection,
) -> None:
    rows = f"range({MAX_ROWS + 60_000})"
    sql = f"select 'g' || (range % 10) as name, 1.0::double as size from {rows} order by range"
    dataset = replace(
        dataset_of(sql, name="text", size="number"), page_groups=PageGroups("name", "size", keep=8, above=8)
    )
    values = evaluate_values(macros, dataset, CLOCK)
    assert len(values.whole["name"]) == MAX_ROWS == 200_000
    assert values.rows_found == MAX_ROWS + 60_000
    assert values.for_pages is not None
    assert sum(values.for_pages["size"]) == MAX_ROWS + 60_000
