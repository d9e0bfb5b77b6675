"""What a card shows in each state of its entry."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from plotly.utils import PlotlyJSONEncoder

from dash_app.card_frames import frame
from dash_app.card_states import CardState, State
from dash_app.cards import CardContent, fill
from dash_app.chart_frame import chart_frame
from dash_app.figures.style import View
from dash_app.pages import PAGES, Card
from engine.model.values.fingerprint import OTHER_VERSION, Fingerprint
from engine.store import Entry, EntryState, Problem
from engine.store.entries import entry_at
from engine.store.origins import Origin
from tests.dash_app.given import NOW, values_of

UTC_ZONE = ZoneInfo("UTC")
READY, STALE, FAILED = (
    CardState(state, shows_value=True).body_class for state in (State.READY, State.STALE, State.FAILED)
)
COMPUTING, WAITING, ABSENT, DAMAGED = (
    CardState(state).body_class
    for state in (State.COMPUTING, State.WAITING, State.UNAVAILABLE, State.DAMAGED)
)
ONE_OF_EACH = ("llm_cost_by_model_30d", "response_rates", "excluded_sites_count")
CARDS = {card.kind: card for page in PAGES for card in page.cards if card.dataset in ONE_OF_EACH}


def text_of(shown: CardContent) -> str:
    return json.dumps([shown.content, shown.note], cls=PlotlyJSONEncoder)


def entry_of(card: Card, state: EntryState, problem: Problem | None = None, **given: Any) -> Entry:
    as_of = NOW - timedelta(minutes=3)
    value = values_of(card.dataset or "", 1)
    times = {"as_of": as_of, "computed_at": as_of, "expires_at": as_of + timedelta(minutes=15)}
    return Entry(**({"key": card.key, "state": state, "value": value, "problem": problem} | times | given))


@pytest.mark.parametrize("kind", sorted(CARDS))
def test_a_fresh_entry_is_shown_with_its_age(kind: str) -> None:
    shown = fill(CARDS[kind], entry_of(CARDS[kind], EntryState.FRESH), UTC_ZONE, NOW)
    assert shown.body_class == READY
    assert "19:57:05 UTC" in text_of(shown)
    # The browser tells the age, so that what is sent stays the same while it grows.
    assert '"data-age": "2026-11-23T19:57:05Z"' in text_of(shown)
    assert " ago" not in text_of(shown)
    assert "is-stale" not in text_of(shown)


@pytest.mark.parametrize("kind", sorted(CARDS))
def test_an_expired_entry_is_shown_and_marked(kind: str) -> None:
    shown = fill(CARDS[kind], entry_of(CARDS[kind], EntryState.EXPIRED), UTC_ZONE, NOW)
    assert shown.body_class == STALE
    assert "is-stale" in text_of(shown)


def test_a_value_of_another_zone_says_whose_days_it_shows_and_is_drawn_in_that_zone() -> None:
    seen: list[View] = []

    def show(_: object, view: View) -> dict[str, object]:
        seen.append(view)
        return {}

    card = replace(CARDS["chart"], show=show)
    origin = Origin(Fingerprint("Pacific/Auckland", "a", "b"), 1, NOW)
    mismatch = Fingerprint("UTC", "a", "c").difference(origin.fingerprint)
    entry = entry_at(entry_of(card, EntryState.FRESH, origin=origin, mismatch=mismatch), NOW)
    shown = fill(card, entry, UTC_ZONE, NOW)
    assert shown.body_class == STALE
    assert "days of Pacific/Auckland" in text_of(shown)
    assert "is-stale" in text_of(shown)
    assert [view.zone.key for view in seen] == ["Pacific/Auckland"]


def test_a_value_of_another_version_says_so() -> None:
    card = CARDS["chart"]
    entry = entry_at(entry_of(card, EntryState.FRESH, mismatch=OTHER_VERSION), NOW)
    assert OTHER_VERSION in text_of(fill(card, entry, UTC_ZONE, NOW))


@pytest.mark.parametrize("kind", sorted(CARDS))
def test_a_failed_dataset_shows_its_reason_beside_the_last_good_value(kind: str) -> None:
    problem = Problem("failed", "division by zero", NOW)
    shown = fill(CARDS[kind], entry_of(CARDS[kind], EntryState.EXPIRED, problem), UTC_ZONE, NOW)
    assert shown.body_class == FAILED
    assert "division by zero" in text_of(shown)
    assert "19:57:05 UTC" in text_of(shown)


@pytest.mark.parametrize("kind", sorted(CARDS))
def test_an_unavailable_dataset_without_a_value_shows_its_reason(kind: str) -> None:
    problem = Problem("unavailable", "table sites is missing", NOW)
    entry = Entry(CARDS[kind].key or "", EntryState.MISSING, problem=problem)
    shown = fill(CARDS[kind], entry, UTC_ZONE, NOW)
    assert shown.body_class == ABSENT
    assert "table sites is missing" in text_of(shown)


@pytest.mark.parametrize("kind", sorted(CARDS))
def test_a_value_that_cannot_be_drawn_costs_its_card_alone(kind: str) -> None:
    entry = entry_of(CARDS[kind], EntryState.FRESH, value={"nonsense": [1]})
    assert fill(CARDS[kind], entry, UTC_ZONE, NOW).body_class == DAMAGED


@pytest.mark.parametrize("kind", sorted(CARDS))
@pytest.mark.parametrize(
    ("is_computing", "due", "told"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_an_expired_value_says_that_it_is_computed_again_where_that_is_so(
    kind: str, is_computing: bool, due: bool, told: bool
) -> None:
    entry = entry_of(CARDS[kind], EntryState.EXPIRED, due=due)
    shown = fill(CARDS[kind], entry, UTC_ZONE, NOW, is_computing=is_computing)
    assert shown.body_class == STALE
    assert ("expired, refreshing" in text_of(shown)) is told
    assert "expired" in text_of(shown)


@pytest.mark.parametrize("kind", sorted(CARDS))
@pytest.mark.parametrize("state", [EntryState.MISSING, EntryState.DAMAGED])
def test_what_is_missing_keeps_its_placeholder_while_it_is_computed(kind: str, state: EntryState) -> None:
    entry = Entry(CARDS[kind].key or "", state, due=True)
    shown = fill(CARDS[kind], entry, UTC_ZONE, NOW, is_computing=True)
    assert shown.body_class == COMPUTING
    assert "Loading" in text_of(shown)
    assert ("damaged" in text_of(shown)) == (state is EntryState.DAMAGED)
    resting = fill(CARDS[kind], entry, UTC_ZONE, NOW, is_computing=False)
    assert resting.body_class == (DAMAGED if state is EntryState.DAMAGED else WAITING)
    wanted = "damaged" if state is EntryState.DAMAGED else "Not computed yet"
    assert wanted in text_of(resting)


def test_frames_hold_no_data_and_are_named_by_their_heading() -> None:
    for page in PAGES:
        for card in page.cards:
            drawn = frame(page, card).to_plotly_json()
            assert drawn["props"]["aria-labelledby"] == page.id("heading", card)


def test_a_chart_is_an_image_that_its_answer_describes_and_has_a_button_for_keys() -> None:
    framed = chart_frame(["the drawing"], "Cost by day", "its-answer").to_plotly_json()
    keys, drawing = (part.to_plotly_json()["props"] for part in framed["props"]["children"])
    assert drawing["children"] == ["the drawing"]
    assert (drawing["role"], drawing["aria-label"]) == ("img", "Chart: Cost by day")
    assert "“Cost by day”" in keys["aria-label"]
    assert drawing["aria-describedby"] == keys["aria-describedby"] == "its-answer"
