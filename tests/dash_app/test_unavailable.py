"""Cards and pages that cannot exist on a source: hidden if the setting says so, and summed up in one line."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from plotly.utils import PlotlyJSONEncoder

from dash_app.cards import fill
from dash_app.markup import plain
from dash_app.pages import ATTENTION, PAGES
from dash_app.shell import INDEX, app_layout
from dash_app.static_page import static_html
from dash_app.unavailable import hidden_cards_line, hidden_pages_line, is_page_hidden
from engine.model.access import EVERYBODY
from engine.model.catalogue.datasets import catalogue
from engine.model.errors import SettingError
from engine.model.setting_table.loading import load_settings
from engine.model.values.results import FAILED, UNAVAILABLE
from engine.store import Entry, EntryState, Problem
from tests.dash_app.given import NOW
from tests.dash_app.test_cards import UTC_ZONE, entry_of

PAGE = {page.name: page for page in PAGES}
MISSING = Problem(UNAVAILABLE, "table llm_usage is missing", NOW)


def without_value(key: str, problem: Problem | None) -> Entry:
    return Entry(key=key, state=EntryState.MISSING, value=None, problem=problem)


def text_of(element: Any) -> str:
    return json.dumps(element, cls=PlotlyJSONEncoder)


def keys_reading(table: str) -> frozenset[str]:
    return frozenset(dataset.key for dataset in catalogue().values() if table in dataset.needed_tables)


def test_a_card_is_absent_if_it_never_had_a_value_because_a_table_is_missing() -> None:
    card = PAGE["llm"].cards[0]
    assert fill(card, without_value(str(card.key), MISSING), UTC_ZONE, NOW).body_class.endswith(
        "is-absent has-no-value is-troubled"
    )


@pytest.mark.parametrize("problem", [None, Problem(FAILED, "out of memory", NOW)], ids=["none", "failed"])
def test_a_card_whose_value_may_still_come_is_not_absent(problem: Problem | None) -> None:
    card = PAGE["llm"].cards[0]
    shown = fill(card, without_value(str(card.key), problem), UTC_ZONE, NOW).body_class
    assert "is-troubled" in shown
    assert "is-absent" not in shown


def test_a_value_from_before_its_table_went_away_stays_in_sight() -> None:
    card = next(card for page in PAGES for card in page.cards if card.dataset == "excluded_sites_count")
    old = entry_of(card, EntryState.EXPIRED, MISSING, as_of=NOW - timedelta(days=2))
    assert "has-no-value" not in fill(card, old, UTC_ZONE, NOW).body_class


def test_a_page_sums_up_its_hidden_cards_and_why() -> None:
    page = PAGE["overview"]
    absent = keys_reading("llm_usage")
    entries = {
        str(card.key): without_value(str(card.key), MISSING if card.key in absent else None)
        for card in page.cards
    }
    line = text_of(hidden_cards_line(page, entries))
    # What needs attention says itself what it cannot judge.
    hidden = [card for card in page.cards if card.key in absent and card.kind != ATTENTION]
    assert f"{len(hidden)} card{' is' if len(hidden) == 1 else 's are'} hidden: " in line
    assert all(card.heading in line for card in hidden)
    assert line.count("table llm_usage is missing") == 1


def test_a_page_whose_cards_are_all_there_says_nothing() -> None:
    page = PAGE["llm"]
    entries = {str(card.key): without_value(str(card.key), None) for card in page.cards}
    assert hidden_cards_line(page, entries) is None
    assert hidden_pages_line(frozenset()) is None


def test_a_page_is_hidden_if_none_of_its_datasets_can_exist() -> None:
    absent = keys_reading("llm_usage")
    assert is_page_hidden(PAGE["llm"], absent)
    assert not is_page_hidden(PAGE["overview"], absent)
    assert not is_page_hidden(PAGE["system"], keys_reading("system_metrics"))
    line = text_of(hidden_pages_line(absent))
    assert "Hidden: " in line
    assert "hides-llm" in line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_page_has_a_rule_that_hides_its_link(page: Any) -> None:
    assert f".hides-{page.name}) .nav-{page.name} {{" in INDEX
    shell = static_html(plain(app_layout(load_settings({}), EVERYBODY)), {})
    assert f' nav-{page.name}"' in shell


def test_the_shell_says_whether_cards_are_hidden() -> None:
    assert "hides-unavailable" not in text_of(app_layout(load_settings({}), EVERYBODY))
    hiding = load_settings({"DASHBOARD_HIDE_UNAVAILABLE": "yes"})
    assert "hides-unavailable" in text_of(app_layout(hiding, EVERYBODY))


def test_another_word_than_yes_or_no_is_refused() -> None:
    with pytest.raises(SettingError, match="DASHBOARD_HIDE_UNAVAILABLE: 'maybe' is neither yes nor no"):
        load_settings({"DASHBOARD_HIDE_UNAVAILABLE": "maybe"})
