"""The addresses by which buttons and scripts start a run, and wait for its end if they like."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from dash_app.pages import PAGES
from dash_app.server import create_server
from engine.model.clock import wall_clock
from engine.model.errors import ComputeError, ServerAwayError
from engine.model.settings import Settings
from engine.runs import Trigger
from engine.runs.turns.queue import RunQueue
from tests.dash_app.clients import page_client
from tests.dash_app.given import FakeRunner, fill_cache

PIPELINE = next(page for page in PAGES if page.name == "pipeline")
BUTTONS: list[tuple[str, Trigger, tuple[str, ...] | None]] = [
    ("/api/refresh", Trigger.FULL, None),
    ("/api/refresh/pipeline", Trigger.PAGE, PIPELINE.datasets),
    (
        "/api/refresh/dataset/pipeline/excluded_sites_count",
        Trigger.CARD,
        ("excluded_sites_count",),
    ),
]


@pytest.fixture
def client(settings: Settings, runner: FakeRunner) -> Iterator[TestClient]:
    fill_cache(settings.db, wall_clock())
    yield page_client(create_server(settings))
    runner.goes_on.set()


@pytest.mark.parametrize(("path", "trigger", "datasets"), BUTTONS)
def test_a_button_runs_what_it_says_and_hears_when_that_is_done(
    client: TestClient, runner: FakeRunner, path: str, trigger: Trigger, datasets: tuple[str, ...] | None
) -> None:
    answer = client.post(f"{path}?wait=1")
    assert (answer.status_code, answer.json()) == (200, {"status": "done"})
    assert [(request.trigger, request.datasets) for request in runner.requests] == [(trigger, datasets)]


@pytest.mark.parametrize("path", [path for path, _, _ in BUTTONS])
def test_a_button_hears_why_its_run_failed(client: TestClient, runner: FakeRunner, path: str) -> None:
    runner.failure = ComputeError("the engine", "it ended", "try again")
    answer = client.post(f"{path}?wait=1")
    assert (answer.status_code, answer.json()) == (500, {"error": "the engine: it ended; try again"})


@pytest.mark.parametrize("path", [path for path, _, _ in BUTTONS])
def test_who_does_not_wait_has_an_answer_while_the_run_goes_on(
    client: TestClient, runner: FakeRunner, path: str
) -> None:
    runner.goes_on.clear()
    answer = client.post(path)
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/api/refresh/pipelin", "pipelin: no such page with datasets; did you mean 'pipeline'?"),
        (
            "/api/refresh/dataset/pipeline/excluded_sites",
            "pipeline/excluded_sites: no such dataset; did you mean 'pipeline/excluded_sites_count'?",
        ),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest_one(
    client: TestClient, runner: FakeRunner, path: str, error: str
) -> None:
    answer = client.post(path)
    assert (answer.status_code, answer.json()) == (404, {"error": error})
    assert runner.requests == []


def test_a_button_runs_what_the_page_selects(client: TestClient, runner: FakeRunner) -> None:
    answer = client.post("/api/refresh/llm?range=7d&compare=1&wait=1")
    assert answer.status_code == 200
    (request,) = runner.requests
    names = request.datasets or ()
    assert "activity_rolling" in names
    assert "llm_daily_costs_30d?range=7d&compare=1" in names
    assert "llm_daily_costs_30d" not in names


def test_the_button_of_a_card_runs_what_the_card_shows(client: TestClient, runner: FakeRunner) -> None:
    path = "/api/refresh/dataset/llm/llm_cost_by_model_30d"
    assert client.post(f"{path}?range=7d&filter=model:a%26b&wait=1").status_code == 200
    (request,) = runner.requests
    assert request.datasets == ("llm_cost_by_model_30d?range=7d&filter=model:a%26b",)
    answer = client.post(f"{path}?range=soon&wait=1")
    assert answer.status_code == 400
    assert "range=soon: no such range" in answer.json()["error"]


@pytest.mark.parametrize("path", [path for path, _, _ in BUTTONS])
@pytest.mark.parametrize("wait", ["", "?wait=1"])
def test_a_run_that_nobody_can_make_now_is_no_fault(
    client: TestClient, runner: FakeRunner, monkeypatch: pytest.MonkeyPatch, path: str, wait: str
) -> None:
    error = ServerAwayError("postgresql://ann@/cache?host=/run/db", "the server is away", "start it")

    def away(*_: object) -> None:
        raise error

    shown = {"error": "postgresql://ann@/cache: the server is away; start it"}
    runner.failure = error
    answer = client.post(f"{path}?wait=1")
    assert (answer.status_code, answer.json(), answer.headers["Retry-After"]) == (503, shown, "5")
    monkeypatch.setattr(RunQueue, "submit", away)
    answer = client.post(path + wait)
    assert (answer.status_code, answer.json(), answer.headers["Retry-After"]) == (503, shown, "5")
