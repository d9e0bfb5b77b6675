"""A card with numbers has their places before it has the numbers."""

from __future__ import annotations

import json

import pytest
from plotly.utils import PlotlyJSONEncoder

from dash_app.card_frames import frame
from dash_app.card_rooms import NUMBERS_OF
from dash_app.cards import fill
from dash_app.pages import NUMBERS, PAGES, Card, Page
from engine.store import Entry, EntryState
from tests.dash_app.given import NOW, values_of, view
from tests.dash_app.test_cards import UTC_ZONE

CARDS = [
    pytest.param(page, card, id=f"{page.name}-{card.name}")
    for page in PAGES
    for card in page.cards
    if card.kind == NUMBERS and card.dataset is not None
]


def places(content: object) -> int:
    return json.dumps(content, cls=PlotlyJSONEncoder).count("stat-value")


@pytest.mark.parametrize(("page", "card"), CARDS)
def test_a_card_has_as_many_places_as_numbers_also_while_another_value_is_computed(
    page: Page, card: Card
) -> None:
    numbers = len(card.show(values_of(card.dataset or ""), view()))  # type: ignore[misc, arg-type]
    assert NUMBERS_OF[card.name] == numbers
    assert places(frame(page, card)) == numbers
    missing = Entry(card.key or "", EntryState.MISSING, due=True)
    assert places(fill(card, missing, UTC_ZONE, NOW, is_computing=True).content) == numbers
