"""A server that asks for a login, and browsers that use it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import argon2
import httpx
from fastapi import FastAPI
from starlette.testclient import TestClient, WebSocketTestSession

from dash_app.server import create_server
from engine.model.clock import wall_clock
from engine.model.settings import Settings
from engine.runs import Runner
from tests.dash_app.given import FakeRunner, database, fill_cache
from tests.engine.source_database import settings_of

OPERATOR, VIEWER = "correct horse battery", "only looking here"
# A hash says how much it costs to guess; these cost nothing, so that hundreds of guesses take no minute.
_HASHER = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_HASHES = {"DASHBOARD_PASSWORD": _HASHER.hash(OPERATOR), "DASHBOARD_VIEWER_PASSWORD": _HASHER.hash(VIEWER)}


def settings_with_login(folder: Path, **environ: str) -> Settings:
    return settings_of(database(folder), **(_HASHES | environ))


@contextmanager
def serving(settings: Settings) -> Iterator[tuple[FastAPI, FakeRunner]]:
    """Yield a server that is started, and what makes its runs up."""
    fill_cache(settings.db, wall_clock())
    runner = FakeRunner(settings.db)
    server = create_server(settings, runner=cast(Runner, runner))
    with TestClient(server, base_url="http://localhost:8050"):
        yield server, runner


def browser(server: FastAPI, address: str = "192.0.2.1", **headers: str) -> TestClient:
    """Return a browser with its own cookies, which sends what browsers send with their pages' requests."""
    return TestClient(
        server,
        base_url="http://localhost:8050",
        headers={"Sec-Fetch-Site": "same-origin"} | headers,
        client=(address, 50000),
        follow_redirects=False,
    )


def log_in(client: TestClient, password: str, **fields: str) -> httpx.Response:
    answer: httpx.Response = client.post("/login", data={"password": password, **fields})
    return answer


def logged_in(server: FastAPI, password: str = OPERATOR, address: str = "192.0.2.1") -> TestClient:
    client = browser(server, address)
    assert log_in(client, password).status_code == 303
    return client


def live(client: TestClient) -> WebSocketTestSession:
    """Return the socket that a browser opens for its pages; enter it to connect."""
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    headers = {"Origin": "http://localhost:8050", "Cookie": cookies}
    return client.websocket_connect("ws://localhost:8050/live", headers=headers)


def message(answer: httpx.Response) -> str:
    found = re.search(r'<p id="message"[^>]*>(.*?)</p>', answer.text)
    return "" if found is None else found[1]
