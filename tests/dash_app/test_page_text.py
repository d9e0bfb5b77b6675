"""Text from the database on pages: text and nothing else, cut with the whole of it within reach."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from plotly.utils import PlotlyJSONEncoder

from dash_app.elements import kpis_element
from dash_app.formatters import jobs
from dash_app.formatters.tables import Cell, Table, headings
from dash_app.page_text import CELL_LENGTH, breakable, page_text
from dash_app.pages import NUMBERS, PAGES, TABLE, Card
from dash_app.table_elements import table_element
from tests.dash_app.given import values_of, view
from tests.dash_app.test_chart_text import HOSTILE, texts_in, with_hostile_texts

CARDS = [
    pytest.param(card, id=f"{page.name}-{card.name}")
    for page in PAGES
    for card in page.cards
    if card.kind in (NUMBERS, TABLE) and card.dataset
]


def as_sent(component: Any) -> Any:
    """Return a component as the browser gets it."""
    return json.loads(json.dumps(component, cls=PlotlyJSONEncoder))


def components_in(part: Any) -> Iterator[tuple[str, str]]:
    if isinstance(part, dict):
        if "namespace" in part and "type" in part:
            yield str(part["namespace"]), str(part["type"])
        for value in part.values():
            yield from components_in(value)
    elif isinstance(part, list):
        for value in part:
            yield from components_in(value)


@pytest.mark.parametrize("card", CARDS)
def test_no_table_and_no_number_holds_control_characters_of_the_database(card: Card) -> None:
    assert card.show is not None
    shown: Any = card.show(with_hostile_texts(str(card.dataset)), view())
    sent = as_sent(table_element(shown, "t") if card.kind == TABLE else kpis_element(shown))
    for text in texts_in(sent):
        assert not [c for c in text if unicodedata.category(c) in ("Cc", "Cf")], text
    assert {namespace for namespace, _ in components_in(sent)} <= {"dash_html_components"}


def test_a_cell_shows_markup_letter_by_letter() -> None:
    sent = as_sent(table_element(Table(headings("A"), ((Cell(HOSTILE[0]),),)), "t"))
    assert HOSTILE[0] in list(texts_in(sent))


def test_a_long_text_is_cut_and_opens_by_a_control_that_keys_and_fingers_reach() -> None:
    long = "word " * 400
    sent = as_sent(page_text(long))
    assert [kind for _, kind in components_in(sent)][:2] == ["Details", "Summary"]
    short, whole = (text for text in texts_in(sent) if "word" in text)
    assert len(short) <= CELL_LENGTH < len(whole)
    assert whole == long.strip() or whole == long


def test_text_that_runs_from_right_to_left_is_kept_apart() -> None:
    assert as_sent(page_text("שלום"))["type"] == "Bdi"
    assert page_text("plain") == "plain"


def test_words_of_our_own_stand_outside_a_job_name_from_the_database() -> None:
    columns = {name: column[:1] for name, column in values_of("cron_job_summary", 2).items()}
    columns |= {"name": ["שלום"], "enabled": [False], "critical": [True]}
    sent = as_sent(table_element(jobs.job_schedule(columns, view()), "t"))
    body = sent["props"]["children"][1]["props"]["children"]["props"]["children"][2]
    link, after = body["props"]["children"][0]["props"]["children"][0]["props"]["children"]
    assert link["type"] == "A"
    assert (link["props"]["children"]["type"], after) == ("Bdi", " (disabled, critical)")


def test_a_key_breaks_after_its_signs_and_stays_the_same_text() -> None:
    key = "cron/job_hours_24h?filter=a"
    parts = as_sent(breakable(key))
    assert "".join(part for part in parts if isinstance(part, str)) == key
    assert [part for part in parts if isinstance(part, str)] == [
        "cron/",
        "job_",
        "hours_",
        "24h?",
        "filter=",
        "a",
    ]
    assert {part["type"] for part in parts[1::2]} == {"Wbr"}
