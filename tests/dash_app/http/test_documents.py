"""The document of a page brings along what Dash would ask for next, and nothing older than the cache."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from dash_app.server import create_server
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import wall_clock
from engine.model.setting_table.loading import load_settings
from engine.model.settings import Settings
from engine.store.writes import set_entry
from tests.dash_app.clients import page_client
from tests.dash_app.given import database, fill_cache
from tests.dash_app.test_chart_text import with_hostile_texts

KEY = "pipeline/excluded_sites_count"
TABLE = "error_breakdown"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = load_settings({"DASHBOARD_DB": str(database(tmp_path))}, tmp_path / "no.env")
    fill_cache(settings.db, wall_clock())
    return settings


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with page_client(create_server(settings)) as client:
        yield client


def inline(document: str, name: str) -> str:
    found = re.search(f'<script id="first-{name}" type="application/json">(.*?)</script>', document, re.S)
    assert found is not None
    return found[1]


def found_in(layout: Any, element_id: str) -> Any:
    """Return the properties of a component of a layout; None if it is not there."""
    if isinstance(layout, list):
        return next((one for part in layout if (one := found_in(part, element_id)) is not None), None)
    if not isinstance(layout, dict):
        return None
    props = layout.get("props", {})
    return props if props.get("id") == element_id else found_in(props.get("children"), element_id)


def test_a_document_has_its_page_with_values_and_the_callbacks(client: TestClient) -> None:
    document = client.get("/llm?range=7d").text
    assert json.loads(inline(document, "dependencies")) == client.get("/_dash-dependencies").json()
    layout = json.loads(inline(document, "layout"))
    assert found_in(layout, "_pages_location")["pathname"] == "@pathname"
    assert found_in(layout, "_pages_store")["data"] == {"title": "LLM cost · Dashboard"}
    shown = document.partition('<div id="first-page">')[2].partition("<footer hidden>")[0]
    assert '<h1 id="page-title" tabindex="-1">LLM cost</h1>' in shown
    assert 'id="llm-chart-daily_costs-content"' in shown
    chart = found_in(layout, "llm-chart-daily_costs-content")
    assert json.loads(chart["data-figure"])["layout"]
    assert "fresh" in found_in(layout, "cache-state")["data-content"]


def test_nothing_in_a_document_ends_its_json(client: TestClient, settings: Settings) -> None:
    columns = with_hostile_texts(TABLE)
    set_entry(settings.db, catalogue()[TABLE].key, columns, 15, wall_clock())
    document = client.get("/errors").text
    assert "<" not in inline(document, "layout")
    assert '<a href="https://example.org/">' not in document
    assert "&lt;a href=" in document, "the page shows the text"


def test_a_document_is_made_again_for_a_new_value(client: TestClient, settings: Settings) -> None:
    for count in (4711, 4712):
        set_entry(settings.db, KEY, {"excluded_sites": [count]}, 15, wall_clock())
        assert f"{count:,}" in client.get("/pipeline").text
        packed = client.get("/pipeline", headers={"Accept-Encoding": "gzip"})
        assert packed.headers["content-encoding"] == "gzip"
        assert f"{count:,}" in packed.text


def test_an_unknown_page_brings_the_page_that_says_so(client: TestClient) -> None:
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert found_in(json.loads(inline(answer.text, "layout")), "missing-cards") is not None
