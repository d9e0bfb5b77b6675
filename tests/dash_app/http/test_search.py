"""The search: hits that lead somewhere, what a viewer may find, and a process that does not answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from dash_app.http.search import AWAY, FEW
from dash_app.pages import PAGES
from engine.model.errors import ComputeError
from engine.model.questions import (
    MOST_HITS,
    PUBLIC_KINDS,
    Kind,
    SearchAnswer,
    SearchHit,
    SearchQuestion,
)
from engine.runs import computing
from tests.dash_app.login.given import VIEWER, browser, logged_in, serving, settings_with_login

HIT = {
    "site": SearchHit("site", ("12",), "shop.example", "outreach_sent", True),
    "contact": SearchHit("contact", ("12", "7"), "jane@shop.example", "email", True),
    "job": SearchHit("job", ("a/b",), "Shop\x1b[2K sync\n", "a/b", False),
    "model": SearchHit("model", ("shop & co:1",), "shop & co:1", None, False),
    "error": SearchHit("error", ("site", None, "no shop?"), "no shop?", "site", True),
}


class Answerer:
    """Stands in for the process of the replica: finds what it was given, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[SearchQuestion] = []
        self.hits: tuple[SearchHit, ...] = ()
        self.is_away = False

    def __call__(self, _: object, question: SearchQuestion, *__: object) -> SearchAnswer:
        self.asked.append(question)
        if self.is_away:
            raise ComputeError("the replica", "no process holds it yet", "wait")
        return SearchAnswer(self.hits, None)


@pytest.fixture(scope="module")
def answerer() -> Answerer:
    return Answerer()


@pytest.fixture(scope="module")
def server(answerer: Answerer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    folder: Path = tmp_path_factory.mktemp("search")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(computing, "ask", answerer)
        with serving(settings_with_login(folder)) as (server, _):
            yield server


@pytest.fixture(scope="module")
def operator(server: FastAPI) -> TestClient:
    return logged_in(server)


@pytest.fixture(autouse=True)
def afresh(answerer: Answerer) -> None:
    answerer.__init__()  # type: ignore[misc]
    answerer.hits = tuple(HIT.values())


def search(client: TestClient, text: str, **more: str) -> dict[str, Any]:
    answer = client.get("/api/search", params={"q": text, **more})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    found: dict[str, Any] = answer.json()
    return found


def paths(found: dict[str, Any]) -> dict[str, str]:
    return {hit["kind"]: hit["path"] for hit in found["hits"] if hit["kind"] in HIT}


def test_each_hit_leads_to_its_page(operator: TestClient) -> None:
    found = search(operator, "shop")
    assert paths(found) == {
        "site": "/site/12",
        "contact": "/site/12?contact=7",
        "job": "/job/~YS9i",
        "model": "/llm?filter=model:shop%20%26%20co%3A1",
        "error": "/error?source=site&message=no%20shop%3F",
    }
    assert found["trouble"] is None


def test_texts_of_hits_are_one_line_without_control_characters(operator: TestClient) -> None:
    (job,) = [hit for hit in search(operator, "shop")["hits"] if hit["kind"] == "job"]
    assert job["text"] == "Shop[2K sync "


def test_pages_and_cards_are_found_by_any_part_of_their_names(operator: TestClient) -> None:
    hits = search(operator, "COST BY")["hits"]
    cards = [hit for hit in hits if hit["kind"] == "dataset"]
    assert ("LLM cost by day, 30 days", "/llm") in [
        (hit["text"], urlsplit(hit["path"]).path) for hit in cards
    ]
    names = {card.name for page in PAGES for card in page.cards}
    assert {dict(parse_qsl(urlsplit(hit["path"]).fragment))["card"] for hit in cards} <= names
    by_key = search(operator, "llm/llm_daily")["hits"]
    assert any("llm/llm_daily_costs_30d" in hit["detail"] for hit in by_key)
    pages = [hit for hit in search(operator, "pipel")["hits"] if hit["kind"] == "page"]
    assert pages[0]["text"] == "Pipeline"


def test_an_empty_search_lists_the_pages_and_asks_nobody(operator: TestClient, answerer: Answerer) -> None:
    hits = search(operator, "   ")["hits"]
    assert [hit["path"] for hit in hits] == [page.path for page in PAGES]
    assert answerer.asked == []


def test_one_kind_alone_leaves_room_for_the_others(operator: TestClient, answerer: Answerer) -> None:
    many = tuple(SearchHit("site", (str(n),), f"shop {n}", None, True) for n in range(40))
    answerer.hits = (*many, HIT["job"])
    kinds = [hit["kind"] for hit in search(operator, "shop")["hits"]]
    assert (kinds.count("site"), kinds.count("job")) == (FEW, 1)
    answerer.hits = many
    assert [hit["kind"] for hit in search(operator, "shop")["hits"]].count("site") == 40


@pytest.mark.parametrize(
    ("limit", "asked"),
    [("5", 5), ("0", 1), ("99999", MOST_HITS), ("9999", MOST_HITS), ("x", MOST_HITS), ("", MOST_HITS)],
)
def test_a_limit_is_kept_within_bounds(
    operator: TestClient, answerer: Answerer, limit: str, asked: int
) -> None:
    search(operator, "shop", limit=limit)
    assert answerer.asked[-1].limit == asked


def test_a_process_that_does_not_answer_leaves_pages_and_datasets_and_one_line(
    operator: TestClient, answerer: Answerer
) -> None:
    answerer.is_away = True
    found = search(operator, "llm")
    assert found["trouble"] == AWAY
    assert {hit["kind"] for hit in found["hits"]} == {"page", "dataset"}


def test_a_viewer_finds_no_site_no_contact_and_no_error(server: FastAPI, answerer: Answerer) -> None:
    found = search(logged_in(server, VIEWER), "shop")
    assert answerer.asked[-1].kinds == PUBLIC_KINDS
    kinds: set[Kind] = set(HIT) - set(PUBLIC_KINDS)  # type: ignore[assignment]
    # Also if the answer has more than was asked for.
    assert not kinds & ({hit["kind"] for hit in found["hits"]} | set(found["kinds"]))
    assert set(paths(found)) == set(PUBLIC_KINDS)


def test_who_is_not_logged_in_finds_nothing(server: FastAPI, answerer: Answerer) -> None:
    assert browser(server).get("/api/search", params={"q": "shop"}).status_code == 401
    assert answerer.asked == []


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("cost week", "/llm?range=7d&compare=1"),
        ("llm 30d", "/llm?range=30d&compare=1"),
        ("Conversations this month", "/conversations?range=30d&compare=1"),
        ("overview yesterday", "/?range=24h&compare=1"),
    ],
)
def test_a_page_is_found_with_its_range_and_the_period_before(server: FastAPI, text: str, path: str) -> None:
    hits = logged_in(server).get("/api/search", params={"q": text}).json()["hits"]
    assert [hit["path"] for hit in hits if hit["kind"] == "page"] == [path]
