"""Thousands of categories: payloads, pages and legends stay small, sums are those of all rows."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from dash_app.card_frames import content_output
from dash_app.pages import CHART, PAGES, TABLE
from dash_app.server import create_server
from engine.model.catalogue.datasets import catalogue, dataset_by_key
from engine.model.catalogue.page_parts import is_other
from engine.model.clock import to_sqlite
from engine.model.colours import FIXED
from engine.runs import Runner
from tests.dash_app.clients import page_client
from tests.dash_app.test_callbacks import Browser
from tests.engine.source_database import NOW, execute_script, make_source, query, run_request, settings_of

MANY, MODELS = 1500, 750
SERIES = 10
"""Eight names, the rest, and what is unreadable."""

FILL = f"""
create temp table n as
with recursive numbers(i) as (select 0 union all select i + 1 from numbers where i < {2 * MANY - 1})
select i, datetime('{to_sqlite(NOW)}', '-' || (i % 2000) || ' minutes') as at from numbers;
insert into llm_usage (stage, provider, model, prompt_tokens, completion_tokens, estimated_cost, created_at)
select 'stage of customer ' || (i % {MANY}), 'provider ' || (i % {MODELS}), 'model ' || (i % {MODELS}),
    100, 20, 0.01 * (i % 7 + 1), at from n;
insert into sites (domain, status, country_code)
select i || '.com', 'status ' || i, 'country ' || i from n where i < {MANY};
insert into site_status (site_id, status, created_at)
select i + 1, 'status ' || i, at from n where i < {MANY};
insert into outreaches (site_id, contact_method, status, sent_at)
select i % {MANY} + 1, 'channel ' || (i % {MANY}), 'sent', at from n;
insert into conversations (outreach_id, direction, channel, received_at)
select i + 1, 'inbound', 'channel', at from n where i % 5 = 0;
insert into cron_jobs (name, task_key, interval_value, interval_unit)
select 'Job ' || i, 'job' || i, 10, 'minutes' from n where i < {MANY};
insert into cron_job_logs (job_name, status, started_at, finished_at)
select 'job' || (i % {MANY}), case when i % 17 then 'success' else 'failed' end, at, at from n;
insert into http_errors (site_id, status_code, occurred_at) select 1, 400 + i % {MANY}, at from n;
"""

STORED_NAMES = "select category, name from dashboard_colours"


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a source with thousands of everything, its cache filled by a run of all."""
    db = make_source(tmp_path_factory.mktemp("many") / "sites.db")
    execute_script(db, FILL)
    runner = Runner(settings_of(db))
    try:
        runner.run(run_request())
    finally:
        runner.close()
    # The values are good for as long as the tests last.
    execute_script(db, "update dashboard_cache set expires_at = '2999-01-01 00:00:00'")
    return db


@pytest.fixture(scope="module")
def client(db: Path) -> Iterator[TestClient]:
    yield page_client(create_server(settings_of(db)))


def values_of_page(client: TestClient, page: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/api/page/{page}").json()["datasets"]
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_answer_of_a_page_is_small(client: TestClient, page: Any) -> None:
    assert len(client.get(f"/api/page/{page.name}").content) < 60_000


GROUPED = [dataset for dataset in catalogue().values() if dataset.page_groups is not None]


@pytest.mark.parametrize("dataset", GROUPED, ids=lambda dataset: dataset.name)
def test_the_small_value_has_the_sums_of_the_whole(client: TestClient, dataset: Any) -> None:
    whole = client.get(f"/api/dataset/{dataset.key}").json()
    (shown,) = [
        values[dataset.key]
        for page in PAGES
        if dataset.name in page.datasets
        for values in [values_of_page(client, page.name)]
    ][:1]
    by, keep = dataset.page_groups.by, dataset.page_groups.keep
    names = set(shown["value"][by])
    assert len(names) == keep + 1
    (rest,) = [name for name in names if is_other(name)]
    assert rest == f"other ({len(set(whole['value'][by])) - keep})"
    assert (whole["part"], shown["part"]) == ("whole", "page")
    assert whole["rows"] == shown["rows"] == len(whole["value"][by])
    rates = {rate.column for rate in dataset.page_groups.rates}
    for column in dataset.columns:
        if column.type in ("integer", "number") and column.name not in rates:
            sums = [math.fsum(value["value"][column.name]) for value in (whole, shown)]
            assert sums[0] == pytest.approx(sums[1], rel=1e-14)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if not page.has_system_cards], ids=lambda page: page.name
)
def test_what_a_browser_is_sent_of_a_page_is_small(client: TestClient, page: Any) -> None:
    answer = Browser(client).read(page)
    assert len(json.dumps(answer)) < 400_000
    for card in page.cards:
        element, property_name = content_output(page, card)
        content = answer[element]
        if card.kind == CHART:
            figure = json.loads(content[property_name])
            named = [trace for trace in figure["data"] if trace.get("showlegend", True) and trace.get("name")]
            assert len(named) <= SERIES
            for trace in figure["data"]:
                if trace.get("orientation") == "h":
                    labels = list(figure["layout"]["yaxis"].get("categoryarray", trace["y"]))
                    assert len(labels) == len(set(labels)) <= 24
        elif card.kind == TABLE:
            assert 0 < content[property_name].count('["tr",') <= 51


def test_a_table_turns_to_its_last_rows(client: TestClient) -> None:
    page = next(page for page in PAGES if page.name == "cron")
    card = next(card for card in page.cards if card.dataset == "cron_job_summary" and card.kind == TABLE)
    signal = {"windows": {card.name: {"first": MANY, "heading": "Job", "descending": False}}}
    content = Browser(client).read(page, signal=signal)[page.id("content", card)]
    sent = json.dumps(content, ensure_ascii=False)
    # With the dashboard's own job, which is the first by name.
    assert f"{MANY + 1:,}–{MANY + 1:,} of {MANY + 1:,}" in sent
    assert "Job 999" in sent


def test_only_names_that_pages_show_have_got_a_place(db: Path, client: TestClient) -> None:
    shown: dict[str, set[str]] = {}
    for page in PAGES:
        for key, found in values_of_page(client, page.name).items():
            for column in dataset_by_key()[key].columns:
                if column.category is not None:
                    shown.setdefault(column.category, set()).update(filter(None, found["value"][column.name]))
    expected = {
        (category, name)
        for category, names in shown.items()
        for name in names
        if not is_other(name) and name not in FIXED[category]
    }
    stored = {(str(category), str(name)) for category, name in query(db, STORED_NAMES)}
    assert stored == expected
    # Of thousands, the largest eight of a dataset.
    assert len({name for category, name in stored if category == "model"}) == 8
