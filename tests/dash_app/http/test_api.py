"""The API: values with their times and states as JSON, made once for all who ask."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from httpx import Response
from pydantic import BaseModel
from starlette.testclient import TestClient

from dash_app.http.api_models import (
    DatasetAnswer,
    DatasetInfo,
    ErrorAnswer,
    PageAnswer,
    PageInfo,
    PagesAnswer,
)
from dash_app.http.attention_models import AttentionAnswer, AttentionLine
from dash_app.http.row_models import row_paths
from dash_app.http.search_models import search_paths
from dash_app.pages import PAGES
from dash_app.server import create_server
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import to_iso, wall_clock
from engine.model.settings import Settings
from engine.model.values.payload import count_entries
from engine.runs import Trigger
from engine.sessions import limits
from engine.store import read_entries
from engine.store.writes import set_entry
from tests.dash_app.clients import page_client
from tests.dash_app.given import FakeRunner, fill_cache, values_of
from tests.dash_app.http.real_server import wait_for
from tests.engine.source_database import execute, query

EXCLUDED, FUNNEL = "pipeline/excluded_sites_count", "pipeline/pipeline_funnel"
DATASET, PAGE, ALL = f"/api/dataset/{EXCLUDED}", "/api/page/pipeline", "/api/pages"
PIPELINE = next(page for page in PAGES if page.name == "pipeline")
NOW = wall_clock()
LIFETIME_MINUTES = 24 * 60


@pytest.fixture
def client(settings: Settings, runner: FakeRunner) -> Iterator[TestClient]:
    """A server with a full cache, whose runs go on only when they are let."""
    fill_cache(settings.db, NOW, LIFETIME_MINUTES)
    runner.goes_on.clear()
    yield page_client(create_server(settings))
    runner.goes_on.set()


def etag(client: TestClient, path: str) -> str:
    return str(client.get(path).headers["etag"])


def has_exactly(told: Any, model: type[BaseModel]) -> bool:
    return set(told) == set(model.model_fields)


def test_all_pages_are_told_with_the_keys_they_show(client: TestClient) -> None:
    answer = client.get(ALL)
    PagesAnswer.model_validate_json(answer.content)
    told = answer.json()["pages"]
    assert all(has_exactly(page, PageInfo) for page in told)
    assert [(page["page"], page["path"], page["title"]) for page in told] == [
        (page.name, page.path, page.title) for page in PAGES
    ]
    assert [page["datasets"] for page in told] == [
        [catalogue()[name].key for name in page.datasets] for page in PAGES
    ]


def test_what_needs_attention_is_answered_with_the_pages_that_open_its_rows(client: TestClient) -> None:
    answer = client.get("/api/attention")
    AttentionAnswer.model_validate_json(answer.content)
    told = answer.json()
    assert has_exactly(told, AttentionAnswer)
    assert all(has_exactly(line, AttentionLine) for line in told["lines"])
    assert 0 < len(told["lines"]) <= 7
    assert answer.headers["cache-control"] == "no-store"
    opening = [line for line in told["lines"] if line["rows"] is not None]
    assert opening
    assert {urlsplit(line["path"]).path for line in told["lines"]} <= {page.path for page in PAGES}
    assert all("?rows=" in line["path"] for line in opening)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_told_with_the_values_of_its_datasets(client: TestClient, page: Any) -> None:
    answer = client.get(f"/api/page/{page.name}")
    PageAnswer.model_validate_json(answer.content)
    told = answer.json()
    assert has_exactly(told, PageAnswer)
    assert all(has_exactly(dataset, DatasetInfo) for dataset in told["datasets"].values())
    assert {key: dataset["value"] for key, dataset in told["datasets"].items()} == {
        catalogue()[name].key: values_of(name) for name in page.datasets
    }
    assert told["trouble"] is None


@pytest.mark.parametrize("dataset", catalogue().values(), ids=lambda dataset: dataset.name)
def test_a_dataset_is_told_with_its_times_its_state_and_its_columns(client: TestClient, dataset: Any) -> None:
    answer = client.get(f"/api/dataset/{dataset.key}")
    DatasetAnswer.model_validate_json(answer.content)
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "trouble": None,
        "key": dataset.key,
        "title": dataset.title,
        "row": dataset.row,
        "columns": {column.name: {"type": column.type, "unit": column.unit} for column in dataset.columns},
        "state": "fresh",
        "reason": None,
        "time_zone": None,
        "is_computing": False,
        "as_of": to_iso(NOW),
        "computed_at": to_iso(NOW),
        "expires_at": to_iso(NOW + timedelta(minutes=LIFETIME_MINUTES)),
        "problem": None,
        "rows": count_entries(values_of(dataset.name)),
        "part": "whole",
        "value": values_of(dataset.name),
        "previous": None,
    }


def test_a_value_comes_out_byte_for_byte_as_it_is_stored(client: TestClient, settings: Settings) -> None:
    spelling = b'{ "excluded_sites" :\n\t[ 15,\r\n null , 7 ] }'
    execute(
        settings.db,
        "update dashboard_cache set cache_value = ? where cache_key = ?",
        (zlib.compress(spelling), EXCLUDED),
    )
    for path in (DATASET, PAGE):
        assert b'"value":' + spelling + b"}" in client.get(path).content
    assert client.get(DATASET).json()["value"] == {"excluded_sites": [15, None, 7]}


@pytest.mark.parametrize("path", [ALL, PAGE, DATASET])
def test_an_answer_that_is_held_already_is_not_sent_again(client: TestClient, path: str) -> None:
    first = client.get(path)
    for held in (first.headers["etag"], f'"other", {first.headers["etag"]}', f"W/{first.headers['etag']}"):
        again = client.get(path, headers={"If-None-Match": held})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    assert first.headers["cache-control"] == "private, no-cache"


def raw(client: TestClient, path: str, accepted: str) -> tuple[str | None, bytes, Response]:
    """Return the encoding and the bytes of an answer as they are sent."""
    with client.stream("GET", path, headers={"Accept-Encoding": accepted}) as answer:
        return answer.headers.get("content-encoding"), b"".join(answer.iter_raw()), answer


@pytest.mark.parametrize("path", [ALL, PAGE, DATASET])
@pytest.mark.parametrize("accepted", ["deflate", "gzip, deflate, br", "br;q=0.1, Deflate;q=0.5"])
def test_who_takes_deflate_is_sent_the_same_compressed(client: TestClient, path: str, accepted: str) -> None:
    encoding, plain, first = raw(client, path, "identity")
    assert encoding is None
    encoding, packed, answer = raw(client, path, accepted)
    assert encoding == "deflate"
    assert zlib.decompress(packed) == plain
    assert json.loads(plain)
    assert answer.headers["etag"] == first.headers["etag"]
    assert "Accept-Encoding" in answer.headers["vary"]


@pytest.mark.parametrize("accepted", ["", "identity", "deflate;q=0", "gzip;q=0, deflate; q=0.0"])
def test_who_does_not_take_it_is_sent_it_plain(client: TestClient, accepted: str) -> None:
    encoding, plain, _ = raw(client, PAGE, accepted)
    assert encoding is None
    assert json.loads(plain)["page"] == "pipeline"


def test_the_tag_is_the_same_for_as_long_as_there_is_nothing_new(
    client: TestClient, settings: Settings
) -> None:
    before = etag(client, PAGE)
    execute(settings.db, "insert into sites (status) values ('found')")
    assert etag(client, PAGE) == before
    set_entry(settings.db, "llm/llm_usage_by_stage", values_of("llm_usage_by_stage"), 60, NOW)
    assert etag(client, PAGE) == before
    set_entry(settings.db, EXCLUDED, values_of("excluded_sites_count"), LIFETIME_MINUTES, NOW)
    assert etag(client, PAGE) == before


NEW_VALUE = zlib.compress(b'{"excluded_sites":[987]}')
UPDATE = "update dashboard_cache set {column} where cache_key = ?"
CHANGES = {
    "a new value": UPDATE.format(column=f"cache_value = x'{NEW_VALUE.hex()}'"),
    "the same value computed again": UPDATE.format(column="created_at = datetime(created_at, '+1 hour')"),
    "another lifetime": UPDATE.format(column="expires_at = datetime(expires_at, '+1 hour')"),
    "an expired value": UPDATE.format(column="expires_at = datetime(created_at, '-1 hour')"),
    "a damaged value": UPDATE.format(column="cache_value = x'00'"),
    "a missing value": "delete from dashboard_cache where cache_key = ?",
    "a problem": "insert into dashboard_problems values (?, 'failed', 'it broke', '2026-11-23 20:00:00')",
}


@pytest.mark.parametrize("path", [PAGE, DATASET])
@pytest.mark.parametrize("change", CHANGES)
def test_the_tag_changes_with_whatever_is_told(
    client: TestClient, settings: Settings, path: str, change: str
) -> None:
    before = client.get(path)
    execute(settings.db, CHANGES[change], (EXCLUDED,))
    if change == "a problem":
        # By hand it is no change of the cache; a run that stores one makes it so.
        execute(settings.db, "update dashboard_state set value = value + 1 where name = 'generation'")
    after = client.get(path, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert after.json() != before.json()
    model: type[BaseModel] = PageAnswer if path == PAGE else DatasetAnswer
    model.model_validate_json(after.content)


def test_what_is_missing_is_told_so_and_computed_meanwhile(
    client: TestClient, settings: Settings, runner: FakeRunner
) -> None:
    execute(settings.db, "delete from dashboard_cache")
    told = client.get(DATASET).json()
    assert (told["state"], told["value"], told["is_computing"]) == ("missing", None, True)
    assert (told["as_of"], told["computed_at"], told["expires_at"]) == (None, None, None)
    assert client.get(PAGE).json()["datasets"][FUNNEL]["state"] == "missing"
    runner.goes_on.set()
    while (told := client.get(PAGE).json()["datasets"])[FUNNEL]["state"] != "fresh":
        pass
    assert {name for _, names in runner.asked for name in names} == set(PIPELINE.datasets)
    assert {trigger for trigger, _ in runner.asked} == {Trigger.READ}


def test_what_is_expired_comes_with_its_value_and_is_computed_meanwhile(
    client: TestClient, settings: Settings, runner: FakeRunner
) -> None:
    set_entry(settings.db, EXCLUDED, {"excluded_sites": [3]}, 15, NOW - timedelta(hours=1))
    for _ in range(3):
        told = client.get(DATASET).json()
        assert (told["state"], told["value"], told["is_computing"]) == (
            "expired", {"excluded_sites": [3]}, True,
        )  # fmt: skip
    runner.goes_on.set()
    while client.get(DATASET).json()["state"] != "fresh":
        pass
    assert runner.asked == [(Trigger.READ, ("excluded_sites_count",))]


def test_a_problem_is_told_beside_the_last_good_value(client: TestClient, settings: Settings) -> None:
    execute(
        settings.db,
        "insert into dashboard_problems values (?, 'failed', 'it \"broke\"', '2026-11-23 20:00:00')",
        (EXCLUDED,),
    )
    told = client.get(DATASET).json()
    assert told["problem"] == {"kind": "failed", "reason": 'it "broke"', "at": "2026-11-23T20:00:00Z"}
    assert told["value"] == values_of("excluded_sites_count")


def test_without_the_source_the_last_good_values_are_told_with_the_reason(
    client: TestClient, settings: Settings
) -> None:
    before = client.get(PAGE)
    settings.db.rename(settings.db.with_name("away.db"))
    gone = client.get(PAGE)
    assert gone.status_code == 200
    PageAnswer.model_validate_json(gone.content)
    assert "sites.db: no such file" in gone.json()["trouble"]
    assert gone.json()["datasets"] == before.json()["datasets"]
    assert "sites.db: no such file" in client.get(DATASET).json()["trouble"]
    settings.db.with_name("away.db").rename(settings.db)
    assert client.get(PAGE).content == before.content


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/api/page/pipelin", "pipelin: no such page; did you mean 'pipeline'?"),
        ("/api/dataset/pipeline/pipeline_funel", f"did you mean '{FUNNEL}'?"),
        ("/api/dataset/excluded_sites_count", f"did you mean '{EXCLUDED}'?"),
        ("/api/datasets/x", "/api/datasets/x: no such address; /api/openapi.json lists all"),
        ("/api/page/", "/api/page/: no such address; /api/openapi.json lists all"),
        ("/api/", "/api/: no such address; /api/openapi.json lists all"),
        ('/api/page/"><b>', '"><b>: no such page; valid names: cache, conversations'),
    ],
)
def test_what_is_not_there_is_404_with_the_nearest_name(client: TestClient, path: str, error: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"
    assert has_exactly(answer.json(), ErrorAnswer)
    assert error in answer.json()["error"]


def test_reads_are_counted_as_those_of_pages_are(client: TestClient, settings: Settings) -> None:
    for _ in range(3):
        client.get(DATASET)
    metrics = client.get("/metrics").text
    assert f'dashboard_reads_total{{key="{EXCLUDED}",outcome="memory",page="pipeline"}} 2.0' in metrics
    assert query(settings.db, "select count(*) from dashboard_cache_reads") == [(0,)]


def test_the_openapi_document_describes_the_addresses(client: TestClient) -> None:
    answer = client.get("/api/openapi.json")
    document = answer.json()
    assert document["openapi"].startswith("3.")
    reading = ["/api/pages", "/api/page/{page}", "/api/dataset/{key}", "/api/attention"]
    refreshing = ["/api/refresh", "/api/refresh/{page}", "/api/refresh/dataset/{key}"]
    kept = ["/api/receipt/{key}", "/export/{key}.csv"]
    assert list(document["paths"]) == [*reading, *kept, *refreshing, *row_paths(), *search_paths()]
    schemas = document["components"]["schemas"]
    models: tuple[type[BaseModel], ...] = (PagesAnswer, PageAnswer, DatasetAnswer, AttentionAnswer)
    for path, model in zip(reading, models, strict=True):
        responses = document["paths"][path]["get"]["responses"]
        schema = responses["200"]["content"]["application/json"]["schema"]["$ref"]
        assert schema == f"#/components/schemas/{model.__name__}"
        assert set(schemas[model.__name__]["properties"]) == set(model.model_fields)
        assert ("304" in responses) == (path != "/api/attention")
    for path in ("/api/page/{page}", "/api/dataset/{key}"):
        assert "404" in document["paths"][path]["get"]["responses"]


def test_every_time_is_told_with_its_zone(client: TestClient) -> None:
    told = client.get(DATASET).json()
    for name in ("as_of", "computed_at", "expires_at"):
        assert datetime.fromisoformat(told[name]).utcoffset() == timedelta(0)


COSTS = "llm/llm_daily_costs_30d"


def test_a_selection_is_computed_when_it_is_asked_for(
    client: TestClient, runner: FakeRunner, settings: Settings
) -> None:
    path = f"/api/dataset/{COSTS}?compare=1&range=7d&filter=model:gpt+4"
    asked = client.get(path).json()
    assert asked["key"] == f"{COSTS}?range=7d&filter=model:gpt%204&compare=1"
    assert (asked["state"], asked["is_computing"], asked["value"]) == ("missing", True, None)
    assert asked["title"] == "LLM calls and cost by day, 7 days"
    runner.goes_on.set()
    wait_for(lambda: client.get(path).json()["state"] == "fresh")
    answer = client.get(path)
    DatasetAnswer.model_validate_json(answer.content)
    told = answer.json()
    assert told["value"] == values_of("llm_daily_costs_30d")
    before = read_entries(settings.db, [f"{told['key']}&period=previous"], wall_clock())
    assert [entry.value for entry in before.values()] == [values_of("llm_daily_costs_30d")]


def test_the_period_before_is_told_if_both_are_of_one_run(client: TestClient, settings: Settings) -> None:
    key = f"{COSTS}?compare=1"
    for period, at in (("", NOW), ("&period=previous", NOW)):
        set_entry(settings.db, f"{key}{period}", values_of("llm_daily_costs_30d"), LIFETIME_MINUTES, at)
    path = f"/api/dataset/{COSTS}?range=30d&compare=1"
    assert client.get(path).json()["previous"] == values_of("llm_daily_costs_30d")
    later = NOW + timedelta(seconds=1)
    set_entry(settings.db, key, values_of("llm_daily_costs_30d"), LIFETIME_MINUTES, later)
    assert client.get(path).json()["previous"] is None


def test_the_range_of_its_name_is_the_dataset_itself(client: TestClient) -> None:
    assert (
        client.get(f"/api/dataset/{COSTS}?range=30d").content == client.get(f"/api/dataset/{COSTS}").content
    )


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (f"{FUNNEL}?range=7d", "takes no range"),
        (f"{COSTS}?range=8d", "no such range"),
        (f"{COSTS}?range=2026-01-01..2999-01-01", "out of reach"),
        (
            f"{COSTS}?range={NOW + timedelta(days=3):%Y-%m-%d}..{NOW + timedelta(days=4):%Y-%m-%d}",
            "after today",
        ),
        (f"{COSTS}?filter=channel:email", "takes no such filter"),
        (f"{COSTS}?days=7", "no such parameter"),
        ("overview/hourly_throughput_48h?range=30d", "at most 14 days"),
    ],
)
def test_what_a_dataset_does_not_take_is_said_in_a_sentence(
    client: TestClient, asked: str, said: str
) -> None:
    answer = client.get(f"/api/dataset/{asked}")
    assert answer.status_code == 400
    assert said in ErrorAnswer.model_validate_json(answer.content).error


def test_a_session_gets_so_many_new_selections_an_hour(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_SELECTIONS", 2)
    told = [client.get(f"/api/dataset/{COSTS}?range={range_}") for range_ in ("24h", "7d", "90d", "24h")]
    assert [answer.status_code for answer in told] == [200, 200, 429, 200]
    assert int(told[2].headers["retry-after"]) > 3500
    assert client.get(f"/api/dataset/{COSTS}").status_code == 200
