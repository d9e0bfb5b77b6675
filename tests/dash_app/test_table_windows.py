"""A long table shows some rows at a time, sorted over all of them."""

from __future__ import annotations

from typing import Any

import pytest

from dash_app.elements import table_element
from dash_app.formatters.tables import Cell, Table, headings
from dash_app.rendering import plain
from dash_app.table_windows import FIRST_WINDOW, MOST_WHOLE_ROWS, WINDOW_ROWS, Window, part_of, windows_of


def table(rows: int) -> Table:
    return Table(
        headings("Name", "# Size"),
        tuple((Cell(f"name {row}"), Cell(f"{row} B", float(-row))) for row in range(rows)),
    )


def shown(part: Table) -> list[str]:
    return [row[0].text for row in part.rows]


def test_a_short_table_is_whole_whatever_is_asked() -> None:
    part = part_of(table(MOST_WHOLE_ROWS), Window(25, 1))
    assert part.is_whole
    assert part.table == table(MOST_WHOLE_ROWS)


def test_a_long_table_shows_its_first_rows_and_how_many_there_are() -> None:
    part = part_of(table(3000), FIRST_WINDOW)
    assert (shown(part.table), part.total) == ([f"name {row}" for row in range(WINDOW_ROWS)], 3000)


def test_all_windows_together_show_every_row_once() -> None:
    found = [name for first in range(0, 3001, WINDOW_ROWS) if first < 3001
             for name in shown(part_of(table(3001), Window(first)).table)]  # fmt: skip
    assert found == [f"name {row}" for row in range(3001)]


def test_rows_are_sorted_over_the_whole_table() -> None:
    part = part_of(table(3000), Window(0, 1))
    assert shown(part.table)[:2] == ["name 2999", "name 2998"]
    assert shown(part_of(table(3000), Window(0, 1, True)).table)[0] == "name 0"
    by_name = shown(part_of(table(3000), Window(0, 0)).table)
    assert by_name[:3] == ["name 0", "name 1", "name 10"]


@pytest.mark.parametrize(("asked", "first"), [(10**9, 2975), (2999, 2975), (30, 25)])
def test_a_window_stands_where_the_table_has_rows(asked: int, first: int) -> None:
    assert part_of(table(3000), Window(asked)).window.first == first


def test_a_column_that_is_not_there_sorts_nothing() -> None:
    assert part_of(table(3000), Window(25, 7, True)).window == Window(25, None, True)


@pytest.mark.parametrize(
    "signal",
    [None, 7, "text", {}, {"windows": 7}, {"windows": {"jobs": 7}}, {"windows": {"jobs": {}}},
     {"windows": {"jobs": {"first": -5, "column": "1"}}}, {"windows": {"jobs": {"first": True}}}],
)  # fmt: skip
def test_a_signal_that_names_no_window_gives_none(signal: Any) -> None:
    assert windows_of(signal) == {}


def test_a_signal_names_the_windows_of_its_cards() -> None:
    told = {"windows": {"jobs": {"first": 50, "column": 2, "descending": True}, "stages": {"first": 25}}}
    assert windows_of(told) == {"jobs": Window(50, 2, True), "stages": Window(25)}


def text_of(element: Any) -> str:
    return str(plain(element))


def test_the_reader_is_told_where_the_rows_stand_and_can_turn_to_the_others() -> None:
    first, last = (text_of(table_element(table(3000), "Jobs", Window(at))) for at in (0, 2975))
    assert "Rows 1 to 25 of 3,000" in first
    assert "Rows 2,976 to 3,000 of 3,000" in last
    assert first.count("'aria-disabled': 'true'") == last.count("'aria-disabled': 'true'") == 2
    assert "'aria-sort'" not in first
    assert "'aria-sort': 'descending'" in text_of(table_element(table(60), "Jobs", Window(0, 1, True)))
    assert "Rows" not in text_of(table_element(table(50), "Jobs"))
