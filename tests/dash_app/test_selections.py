"""What an address selects, and what pages and cards take of it."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dash_app.comparing import ShownDataset, previous_view, view_of
from dash_app.figures.style import View
from dash_app.pages import PAGES, Card, Page
from dash_app.selections import asked_of, filters_of, heading_of, keys_of, scope_of, selected_keys
from dash_app.server import create_server
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import to_iso, wall_clock
from engine.model.selections.selected import selected
from engine.model.selections.selection import NO_SELECTION, Selection
from engine.model.settings import Settings
from engine.store import Entry, EntryState
from engine.store.writes import set_entry
from tests.dash_app.clients import page_client
from tests.dash_app.given import NOW, FakeRunner, fill_cache, values_of
from tests.dash_app.test_callbacks import Browser

TODAY = date(2026, 11, 23)


def page_named(name: str) -> Page:
    return next(page for page in PAGES if page.name == name)


def card_named(page: Page, name: str) -> Card:
    return next(card for card in page.cards if card.name == name)


LLM, OVERVIEW = page_named("llm"), page_named("overview")


def test_an_address_asks_for_range_filters_and_comparison() -> None:
    asked = asked_of(LLM, "?compare=1&filter=model:gpt%204&range=7d&filter=stage&kiosk=1&rows=x", TODAY)
    assert asked.selection == Selection("7d", True, (("model", "gpt 4"), ("stage", None)))
    assert asked.refused == ()
    assert asked_of(LLM, "", TODAY).selection == NO_SELECTION


def test_a_filter_typed_in_capitals_is_read_as_labels_are() -> None:
    typed = asked_of(page_named("pipeline"), "?filter=country:%20US", TODAY)
    assert typed == asked_of(page_named("pipeline"), "?filter=country:us", TODAY)
    assert typed.selection.filters == (("country", "us"),)
    assert asked_of(LLM, "?filter=model:GPT-4o&filter=stage", TODAY).selection.filters == (
        ("model", "gpt-4o"),
        ("stage", None),
    )
    names = "?filter=job_name:linkedinSync"
    assert asked_of(page_named("cron"), names, TODAY).selection.filters == (("job_name", "linkedinSync"),)
    errors = asked_of(page_named("errors"), "?filter=source:Cron&filter=stage:linkedinSync", TODAY)
    assert errors.selection.filters == (("source", "cron"), ("stage", "linkedinSync"))


@pytest.mark.parametrize(
    ("search", "selection", "line"),
    [
        ("?range=5y&compare=1", Selection(compare=True), "range=5y: no such range"),
        ("?range=7d&compare=maybe", Selection("7d"), "compare=maybe"),
        ("?filter=colour:red&range=7d", Selection("7d"), "filter=colour: no card of this page takes it"),
        ("?range=2026-11-01..2026-12-01", NO_SELECTION, "it ends after today"),
        ("?range=2026-11-09..2026-11-01", NO_SELECTION, "it ends before it begins"),
        ("?filter=%00&range=48h", Selection("48h"), "it names no column"),
        ("?" + "filter=model:x&" * 1000, NO_SELECTION, "the address is too long"),
    ],
)
def test_what_cannot_be_is_left_out_with_a_line(search: str, selection: Selection, line: str) -> None:
    asked = asked_of(LLM, search, TODAY)
    assert asked.selection == selection
    (refused,) = asked.refused
    assert line in refused


def test_a_card_shows_the_part_of_a_selection_that_it_takes() -> None:
    selection = Selection("7d", True, (("model", "a"),))
    cost = card_named(LLM, "cost_by_model")
    assert keys_of(LLM, cost, selection) == (
        "llm/llm_cost_by_model_30d?range=7d&filter=model:a&compare=1",
        "llm/llm_cost_by_model_30d?range=7d&filter=model:a&compare=1&period=previous",
    )
    activity = card_named(LLM, "llm_activity")
    assert keys_of(LLM, activity, selection) == ("overview/activity_rolling",)
    assert scope_of(activity, selection) == "last 24 h and 7 d, not filtered"
    assert scope_of(cost, selection) == ""
    assert scope_of(card_named(OVERVIEW, "stages"), Selection("7d")) == "now and last 24 h"
    assert scope_of(card_named(OVERVIEW, "hourly_throughput"), Selection("90d")) == "last 48 hours"


def test_what_stands_beside_a_dataset_has_no_filter_that_the_dataset_does_not_take() -> None:
    pipeline = page_named("pipeline")
    selection = Selection(filters=(("country", "de"),))
    assert selected_keys(pipeline, selection) == tuple(
        f"pipeline/{name}?filter=country:de"
        for name in ("pipeline_funnel", "excluded_sites_count", "pipeline_losses", "sites_by_country")
    )
    assert scope_of(card_named(pipeline, "stage_flow"), selection) == "not filtered"
    assert selected_keys(OVERVIEW, selection) == ()
    assert "country" not in filters_of(OVERVIEW) and "job_name" not in filters_of(OVERVIEW)


def test_the_window_of_a_name_is_no_selection() -> None:
    assert keys_of(LLM, card_named(LLM, "cost_by_model"), Selection("30d")) == ("llm/llm_cost_by_model_30d",)
    assert selected_keys(LLM, NO_SELECTION) == ()


def test_titles_say_the_range_that_is_shown() -> None:
    daily = card_named(LLM, "daily_costs")
    assert heading_of(daily, NO_SELECTION) == "LLM cost by day, 30 days"
    assert heading_of(daily, Selection("7d")) == "LLM cost by day, 7 days"
    hourly = card_named(OVERVIEW, "hourly_throughput")
    assert heading_of(hourly, Selection("90d")) == hourly.heading


@pytest.mark.parametrize(
    ("name", "range_", "ends", "covers", "later"),
    [
        ("llm_daily_costs_30d", None, "2026-10-24T20:00:05Z", "2026-09-25..2026-10-24", 30 * 24),
        ("llm_daily_costs_30d", "7d", "2026-11-16T20:00:05Z", "2026-11-10..2026-11-16", 7 * 24),
        (
            "llm_daily_costs_30d",
            "2026-11-01..2026-11-03",
            "2026-10-31T23:59:59Z",
            "2026-10-29..2026-10-31",
            72,
        ),
        ("hourly_throughput_48h", None, "2026-11-21T20:00:05Z", "48h", 48),
    ],
)
def test_the_period_before_ends_where_it_has_to(
    name: str, range_: str | None, ends: str, covers: str, later: int
) -> None:
    dataset = selected(catalogue()[name], Selection(range_, compare=True))
    before, shift = previous_view(View(ZoneInfo("UTC"), NOW, range=range_), dataset)
    assert (to_iso(before.as_of), before.range, shift.total_seconds() / 3600) == (ends, covers, later)


def test_a_period_before_of_another_run_is_not_compared() -> None:
    dataset = selected(catalogue()["llm_daily_costs_30d"], Selection(compare=True))
    now = Entry("k", EntryState.FRESH, {"day": []}, NOW)
    other = Entry("b", EntryState.FRESH, {"day": []}, NOW.replace(hour=1))
    view = View(ZoneInfo("UTC"), NOW)
    assert view_of(view, ShownDataset(dataset, now, other)).previous is None
    assert view_of(view, ShownDataset(dataset, now, Entry("b", EntryState.MISSING))).previous is None
    assert view_of(view, ShownDataset(dataset, now, now)).previous == {"day": []}


@pytest.fixture
def browser(settings: Settings, runner: FakeRunner) -> Browser:
    fill_cache(settings.db, wall_clock())
    return Browser(page_client(create_server(settings)))


def test_a_selection_that_is_not_computed_yet_loads_in_place(browser: Browser, runner: FakeRunner) -> None:
    runner.goes_on.clear()
    answer = browser.read(LLM, signal={"search": "?range=7d"})
    cost = card_named(LLM, "daily_costs")
    assert "is-loading" in answer[LLM.id("body", cost)]["className"]
    assert answer[LLM.id("heading", cost)]["children"] == "LLM cost by day, 7 days"
    activity = card_named(LLM, "llm_activity")
    assert "is-loading" not in answer[LLM.id("body", activity)]["className"]
    assert "last 24 h and 7 d" in json.dumps(answer[LLM.id("heading", activity)])
    runner.goes_on.set()


def test_a_selection_that_is_stored_is_shown_also_before_the_first_signal(
    browser: Browser, settings: Settings
) -> None:
    key = "llm/llm_daily_costs_30d?range=7d"
    columns = {name: values[:7] for name, values in values_of("llm_daily_costs_30d").items()}
    set_entry(settings.db, key, columns, 60, wall_clock())
    answers: list[Any] = [
        browser.read(LLM, signal={"search": "?range=7d"}),
        browser.fire(LLM.id("signal"), None, _pages_location="?range=7d"),
    ]
    cost = card_named(LLM, "daily_costs")
    for answer in answers:
        assert answer[LLM.id("card", cost)]["data-key"] == key
        figure = json.loads(answer[LLM.id("content", cost)]["data-figure"])
        assert len(figure["data"][0]["x"]) == 7


def test_a_bad_address_is_a_line_above_cards_that_show_what_they_do_without_it(browser: Browser) -> None:
    plain = browser.read(LLM)
    answer = browser.read(LLM, signal={"search": "?range=5y&filter=colour:red"})
    text = json.dumps(answer[LLM.id("hidden")]["children"])
    assert "range=5y: no such range" in text and "filter=colour" in text
    assert answer[LLM.id("shown")] == plain[LLM.id("shown")]


@pytest.mark.parametrize("search", [7, None, ["x"], {"range": "7d"}])
def test_a_search_that_cannot_be_is_none(browser: Browser, search: Any) -> None:
    assert browser.read(LLM, signal={"search": search})[LLM.id("shown")]["data"]
