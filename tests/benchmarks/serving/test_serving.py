"""The case of serving from end to end: the dashboard and its baseline over one small database."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.command import main
from benchmarks.serving.case import ServingPlan, measure_serving
from benchmarks.serving.dash_requests import page_requests
from benchmarks.serving.flask_caching_app import cards_of
from benchmarks.serving.http_client import connect
from benchmarks.serving.http_load import Page
from benchmarks.serving.live_pages import clear_page, compute_everything
from benchmarks.serving.processor import processor_seconds
from benchmarks.serving.served import Served, environment_of, free_port, served
from benchmarks.serving.web_apps import (
    PAGES,
    baseline_pages,
    baseline_server,
    baseline_views,
    dashboard_pages,
    dashboard_server,
    dashboard_views,
    require_baseline,
)
from benchmarks.workspace import Database, Size, database
from dash_app.pages import PAGES as DASHBOARD_PAGES
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import wall_clock
from engine.model.errors import ComputeError
from engine.store import cache_state, list_entries

CALLBACKS: list[dict[str, Any]] = [
    {
        "output": "..a.children...b.figure@1f..",
        "inputs": [{"id": "one-signal", "property": "data"}],
        "state": [{"id": "one-shown", "property": "data"}],
        "clientside_function": None,
    },
    {
        "output": "c.children",
        "inputs": [{"id": "two-signal", "property": "data"}, {"id": "one-signal", "property": "data"}],
        "state": [],
        "clientside_function": None,
    },
    {
        "output": "d.children",
        "inputs": [{"id": "one-signal", "property": "data"}],
        "state": [],
        "clientside_function": {"namespace": "x", "function_name": "y"},
    },
]


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> Database:
    made = database(tmp_path_factory.mktemp("serving"), Size(0.005, 40, 1), lambda _, __: None)
    compute_everything(made)
    return made


@pytest.fixture(scope="module")
def baseline(computed: Database) -> Iterator[Served]:
    with baseline_server(computed) as server:
        yield server


def answers(server: Served, pages: tuple[Page, ...]) -> list[list[dict[str, Any]]]:
    return [[json.loads(body)["response"] for body in page] for page in bodies(server, pages)]


def bodies(server: Served, pages: tuple[Page, ...]) -> list[list[bytes]]:
    async def ask() -> list[list[bytes]]:
        connection = await connect(server.port)
        asked = [
            [await connection.ask(request.replace(b"gzip, deflate, br", b"identity")) for request in page]
            for page in pages
        ]
        connection.close()
        assert {answer.status for page in asked for answer in page} == {200}
        return [[answer.body for answer in page] for page in asked]

    return asyncio.run(ask())


def filled(response: dict[str, Any], part: str) -> dict[str, Any]:
    """Return what a response puts into the contents of cards of one kind, by the id of the content.

    The dashboard sends figures and markup as text, of which the browser makes what React makes of children.
    """
    names = {part, "data-content" if part == "children" else f"data-{part}"}
    return {
        component: json.loads(content) if name.startswith("data-") else content
        for component, values in response.items()
        for name, content in values.items()
        if component.endswith("-content") and name in names
    }


def test_both_apps_answer_what_a_browser_asks_for_with_every_card_of_a_page(
    computed: Database, baseline: Served
) -> None:
    with dashboard_server(computed) as product:
        own = [page[0] for page in answers(product, dashboard_pages(product))]
    others = [
        {name: values for response in page for name, values in response.items()}
        for page in answers(baseline, baseline_pages(baseline))
    ]
    for mine, theirs in zip(own, others, strict=True):
        for part in ("figure", "children"):
            assert filled(mine, part).keys() == filled(theirs, part).keys()
            assert all(filled(mine, part).values())
            assert all(filled(theirs, part).values())
        for card, figure in filled(mine, "figure").items():
            traces = filled(theirs, "figure")[card]["data"]
            assert [trace.get("name") for trace in figure["data"]] == [trace.get("name") for trace in traces]
    assert len(own) == len(PAGES)
    assert sum(len(filled(response, "figure")) for response in own) > len(PAGES)


def test_a_whole_view_is_a_document_alone_or_all_that_dash_asks_for(
    computed: Database, baseline: Served
) -> None:
    with dashboard_server(computed) as product:
        own = [[body.decode() for body in page] for page in bodies(product, dashboard_views(product))]
    others = [[body.decode() for body in page] for page in bodies(baseline, baseline_views(baseline))]
    pages = {page.name: page for page in DASHBOARD_PAGES}
    for name, mine, theirs in zip(PAGES, own, others, strict=True):
        (document,) = mine
        _, layout, callbacks, page, *cards = theirs
        assert "_pages_content" in layout and json.loads(callbacks)
        shown = cards_of(pages[name])
        assert len(cards) == len(shown)
        for card in shown:
            content = pages[name].id("content", card)
            assert content in document and content in page
        assert '"data-version":""' not in document, "it has values"


def test_all_is_measured_and_told(computed: Database) -> None:
    plan = ServingPlan(rounds=2, readers=2, seconds=0.1, open_pages=6, idle_seconds=0.2, burst_readers=6)
    told: list[str] = []
    found = measure_serving(computed, plan, told.append)
    assert told == [
        "first build",
        "warming up",
        "round 1 of 2",
        "round 2 of 2",
        "6 open pages, nothing new",
        "6 open pages, a run",
        "6 readers of a page without entries",
    ]
    by_name = {(one.case, one.contender): one.seconds for one in found.measurements}
    assert {contender for _, contender in by_name} == {"product", "Flask-Caching", "empty endpoint"}
    assert {len(seconds) for seconds in by_name.values()} == {2}
    assert all(figure.value > 0 for figure in found.figures if "processor" not in figure.name)
    targets = {target.name: target for target in found.targets}
    assert targets["6 readers of a page without entries: runs"].is_reached
    assert targets["6 readers of a page without entries: get all"].is_reached
    assert (found.comparisons, found.disagreements) == (0, ())


def test_a_run_that_fails_is_told_by_its_last_line(computed: Database, tmp_path: Path) -> None:
    (tmp_path / f"{computed.path.name}.run.lock").mkdir()
    with pytest.raises(ComputeError, match=r"a run: dashboard: .*run\.lock"):
        compute_everything(replace(computed, state_dir=tmp_path))


def test_clearing_a_page_deletes_the_entries_of_its_datasets_alone(computed: Database) -> None:
    generation = cache_state(computed.path, wall_clock()).generation
    clear_page(computed, "pipeline")
    left = {entry.key for entry in list_entries(computed.path, wall_clock())}
    assert left == {dataset.key for dataset in catalogue().values() if dataset.page != "pipeline"}
    assert cache_state(computed.path, wall_clock()).generation > generation


def test_computing_everything_tells_when_the_entries_were_not_there_yet(computed: Database) -> None:
    clear_page(computed, "pipeline")
    begun = time.monotonic()
    stored_at = compute_everything(computed)
    assert begun < stored_at < time.monotonic()
    assert len(list_entries(computed.path, wall_clock())) == len(catalogue())


def test_a_page_is_asked_for_by_all_callbacks_of_the_server_that_its_signal_is_an_input_of() -> None:
    first, second = page_requests(80, CALLBACKS, "one-signal")
    body = json.loads(first.partition(b"\r\n\r\n")[2])
    assert body == {
        "output": "..a.children...b.figure@1f..",
        "outputs": [{"id": "a", "property": "children"}, {"id": "b", "property": "figure@1f"}],
        "inputs": [{"id": "one-signal", "property": "data", "value": None}],
        "state": [{"id": "one-shown", "property": "data", "value": None}],
        "changedPropIds": [],
        "parsedChangedPropsIds": [],
    }
    body = json.loads(second.partition(b"\r\n\r\n")[2])
    assert body["outputs"] == {"id": "c", "property": "children"}
    with pytest.raises(ComputeError, match="three-signal: no callback"):
        page_requests(80, CALLBACKS, "three-signal")


def test_a_server_that_cannot_start_is_told_by_its_last_line(computed: Database) -> None:
    port = free_port()
    with (
        pytest.raises(ComputeError, match=r"its server ended at once \(port x\)"),
        served(
            "the dashboard", ("-c", "raise SystemExit('port x')"), port,
            ready_path="/", environment=environment_of(computed.path, computed.state_dir),
            folder=computed.state_dir,
        ),
    ):  # fmt: skip
        pass


def test_a_server_ends_with_its_block(computed: Database) -> None:
    with baseline_server(computed) as server:
        assert (processor_seconds(server.pid) or 1) > 0
        with pytest.raises(ComputeError, match="/nowhere: it answers 404"):
            server.get_body("/assets/nowhere")
    with pytest.raises(ComputeError):
        server.get_body("/")


def test_processor_time_is_that_of_a_process_and_unknown_for_none() -> None:
    before = processor_seconds(os.getpid())
    if before is not None:
        sum(range(2_000_000))
        assert (processor_seconds(os.getpid()) or 0) >= before
    assert processor_seconds(None) is None
    assert processor_seconds(2**22 + 1) is None


@pytest.mark.parametrize("module", ["flask_caching", "flask_compress", "gunicorn"])
def test_a_missing_package_is_told_before_anything_is_measured(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == module else find(name))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["--keep", "kept"])
    assert ended.value.code == 1
    assert capsys.readouterr().err == (
        f"benchmarks: serving: the package {module.replace('_', '-')} is not installed;"
        f" pip install {module.replace('_', '-')}, or leave the case out\n"
    )
    assert not list(tmp_path.iterdir())


def test_with_all_packages_there_is_nothing_to_say() -> None:
    require_baseline()
