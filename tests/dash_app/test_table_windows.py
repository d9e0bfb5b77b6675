"""A long table shows some rows at a time, sorted over all of them."""

from __future__ import annotations

import math
from typing import Any

import pytest

from dash_app.formatters.tables import NO_VALUE, Cell, Order, Table, figure_cell, headings
from dash_app.markup import plain
from dash_app.table_elements import table_element
from dash_app.table_windows import FIRST_WINDOW, WINDOW_ROWS, Window, part_of, sort_text, windows_of


def table(rows: int) -> Table:
    return Table(
        headings("Name", "# Size"),
        tuple((Cell(f"name {row}"), Cell(f"{row} B", float(-row))) for row in range(rows)),
    )


def shown(part: Table) -> list[str]:
    return [row[0].text for row in part.rows]


def test_a_short_table_is_whole_whatever_is_asked() -> None:
    part = part_of(table(WINDOW_ROWS), Window(25, "Size"))
    assert part.is_whole
    assert part.table == table(WINDOW_ROWS)


def test_a_long_table_shows_its_first_rows_and_how_many_there_are() -> None:
    part = part_of(table(3000), FIRST_WINDOW)
    assert (shown(part.table), part.total) == ([f"name {row}" for row in range(WINDOW_ROWS)], 3000)


def test_all_windows_together_show_every_row_once() -> None:
    found = [name for first in range(0, 3001, WINDOW_ROWS) if first < 3001
             for name in shown(part_of(table(3001), Window(first)).table)]  # fmt: skip
    assert found == [f"name {row}" for row in range(3001)]


def test_rows_are_sorted_over_the_whole_table() -> None:
    part = part_of(table(3000), Window(0, "Size"))
    assert shown(part.table)[:2] == ["name 2999", "name 2998"]
    assert shown(part_of(table(3000), Window(0, "Size", True)).table)[0] == "name 0"
    by_name = shown(part_of(table(3000), Window(0, "Name")).table)
    assert by_name[:3] == ["name 0", "name 1", "name 10"]


@pytest.mark.parametrize(("asked", "first"), [(10**9, 2950), (2999, 2950), (60, 50)])
def test_a_window_stands_where_the_table_has_rows(asked: int, first: int) -> None:
    assert part_of(table(3000), Window(asked)).window.first == first


def test_a_column_that_is_not_there_sorts_nothing() -> None:
    assert part_of(table(3000), Window(50, "Weight", True)).window == Window(50, None, True)


@pytest.mark.parametrize(
    "signal",
    [None, 7, "text", {}, {"windows": 7}, {"windows": {"jobs": 7}}, {"windows": {"jobs": {}}},
     {"windows": {"jobs": {"first": -5, "heading": 1}}}, {"windows": {"jobs": {"first": True}}}],
)  # fmt: skip
def test_a_signal_that_names_no_window_gives_none(signal: Any) -> None:
    assert windows_of(signal) == {}


def test_a_signal_names_the_windows_of_its_cards() -> None:
    told = {
        "windows": {"jobs": {"first": 50, "heading": "Size", "descending": True}, "stages": {"first": 25}}
    }
    assert windows_of(told) == {"jobs": Window(50, "Size", True), "stages": Window(25)}


def text_of(element: Any) -> str:
    return str(plain(element))


def test_the_reader_is_told_where_the_rows_stand_and_can_turn_to_the_others() -> None:
    first, last = (text_of(table_element(table(3000), "Jobs", Window(at))) for at in (0, 2950))
    assert "'1–50 of 3,000'" in first
    assert "'2,951–3,000 of 3,000'" in last
    # No button is disabled, which would take the focus away.
    assert first.count("'aria-disabled': 'true'") == last.count("'aria-disabled': 'true'") == 1
    assert "'disabled'" not in first
    assert "'aria-sort'" not in first
    assert "'aria-sort': 'descending'" in text_of(table_element(table(60), "Jobs", Window(0, "Size", True)))
    assert "turn-page" not in text_of(table_element(table(50), "Jobs"))


def test_rows_without_a_value_stand_last_in_either_direction() -> None:
    values = [3.0, None, 1.0, None, 2.0]
    rows = tuple((Cell(str(place)), figure_cell(value, str(value))) for place, value in enumerate(values))
    given = Table(headings("Name", "# Size"), rows * 20)
    shown_rows = {
        descending: shown(part_of(given, Window(0, "Size", descending)).table) for descending in (False, True)
    }
    assert shown_rows[False] == ["2"] * 20 + ["4"] * 20 + ["0"] * 10
    assert shown_rows[True] == ["0"] * 20 + ["4"] * 20 + ["2"] * 10
    last = part_of(given, Window(50, "Size", True)).table
    assert shown(last)[-40:] == ["1", "3"] * 20


def test_a_dash_is_no_value_and_an_endless_number_is_one_for_the_browser_too() -> None:
    assert sort_text(Cell("–")) == NO_VALUE
    assert sort_text(Cell("new", math.inf)) == "Infinity"


def test_a_table_stands_in_the_order_that_it_declares_until_another_is_asked_for() -> None:
    rows = table(60).rows
    declared = Table(headings("Name", "# Size"), rows, order=Order("Size"))
    part = part_of(declared, FIRST_WINDOW)
    assert (shown(part.table)[0], part.window) == ("name 59", Window(0, "Size", False))
    assert shown(part_of(declared, Window(0, "Name")).table)[:2] == ["name 0", "name 1"]
    few = part_of(Table(headings("Name", "# Size"), rows[:3], order=Order("Size")), Window(0, "Name", True))
    assert (shown(few.table), few.window) == (["name 2", "name 1", "name 0"], Window(0, "Size", False))


def test_a_table_that_declares_a_column_it_has_not_is_refused() -> None:
    for declared in ({"order": Order("Weight")}, {"main": "Weight"}):
        with pytest.raises(ValueError, match="no heading is 'Weight', of Name, Size"):
            Table(headings("Name", "# Size"), (), **declared)


def test_a_text_finds_its_rows_over_the_whole_table() -> None:
    part = part_of(table(3000), Window(50, "Size", False, "NAME 29"))
    assert (part.found, part.total) == (111, 3000)
    assert shown(part.table)[0] == "name 2949"
    nothing = text_of(table_element(table(3000), "Jobs", Window(find="nowhere")))
    assert "No row with “nowhere”, 3,000 in all" in nothing


def test_a_table_whose_browser_turns_the_rows_is_sent_whole() -> None:
    part = part_of(table(120), Window(50, "Size", find="no name"), is_whole=True)
    assert (len(part.table.rows), part.is_whole, part.window) == (120, True, FIRST_WINDOW)
    assert "turn-page" not in text_of(table_element(table(120), "Runs", is_whole=True))
