"""No key and no value of one source is ever shown in another, whatever is asked and in whatever order."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from dash_app.pages import PAGES
from engine import get_from_cache
from engine.model.catalogue.datasets import catalogue
from engine.model.errors import SettingError
from tests.dash_app.sources.given import MARKS, NORTH, SOUTH

KEYS = sorted(dataset.key for dataset in catalogue().values())
ROWS = ("llm/llm_usage_by_stage", "llm/llm_cost_by_model_30d", "llm/llm_daily_costs_30d")
"""Datasets whose calls have rows; the model of each row is marked."""


def addresses() -> list[str]:
    """Return addresses of everything that one source shows, below its name."""
    rows = [f"/api/rows{ending}?key={key}&column=calls" for key in ROWS for ending in ("", ".csv")]
    return [
        *(page.path for page in PAGES),
        *(f"{page.path}?range=7d&compare=1" for page in PAGES),
        *(f"/api/page/{page.name}" for page in PAGES),
        *(f"/api/dataset/{key}" for key in KEYS),
        *(f"/export/{key}.csv" for key in KEYS),
        *(f"/api/receipt/{key}" for key in KEYS[::4]),
        "/api/dataset/llm/llm_daily_costs_30d?range=7d",
        "/api/pages", "/api/attention", "/state", "/metrics", "/readyz", "/site/1", "/site/2",
        # Both have what is searched for, under their own marks.
        "/api/search?q=mail", "/api/search?q=claude", "/api/search?q=example",
        *rows,
    ]  # fmt: skip


def shown_at(client: TestClient, source: str, address: str) -> str:
    answer = client.get(f"/{source}{address}")
    assert answer.status_code < 500, (address, answer.text)
    text: str = answer.text
    return text + json.dumps(dict(answer.headers))


@pytest.mark.parametrize("source", [NORTH, SOUTH])
def test_nothing_that_a_source_shows_has_the_mark_of_the_other(several: TestClient, source: str) -> None:
    other = MARKS[SOUTH if source == NORTH else NORTH]
    marked = set()
    for address in addresses():
        text = shown_at(several, source, address)
        assert other not in text, address
        if MARKS[source] in text:
            marked.add(address.split("/")[1].partition("?")[0])
    # The marks are there to be found: on pages, in the API and in files.
    assert {"api", "export", "llm", "jobs", "errors"} <= marked


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    asked=st.lists(
        st.tuples(st.sampled_from([NORTH, SOUTH]), st.sampled_from(addresses())), min_size=2, max_size=8
    )
)
def test_in_any_order_each_request_is_answered_of_its_own_source(
    several: TestClient, asked: list[tuple[str, str]]
) -> None:
    for source, address in asked:
        assert MARKS[SOUTH if source == NORTH else NORTH] not in shown_at(several, source, address)


def test_search_and_rows_follow_from_source_to_source(several: TestClient) -> None:
    for source in (NORTH, SOUTH, NORTH, SOUTH):
        for address in ("/api/search?q=claude", f"/api/rows?key={ROWS[0]}&column=calls"):
            answer = several.get(f"/{source}{address}")
            assert answer.status_code == 200, answer.text
            assert MARKS[source] in answer.text


def test_a_filter_by_a_value_of_the_other_source_has_no_rows(several: TestClient) -> None:
    models = several.get("/north/api/dataset/llm/llm_cost_by_model_30d").json()
    model = next(name for name in models["value"]["model"] if name.startswith(MARKS[NORTH]))
    address = "/south/api/dataset/llm/llm_daily_costs_30d"
    answer = several.get(address, params={"filter": f"model:{model}"})
    assert answer.status_code in (200, 202, 404, 503)
    assert not any((answer.json().get("value") or {}).get("calls") or [])


def test_the_totals_are_sums_and_the_page_has_both(several: TestClient) -> None:
    body = several.get("/api/sources").json()
    north, south = body["sources"]
    assert [north["name"], south["name"]] == [NORTH, SOUTH]
    assert north["llm_cost_usd_7d"] != south["llm_cost_usd_7d"]
    for name in ("outreaches_sent_7d", "replies_7d", "llm_cost_usd_7d", "critical", "warning"):
        assert body["totals"][name] == {"value": north[name] + south[name], "sources": 2}
    assert not any("rate" in name or "per" in name for name in body["totals"])


def test_files_and_titles_begin_with_the_source(several: TestClient) -> None:
    answer = several.get("/south/export/llm/llm_daily_costs_30d.csv")
    assert 'filename="south_llm_daily_costs_30d' in answer.headers["content-disposition"]
    assert "LLM cost · south · Dashboard" in several.get("/south/llm").text


def test_a_bookmark_without_a_source_leads_to_all_of_them(several: TestClient) -> None:
    answer = several.get("/llm?range=7d", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "/")
    assert several.get("/nothing").status_code == 404
    assert several.get("/south/nothing").status_code == 404


def test_the_functions_for_programs_take_the_name_of_a_source(
    several: TestClient, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASHBOARD_SOURCES", ",".join(f"{name}={file}" for name, file in files.items()))
    with pytest.raises(SettingError, match="source: there are several; give source='north' or 'south'"):
        get_from_cache("llm/llm_cost_by_model_30d")
    for source in (NORTH, SOUTH):
        models = get_from_cache("llm/llm_cost_by_model_30d", source=source)["model"]
        assert models
        assert all(name.startswith(MARKS[source]) for name in models)


def test_the_api_of_a_source_has_two_addresses(several: TestClient) -> None:
    one, other = (several.get(path).json() for path in ("/api/north/pages", "/north/api/pages"))
    assert one == other


def test_the_metrics_of_all_have_the_source_as_a_label(several: TestClient) -> None:
    text = several.get("/metrics").text
    assert 'dashboard_source_readable{source="north"} 1.0' in text
    assert 'dashboard_source_readable{source="south"} 1.0' in text
    assert text.count("# TYPE dashboard_source_readable ") == 1
