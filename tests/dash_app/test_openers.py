"""What opens rows: numbers whose rows are declared, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dash_app.cards import _rendered
from dash_app.figures.style import View
from dash_app.figures.unfinished import marked_unfinished
from dash_app.login.contacts import HIDDEN
from dash_app.markup import plain
from dash_app.openers import openers_of
from dash_app.pages import CHART, PAGES, Card
from dash_app.table_windows import FIRST_WINDOW
from engine.model.catalogue.datasets import catalogue
from tests.dash_app.given import NOW, values_of, view

CARDS = [
    pytest.param(card, id=f"{page.name} {card.kind} {card.name}")
    for page in PAGES
    for card in page.cards
    if card.show is not None and card.dataset is not None
]


def openers(found: Any) -> list[tuple[str, dict[str, Any]]]:
    """Return the column and the cells of all that opens rows in what a card shows."""
    if isinstance(found, list):
        return [one for part in found for one in openers(part)]
    if not isinstance(found, dict):
        return []
    opens = found.get("opens") or [] if "data-rows" not in found else []
    mine = [(column, cells) for column, cells in filter(None, opens)]
    if "data-rows" in found:
        asked = json.loads(found["data-rows"])
        mine.append((asked["column"], asked["cells"]))
    return mine + [one for part in found.values() for one in openers(part)]


def shown(card: Card) -> Any:
    dataset = catalogue()[str(card.dataset)]
    seen = View(view().zone, NOW, openers=openers_of(dataset))
    content = card.show(values_of(dataset.name), seen)  # type: ignore[misc]
    return plain(content if card.kind == CHART else _rendered(card, content, FIRST_WINDOW))


@pytest.mark.parametrize("card", CARDS)
def test_what_opens_names_declared_rows_by_all_their_cells(card: Card) -> None:
    rows = catalogue()[str(card.dataset)].rows
    for column, cells in openers(shown(card)):
        if cells or not rows[column].cells:
            assert set(cells) == set(rows[column].cells)
            assert rows[column].of(cells) is not None
        else:
            assert rows[column].total is not None


def test_most_cards_open_rows() -> None:
    opening = [card for parameters in CARDS for card in parameters.values if openers(shown(card))]  # type: ignore[arg-type]
    assert len(opening) > 35


def test_a_number_opens_nothing_if_its_rows_are_not_declared_or_the_number_is_null() -> None:
    usage = openers_of(catalogue()["llm_usage_by_stage"])
    row = {name: values[0] for name, values in values_of("llm_usage_by_stage").items()}
    assert usage.of("calls", row)
    assert not usage.of("stage", row)
    assert not usage.of("calls", row | {"calls": None})


def test_a_cell_that_is_hidden_from_a_viewer_and_the_group_of_the_others_open_nothing() -> None:
    errors = openers_of(catalogue()["error_breakdown"])
    row = {"source": "site", "stage": None, "message": "timeout", "errors": 3}
    assert errors.of("errors", row)
    assert not errors.of("errors", row | {"message": HIDDEN})
    models = openers_of(catalogue()["llm_cost_by_model_30d"])
    assert models.of("calls", {"model": "gpt", "calls": 3})
    assert not models.of("calls", {"model": "other (4)", "calls": 3})


def test_the_open_end_of_a_line_opens_the_rows_of_its_own_points() -> None:
    days = [{"day": f"2026-11-{day}", "positive": 1} for day in (21, 22, 23)]
    opens = openers_of(catalogue()["conversations_daily_30d"]).trace("positive", days)
    line = {"type": "scatter", "mode": "lines", "x": [1, 2, 3], "y": [1, 1, 1], "line": {"color": "red"}}
    *_, points = marked_unfinished([line | opens], [False, False, True])
    assert [cells["day"] for _, cells in points["meta"]["opens"]] == ["2026-11-23"]
