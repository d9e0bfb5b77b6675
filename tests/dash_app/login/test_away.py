"""While the server that has the sessions is away: who was known goes on reading, and the rest is said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from dash_app.http.middleware.login import UNCHECKED
from dash_app.login import visitors
from dash_app.login.routes import NOT_ENDED, NOT_NOW
from engine.model.errors import ServerAwayError
from engine.sessions.file import SessionFile
from tests.dash_app.login.given import browser, log_in, logged_in, message, serving, settings_with_login

KEY = "/api/dataset/llm/llm_daily_costs_30d"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    with serving(settings_with_login(tmp_path_factory.mktemp("away"))) as (server, _):
        yield server


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask the store about each request."""
    monkeypatch.setattr(visitors, "MEMORY_SECONDS", 0.0)


def take_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> None:
        raise ServerAwayError("postgresql://ann@db/cache", "the server cannot be reached", "start it")

    for name in ("reading", "writing"):
        monkeypatch.setattr(SessionFile, name, away)


def test_who_is_logged_in_goes_on_reading(server: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    operator = logged_in(server)
    assert operator.get("/llm").status_code == 200
    take_away(monkeypatch)
    for path in ("/llm", KEY, "/state"):
        assert operator.get(path).status_code == 200
    refused = operator.post("/api/refresh")
    assert (refused.status_code, refused.json()) == (
        503,
        {"error": "postgresql://ann@db/cache: the server cannot be reached; start it"},
    )
    left = operator.post("/logout")
    assert (left.status_code, left.text) == (503, NOT_ENDED)
    assert operator.get("/llm").status_code == 200


def test_after_an_hour_nobody_is_known(server: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    operator = logged_in(server)
    assert operator.get("/llm").status_code == 200
    take_away(monkeypatch)
    monkeypatch.setattr(visitors, "KNOWN_WHILE_AWAY_SECONDS", 0.0)
    assert operator.get(KEY).status_code == 503


def test_who_is_not_known_is_let_in_nowhere_and_reads_why(
    server: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = logged_in(server)
    stranger = browser(server)
    stranger.cookies.update(operator.cookies)
    take_away(monkeypatch)
    monkeypatch.setattr(visitors, "KNOWN_WHILE_AWAY_SECONDS", 0.0)
    page, value, form = stranger.get("/llm"), stranger.get(KEY), log_in(browser(server), "wrong")
    assert (page.status_code, page.text) == (503, UNCHECKED)
    assert (value.status_code, value.json()) == (503, {"error": UNCHECKED})
    assert (form.status_code, message(form)) == (503, NOT_NOW)
    for answer in (page, value, form):
        assert "postgresql" not in answer.text
        assert answer.headers["Retry-After"] == "5"
