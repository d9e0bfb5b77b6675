"""Each route and socket of the app has a row in the table of doors, and each row a route."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from starlette.routing import Mount
from starlette.testclient import TestClient

from dash_app.http.doors import DOORS, INTERNAL_KEY, UNKNOWN_PAGE, Access, Door, door_of, is_internal
from dash_app.http.middleware.known_doors import KnownDoors
from dash_app.server import create_server
from engine.model.setting_table.loading import load_settings
from tests.dash_app.clients import page_client
from tests.dash_app.given import database

CATCH_ALL = "{path:path}"
"""Dash's route for every other path; it answers with the shell."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    folder: Path = tmp_path_factory.mktemp("doors")
    server = create_server(load_settings({"DASHBOARD_DB": str(database(folder))}, folder / "no.env"))
    # Dash adds the last of its routes as the server starts.
    with page_client(server):
        yield server


def routes_of(server: FastAPI) -> Iterator[tuple[str, frozenset[str]]]:
    """Return the path and the methods of each route, mounted ones included; a socket has no methods."""
    for route in server.router.routes:
        path: str = getattr(route, "path")  # noqa: B009
        if isinstance(route, Mount):
            yield f"{path}/{{path:path}}", frozenset({"GET", "HEAD"})
        else:
            yield path, frozenset(getattr(route, "methods", None) or ())


def scope_of(path: str, methods: frozenset[str]) -> dict[str, Any]:
    return {"type": "http" if methods else "websocket", "path": re.sub(r"\{.*?\}", "x", path)}


def test_every_route_and_socket_of_the_app_has_a_door(server: FastAPI) -> None:
    routes = [(path, methods) for path, methods in routes_of(server) if path != CATCH_ALL]
    assert len(routes) > 10
    for path, methods in routes:
        door = door_of(scope_of(path, methods))
        assert door not in (None, UNKNOWN_PAGE), path
        assert door is not None
        assert methods <= door.methods, path


def test_every_door_leads_to_a_route(server: FastAPI) -> None:
    paths = [path for path, _ in routes_of(server)]
    has_catch_all = CATCH_ALL in paths
    for door in DOORS:
        assert door.pattern in paths or (has_catch_all and door.methods == {"GET", "HEAD"}), door


@pytest.mark.parametrize("path", ["/_dash-ws-callback", "/_reload-hash", "/_favicon.ico"])
def test_what_dash_adds_and_no_page_uses_is_not_there(server: FastAPI, path: str) -> None:
    assert path not in [found for found, _ in routes_of(server)]


def test_only_what_says_nothing_of_the_data_is_open() -> None:
    probes = ["/healthz", "/health", "/readyz"]
    login = ["/login", "/logout", "/assets/login-{digest}.css", "/assets/favicon.svg"]
    assert [door.pattern for door in DOORS if door.access is Access.OPEN] == probes + login


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("/", "/"),
        ("/jobs", "/jobs"),
        ("/metrics", "/metrics"),
        ("/api/dataset/pipeline/pipeline_funnel", "/api/dataset/{key:path}"),
        ("/api/page/", "/api/{rest:path}"),
        ("/api", "/{path:path}"),
        ("//metrics", "/{path:path}"),
        ("/metrics/", "/{path:path}"),
        ("/METRICS", "/{path:path}"),
        ("/metrics\n", "/{path:path}"),
        ("/live", "/{path:path}"),
        ("", "/{path:path}"),
    ],
)
def test_a_path_goes_to_the_door_that_is_spelt_like_it(path: str, pattern: str) -> None:
    door = door_of({"type": "http", "path": path})
    assert isinstance(door, Door)
    assert door.pattern == pattern


def test_below_a_mounted_path_the_doors_are_the_same() -> None:
    def pattern(path: str) -> str:
        door = door_of({"type": "http", "root_path": "/dash", "path": path})
        assert door is not None
        return door.pattern

    assert pattern("/dash/metrics") == "/metrics"
    assert pattern("/dashmetrics") == "/{path:path}"


@pytest.mark.parametrize("path", ["/_dash-ws-callback", "/", "/live/", "/metrics", "/nowhere"])
def test_a_socket_has_one_door(path: str) -> None:
    assert door_of({"type": "websocket", "path": path}) is None
    assert door_of({"type": "websocket", "path": "/live"}) is not None


@pytest.mark.parametrize("value", [True, 1, "INTERNAL", object(), None, {}])
def test_nothing_but_the_marker_makes_a_request_the_processes_own(value: object) -> None:
    assert not is_internal({INTERNAL_KEY: value})


@pytest.mark.parametrize(
    "path", ["/metrics\n", "/metrics\0", "/api/page/x\n", "/assets/\x7f", "/a\\b", "/assets/../x"]
)
def test_a_path_that_no_address_has_is_refused_before_it_is_routed(path: str) -> None:
    async def app(*_: object) -> None:
        raise AssertionError

    answer = TestClient(KnownDoors(app)).get(f"/{quote(path[1:], safe='')}")
    assert (answer.status_code, answer.text) == (400, "Bad request")
