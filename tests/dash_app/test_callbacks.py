"""What the callbacks answer a browser: what it lacks, and nothing that it holds already."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import Any

import httpx
import pytest

from dash_app.card_frames import content_output
from dash_app.pages import NOT_FOUND, PAGES, Card, Page
from dash_app.server import create_server
from engine.model.clock import wall_clock
from engine.model.settings import Settings
from engine.store.writes import set_entry
from tests.dash_app.clients import page_client
from tests.dash_app.given import FakeRunner, fill_cache, values_of
from tests.engine.source_database import execute

PIPELINE = next(page for page in PAGES if page.name == "pipeline")
EXCLUDED = "pipeline/excluded_sites_count"
SENTENCE = ""
"""The page's sentence among the digests of what a browser holds."""
Answer = dict[str, dict[str, Any]]


class Browser:
    """Answers callbacks as a browser has them answered, through the server's own address."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        client.get("/")
        self._callbacks = client.get("/_dash-dependencies").json()

    def fire(self, input_id: str, value: Any, **states: Any) -> Answer:
        """Return what the server answers when an input changes: properties by component id."""
        (callback,) = [
            one
            for one in self._callbacks
            if not one.get("clientside_function") and [given["id"] for given in one["inputs"]] == [input_id]
        ]
        outputs = [name.rpartition(".") for name in callback["output"].strip(".").split("...")]
        outputs_sent: Any = [{"id": id_, "property": name} for id_, _, name in outputs]
        if not callback["output"].startswith(".."):
            (outputs_sent,) = outputs_sent
        answer = self._client.post(
            "/_dash-update-component",
            json={
                "output": callback["output"],
                "outputs": outputs_sent,
                "inputs": [{**callback["inputs"][0], "value": value}],
                "state": [
                    {**given, "value": states.get(given["id"], "" if given["property"] == "search" else None)}
                    for given in callback["state"]
                ],
                "changedPropIds": [f"{input_id}.{callback['inputs'][0]['property']}"],
            },
        )
        if answer.status_code == 204:
            return {}
        assert answer.status_code == 200
        sent = answer.json()
        response: Answer = sent["response"] | sent.get("sideUpdate", {})
        return response

    def read(self, page: Page, shown: Any = None, signal: Any = None) -> Answer:
        return self.fire(page.id("signal"), signal, **{page.id("shown"): shown})


@pytest.fixture
def browser(settings: Settings, runner: FakeRunner) -> Browser:
    fill_cache(settings.db, wall_clock())
    return Browser(page_client(create_server(settings)))


def parts_of(answer: Answer, page: Page) -> dict[str, set[str]]:
    """Return the parts that were sent of each card: content, note, body."""
    sent = {
        card.name: {
            part
            for part, (element, name) in (
                ("content", content_output(page, card)),
                ("note", (page.id("note", card), "children")),
                ("body", (page.id("body", card), "className")),
            )
            if name in answer.get(element, {})
        }
        for card in page.cards
    }
    return {name: parts for name, parts in sent.items() if parts}


def shown_in(answer: Answer, page: Page) -> Any:
    return answer[page.id("shown")]["data"]


def card_of(page: Page, name: str) -> Card:
    return next(card for card in page.cards if card.name == name)


@pytest.mark.parametrize("page", [*PAGES, NOT_FOUND], ids=lambda page: page.name)
def test_a_page_that_holds_nothing_is_sent_all_of_its_cards(browser: Browser, page: Page) -> None:
    answer = browser.read(page)
    assert parts_of(answer, page) == {card.name: {"content", "note", "body"} for card in page.cards}
    sentence = {SENTENCE} if page.answer is not None else set()
    assert set(shown_in(answer, page)) == {card.name for card in page.cards} | sentence
    assert (page.id("answer") in answer) is (page.answer is not None)
    assert answer[page.id("hidden")]["children"] is None
    assert answer[page.id("cards")]["data-version"]


def test_what_the_browser_holds_is_not_sent_again(browser: Browser) -> None:
    shown = shown_in(browser.read(PIPELINE), PIPELINE)
    answer = browser.read(PIPELINE, shown)
    assert parts_of(answer, PIPELINE) == {}
    assert PIPELINE.id("answer") not in answer, "nobody hears the same sentence twice"
    assert shown_in(answer, PIPELINE) == shown


def test_only_the_card_whose_value_changed_is_sent(browser: Browser, settings: Settings) -> None:
    shown = shown_in(browser.read(PIPELINE), PIPELINE)
    now = wall_clock() + timedelta(seconds=1)
    set_entry(settings.db, EXCLUDED, {"excluded_sites": [987]}, 60, now)
    answer = browser.read(PIPELINE, shown)
    assert parts_of(answer, PIPELINE) == {"excluded_sites": {"content", "note", "body"}}
    card = card_of(PIPELINE, "excluded_sites")
    assert "987" in json.dumps(answer[PIPELINE.id("content", card)])


def test_the_note_alone_is_sent_where_a_run_computed_the_same_value(
    browser: Browser, settings: Settings
) -> None:
    first = browser.read(PIPELINE)
    now = wall_clock() + timedelta(seconds=1)
    set_entry(settings.db, EXCLUDED, values_of("excluded_sites_count"), 60, now)
    answer = browser.read(PIPELINE, shown_in(first, PIPELINE))
    assert parts_of(answer, PIPELINE) == {"excluded_sites": {"note", "body"}}
    version = PIPELINE.id("cards")
    assert answer[version] != first[version]


@pytest.mark.parametrize("shown", ["text", 7, [1], {"excluded_sites": "x"}, {"excluded_sites": [1]}, {}])
def test_a_browser_that_says_what_cannot_be_is_sent_everything(browser: Browser, shown: Any) -> None:
    assert len(parts_of(browser.read(PIPELINE, shown), PIPELINE)) == len(PIPELINE.cards)


@pytest.mark.parametrize("signal", ["text", 7, {"in_view": "x"}, {"in_view": [None, {}, "no such"]}])
def test_a_signal_that_says_what_cannot_be_is_answered_all_the_same(browser: Browser, signal: Any) -> None:
    assert len(parts_of(browser.read(PIPELINE, signal=signal), PIPELINE)) == len(PIPELINE.cards)


def test_cards_in_view_are_computed_first(browser: Browser, settings: Settings, runner: FakeRunner) -> None:
    execute(settings.db, "delete from dashboard_cache")
    last = next(card for card in PIPELINE.cards if card.dataset == PIPELINE.datasets[-1])
    runner.goes_on.clear()
    browser.read(PIPELINE, signal={"in_view": [last.name]})
    while not runner.requests:
        threading.Event().wait(0.005)
    assert runner.requests[0].names == (PIPELINE.datasets[-1], *PIPELINE.datasets[:-1])
    runner.goes_on.set()


def test_without_the_source_the_sidebar_says_so_and_the_cards_stay(
    browser: Browser, settings: Settings
) -> None:
    shown = shown_in(browser.read(PIPELINE), PIPELINE)
    settings.db.unlink()
    answer = browser.read(PIPELINE, shown)
    assert "cannot be read" in json.dumps(answer["cache-state"])
    assert parts_of(answer, PIPELINE) == {}
