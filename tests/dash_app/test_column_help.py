"""The columns of tables say what they mean, from the header of the dataset that they show."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dash_app.formatters.column_help import with_help
from dash_app.formatters.tables import Heading, Table
from dash_app.markup import plain
from dash_app.openers import openers_of
from dash_app.pages import PAGES, TABLE, Card
from dash_app.table_elements import table_element
from engine.model.catalogue.datasets import catalogue
from tests.dash_app.given import values_of, view

CARDS = [card for page in PAGES for card in page.cards if card.kind == TABLE and card.dataset]


def shown(card: Card) -> Table:
    dataset = catalogue()[str(card.dataset)]
    return table_of(card, values_of(dataset.name, 3))


def table_of(card: Card, values: Any) -> Table:
    dataset = catalogue()[str(card.dataset)]
    table: Any = card.show(values, replace(view(), openers=openers_of(dataset)))  # type: ignore[misc]
    return with_help(table, dataset)


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_each_column_of_a_dataset_says_what_it_means(card: Card) -> None:
    table = shown(card)
    assert [heading.text for heading in table.headings if not heading.help] == []
    columns = {column.name for column in catalogue()[str(card.dataset)].columns}
    assert {heading.column for heading in table.headings if heading.column} <= columns
    # The first column names the row.
    assert not table.headings[0].numeric


def test_the_help_has_the_unit_what_a_dash_is_and_that_numbers_open_rows() -> None:
    card = next(card for card in CARDS if card.name == "stage_flow")
    values = values_of("stage_flow", 2) | {"median_wait_hours": [None, 4.0]}
    table = table_of(card, values)
    helps = {heading.text: heading.help.split("\n") for heading in table.headings}
    assert helps["In it now"] == [
        "Sites that are in this stage now.", "Counted in sites.", "A number opens its rows.",
    ]  # fmt: skip
    assert helps["Median wait"][1:] == ["A duration.", "– is no value.", "A number opens its rows."]


def test_a_heading_shows_its_help_by_a_button_and_one_without_help_has_none() -> None:
    sent = str(plain(table_element(shown(CARDS[0]), "t")))
    assert sent.count("'column-help'") == len(shown(CARDS[0]).headings)
    bare = replace(shown(CARDS[0]), headings=tuple(Heading("A") for _ in shown(CARDS[0]).headings),
                   order=None, main="")  # fmt: skip
    assert "column-help" not in str(plain(table_element(bare, "t")))
