"""Under a base path every address works, whether the proxy passes the path on or takes it off."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dash_app.http.middleware.base_path import require_free_base_path
from dash_app.pages import PAGES, Page
from dash_app.server import create_server
from engine.model.errors import SettingError
from engine.model.setting_table.loading import load_settings
from tests.dash_app.clients import page_client
from tests.dash_app.given import database

BASE = "/dashboard"
KEPT, TAKEN_OFF = BASE, ""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder: Path = tmp_path_factory.mktemp("base_path")
    environ = {"DASHBOARD_DB": str(database(folder)), "DASHBOARD_BASE_PATH": BASE}
    server = create_server(load_settings(environ, folder / "no.env"))
    with page_client(server) as client:
        client.follow_redirects = False
        yield client


@pytest.fixture(params=[KEPT, TAKEN_OFF], ids=["kept", "taken off"])
def prefix(request: pytest.FixtureRequest) -> str:
    """Return what the paths of requests begin with when they arrive."""
    return str(request.param)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_no_address_outside_the_base_path(client: TestClient, prefix: str, page: Page) -> None:
    answer = client.get(prefix + page.path)
    assert answer.status_code == 200
    addresses = re.findall(r'(?:src|href)="([^"#][^"]*)"', answer.text)
    assert len(addresses) > 5
    for address in addresses:
        assert address.startswith(f"{BASE}/"), address
    assert f'<meta name="base-path" content="{BASE}">' in answer.text


def test_the_scripts_and_styles_that_a_page_names_are_there(client: TestClient, prefix: str) -> None:
    for address in re.findall(r'(?:src|href)="([^"#][^"]*)"', client.get(f"{prefix}/").text):
        answer = client.get(prefix + address.removeprefix(BASE))
        assert answer.status_code == 200, address
        assert len(answer.content) > 100


def test_the_renderer_asks_below_the_base_path(client: TestClient, prefix: str) -> None:
    text = client.get(f"{prefix}/").text
    config = re.search(r'<script id="_dash-config"[^>]*>(.*?)</script>', text)
    assert config is not None
    assert json.loads(config[1])["requests_pathname_prefix"] == f"{BASE}/"
    links = set(re.findall(r'<a class="nav-link[^"]*" href="([^"]+)"', text))
    assert links == {BASE + page.path for page in PAGES}


def test_api_status_and_probes_answer(client: TestClient, prefix: str) -> None:
    for path in ("/api/pages", "/api/openapi.json", "/state", "/metrics", "/health", "/_dash-dependencies"):
        assert client.get(prefix + path).status_code == 200, path


def test_the_socket_is_there(client: TestClient, prefix: str) -> None:
    with client.websocket_connect(f"ws://localhost{prefix}/live") as socket:
        assert "version" in socket.receive_text()


def test_a_callback_answers(client: TestClient, prefix: str) -> None:
    dependencies = client.get(f"{prefix}/_dash-dependencies").json()
    routing = next(row for row in dependencies if row["inputs"][0]["id"] == "_pages_location")
    outputs = re.findall(r"(_pages_\w+)\.(\w+)", routing["output"])
    values = {"pathname": f"{BASE}/jobs", "search": ""}
    answer = client.post(
        f"{prefix}/_dash-update-component",
        json={
            "output": routing["output"],
            "outputs": [{"id": id_, "property": name} for id_, name in outputs],
            "inputs": [{**row, "value": values[row["property"]]} for row in routing["inputs"]],
            "state": [{**row, "value": None} for row in routing["state"]],
            "changedPropIds": ["_pages_location.pathname"],
        },
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert answer.status_code == 200
    assert '"data-page":"cron"' in answer.text


def test_a_redirect_leads_below_the_base_path(client: TestClient, prefix: str) -> None:
    answer = client.get(f"{prefix}/cron")
    assert (answer.status_code, answer.headers["location"]) == (308, f"{BASE}/jobs")


def test_the_base_path_alone_leads_to_the_first_page(client: TestClient) -> None:
    answer = client.get(f"{BASE}?x=1")
    assert (answer.status_code, answer.headers["location"]) == (308, f"{BASE}/?x=1")


@pytest.mark.parametrize("path", ["/dashboards/api/pages", "/dashboard-api/pages", "//dashboard/metrics"])
def test_what_only_begins_like_the_base_path_is_not_below_it(client: TestClient, path: str) -> None:
    answer = client.get(f"http://127.0.0.1:8050{path}")
    assert not answer.text.startswith(('{"pages"', "# HELP"))


def test_the_base_path_is_taken_off_once(client: TestClient) -> None:
    assert not client.get(f"{BASE}{BASE}/metrics").text.startswith("# HELP")


@pytest.mark.parametrize("path", ["/jobs", "/api", "/api/dashboard", "/assets/x", "/_dash-layout", "/live"])
def test_an_address_of_the_dashboards_own_is_refused_as_base_path(path: str) -> None:
    with pytest.raises(
        SettingError, match="DASHBOARD_BASE_PATH: the dashboard has addresses of its own below"
    ):
        require_free_base_path(path)
    require_free_base_path("")
    require_free_base_path("/dashboard")
