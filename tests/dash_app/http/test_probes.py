"""The probes: the process serves; it has values, they are not late, and new ones can be stored."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.routing import Router
from starlette.testclient import TestClient

from dash_app.http.probes import probe_routes
from dash_app.server import create_server
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import wall_clock
from engine.model.setting_table.loading import load_settings
from engine.runs.health.readiness import ReadinessCheck
from engine.store.freshness.unstored import UnstoredFailures
from tests.dash_app.given import FakeRunner, database, fill_cache

HERE, AWAY = ("127.0.0.1", 5000), ("192.0.2.7", 5000)
ADDRESS = "http://127.0.0.1:8050"
NO_VALUES = [f"none of the {len(catalogue())} datasets has a value yet"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """A server whose runs store nothing, so that it never gets ready."""
    folder: Path = tmp_path_factory.mktemp("probes")
    db = database(folder)
    runner = FakeRunner(db)
    runner.goes_on.clear()
    settings = load_settings({"DASHBOARD_DB": str(db)}, folder / "no.env")
    server = create_server(settings, runner=runner)  # type: ignore[arg-type]
    with TestClient(server):
        yield server
        runner.goes_on.set()


@pytest.mark.parametrize("path", ["/healthz", "/health"])
def test_the_process_serves(server: FastAPI, path: str) -> None:
    answer = TestClient(server, ADDRESS).get(path)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["cache-control"] == "no-store"


def test_a_probe_says_why_it_is_not_ready_to_who_may_know(server: FastAPI) -> None:
    answer = TestClient(server, ADDRESS, client=HERE).get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "reasons": NO_VALUES}


@pytest.mark.parametrize(
    ("address", "client"),
    [(ADDRESS, AWAY), ("http://rebound.example", HERE), (ADDRESS, ("testclient", 1)), (ADDRESS, ("::2", 1))],
)
def test_others_get_the_status_alone_whatever_host_they_name(
    server: FastAPI, address: str, client: tuple[str, int]
) -> None:
    answer = TestClient(server, address, client=client).get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "not ready"})


@pytest.mark.parametrize("path", ["/healthz", "/health", "/readyz"])
def test_a_head_request_gets_the_same_status(server: FastAPI, path: str) -> None:
    client = TestClient(server, ADDRESS, client=HERE)
    head, get = client.head(path), client.get(path)
    assert head.status_code == get.status_code
    assert head.headers["content-type"] == "application/json"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_probe_takes_nothing_but_get_and_head(server: FastAPI, path: str) -> None:
    headers = {"Origin": ADDRESS, "Content-Type": "application/json"}
    assert TestClient(server, ADDRESS).post(path, headers=headers).status_code in (403, 405)


def test_it_is_ready_with_values_and_who_may_know_the_reasons_is_asked_each_time(tmp_path: Path) -> None:
    db = database(tmp_path)
    settings = load_settings({"DASHBOARD_DB": str(db)}, tmp_path / "no.env")
    asked: list[str] = []

    def may_see(request: Request) -> bool:
        asked.append(request.headers["authorization"])
        return request.headers["authorization"] == "yes"

    def client() -> TestClient:
        check = ReadinessCheck(settings, UnstoredFailures())
        return TestClient(Router(probe_routes(check, may_see)), client=AWAY)

    for name, seen in (("yes", {"reasons": NO_VALUES}), ("no", {})):
        answer = client().get("/readyz", headers={"Authorization": name})
        assert (answer.status_code, answer.json()) == (503, {"status": "not ready", **seen})
    fill_cache(db, wall_clock() - timedelta(seconds=5))
    answer = client().get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})
    assert asked == ["yes", "no"]
