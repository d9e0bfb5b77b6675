"""The query of the rows behind a number: cells become literals of their columns' types."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from engine.model.catalogue.columns import Column
from engine.model.catalogue.counted_rows import Cell, CountedRows, RowsOfTable
from engine.model.catalogue.datasets import METRIC, Dataset
from engine.model.catalogue.page_parts import PageGroups
from engine.model.errors import DashboardError
from engine.replica.counted import counted_ids

TYPES = ("text", "integer", "number", "boolean", "instant", "day")
SELECT = ", ".join(f'${name} as "{name}"' for name in TYPES)
ROWS = CountedRows(TYPES, (RowsOfTable("sites", f"select {SELECT}"),))
DATASET = Dataset(
    name="cells",
    kind=METRIC,
    page="pipeline",
    title="Cells",
    row="one of each",
    ttl_minutes=15,
    reads=(),
    columns=(*(Column(name, name) for name in TYPES), Column("rows", "integer")),
    shape=None,
    sql="select 1",
    path=Path("cells.sql"),
    rows={"rows": ROWS},
)
CELLS: dict[str, Cell] = {
    "text": "it's \0 $day",
    "integer": -5,
    "number": 0.1,
    "boolean": False,
    "instant": "2026-11-23T20:00:00Z",
    "day": "2026-11-23",
}


def test_each_cell_reaches_the_query_as_a_value_of_its_type() -> None:
    ids = counted_ids(DATASET, "rows", CELLS)
    assert ids is not None
    with duckdb.connect() as connection:
        connection.execute(f"create table found as {ids.sql}")
        types = [row[1] for row in connection.execute("describe found").fetchall()]
        values = connection.execute(
            "select * replace (instant::text as instant, day::text as day) from found"
        )
        assert values.fetchone() == ("it's \0 $day", -5, 0.1, False, "2026-11-23 20:00:00", "2026-11-23")
    assert types == ["VARCHAR", "INTEGER", "DOUBLE", "BOOLEAN", "TIMESTAMP", "DATE"]


def test_a_missing_value_is_null() -> None:
    ids = counted_ids(DATASET, "rows", dict.fromkeys(TYPES))
    assert ids is not None
    assert duckdb.sql(ids.sql).fetchone() == (None,) * len(TYPES)


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("text", 5),
        ("text", "\ud800"),
        ("integer", "5"),
        ("integer", True),
        ("integer", 5.5),
        ("number", "0.1"),
        ("number", True),
        ("boolean", 1),
        ("instant", "2026-11-23 20:00:00"),
        ("instant", "2026-11-23T20:00:00Z' or true --"),
        ("instant", 5),
        ("day", "yesterday"),
        ("day", "2026-02-30"),
    ],
)
def test_a_cell_of_another_type_is_refused(name: str, cell: Cell) -> None:
    with pytest.raises(DashboardError, match=rf"pipeline/cells\.{name}: .* is no {name}"):
        counted_ids(DATASET, "rows", CELLS | {name: cell})


def test_a_cell_that_is_not_given_is_named() -> None:
    cells = {name: cell for name, cell in CELLS.items() if name != "day"}
    with pytest.raises(DashboardError, match=r"pipeline/cells\.rows: the cell day is not given"):
        counted_ids(DATASET, "rows", cells)


def test_a_column_without_rows_is_refused_with_the_nearest_that_has_some() -> None:
    with pytest.raises(
        DashboardError, match=r"pipeline/cells\.row: no rows stand behind it; did you mean 'rows'"
    ):
        counted_ids(DATASET, "row", CELLS)


def test_the_sum_of_small_groups_opens_no_rows() -> None:
    grouped = replace(DATASET, page_groups=PageGroups("text", "rows", 8, 8))
    assert counted_ids(grouped, "rows", CELLS | {"text": "other (3)"}) is None
    assert counted_ids(grouped, "rows", CELLS) is not None


def test_a_row_for_which_no_table_is_declared_opens_no_rows() -> None:
    choice = replace(ROWS.choices[0], when=(("text", ("found",)),))
    some = replace(DATASET, rows={"rows": replace(ROWS, choices=(choice,))})
    assert counted_ids(some, "rows", CELLS) is None
    assert counted_ids(some, "rows", CELLS | {"text": "found"}) is not None
