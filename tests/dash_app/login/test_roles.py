"""A viewer looks: no hand-made request starts a run for it, and no answer names whom was written to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from dash_app.pages import PAGES
from engine.model.access import Scope
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import wall_clock
from engine.runs import Trigger
from engine.sessions.opened import LoginState, logins
from engine.store.writes import set_entry
from tests.dash_app.given import FakeRunner, values_of
from tests.dash_app.login.given import VIEWER, browser, live, logged_in, serving, settings_with_login
from tests.engine.source_database import execute

JANE = "no such mailbox jane.doe@example.org"
CONTACTS = {
    "error_breakdown": ["message"],
    "error_groups_30d": ["message", "example"],
    "job_health": ["last_error"],
}
PROBLEM = "insert into dashboard_problems values ('llm/llm_daily_costs_30d', 'failed', ?, datetime('now'))"
FAILED_RUN = """
insert into dashboard_runs
    ("trigger", scope, as_of, started_at, finished_at, duration_ms, datasets, entries, status, error)
values ('full', 'all', datetime('now'), datetime('now'), datetime('now'), 1, 0, 0, 'failed', ?)
"""
Opened = tuple[FastAPI, FakeRunner, LoginState]


def with_contacts(name: str) -> dict[str, list[Any]]:
    """Return a dataset's values with a contact in each text that may hold one."""
    columns = values_of(name)
    return {key: [JANE] * len(cells) if key in CONTACTS[name] else cells for key, cells in columns.items()}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    folder: Path = tmp_path_factory.mktemp("roles")
    settings = settings_with_login(folder)
    with serving(settings) as (server, runner), logins(settings) as state:
        for name in CONTACTS:
            set_entry(settings.db, catalogue()[name].key, with_contacts(name), 60, wall_clock())
        execute(settings.db, PROBLEM, (JANE,))
        execute(settings.db, FAILED_RUN, (JANE,))
        yield server, runner, state


def callbacks(client: TestClient) -> list[dict[str, Any]]:
    found = client.get("/_dash-dependencies").json()
    return [one for one in found if not one.get("clientside_function")]


def fire(client: TestClient, callback: dict[str, Any], value: Any) -> str:
    """Return the text that a callback answers, called as by hand."""
    names = [name.rpartition(".") for name in callback["output"].strip(".").split("...")]
    outputs: Any = [{"id": id_, "property": name} for id_, _, name in names]
    outputs = outputs if callback["output"].startswith("..") else outputs[0]
    answer = client.post(
        "/_dash-update-component",
        json={
            "output": callback["output"],
            "outputs": outputs,
            "inputs": [{**given, "value": value} for given in callback["inputs"]],
            "state": [
                {**given, "value": "" if given["property"] == "search" else None}
                for given in callback["state"]
            ],
            "changedPropIds": [f"{given['id']}.{given['property']}" for given in callback["inputs"]],
        },
    )
    assert answer.status_code in (200, 204), answer.text
    text: str = answer.text
    return text


def everything(client: TestClient) -> dict[str, str]:
    """Return all that a browser or a script is sent: pages, callbacks, API, status, socket."""
    found = {
        path: client.get(path).text for path in ("/", "/errors", "/_dash-layout", "/state", "/api/attention")
    }
    for page in PAGES:
        found[f"/api/page/{page.name}"] = client.get(f"/api/page/{page.name}").text
    for dataset in catalogue().values():
        found[dataset.key] = client.get(f"/api/dataset/{dataset.key}").text
    for callback in callbacks(client):
        if [given["property"] for given in callback["inputs"]] == ["data"]:
            found[callback["inputs"][0]["id"]] = fire(client, callback, {"at": 1})
    with live(client) as socket:
        found["/live"] = socket.receive_text()
    return found


def test_a_viewer_is_sent_no_contact_and_an_operator_all_of_them(opened: Opened) -> None:
    server, _, _ = opened
    operator, viewer = logged_in(server), logged_in(server, VIEWER)
    # In this order and the other, so that what was made for one could be sent to the other.
    for client, is_operator in ((operator, True), (viewer, False), (operator, True)):
        naming = {name for name, text in everything(client).items() if "jane.doe" in text}
        if is_operator:
            assert {"errors/error_breakdown", "errors/error_groups_30d", "cron/job_health"} <= naming
            assert {"errors-signal", "cron-signal", "cache-signal", "llm/llm_daily_costs_30d"} <= naming
        else:
            assert naming == set()


def test_a_viewer_keeps_every_row_and_every_number(opened: Opened) -> None:
    server, _, _ = opened
    operator, viewer = logged_in(server), logged_in(server, VIEWER)
    for name, hidden in CONTACTS.items():
        address = f"/api/dataset/{catalogue()[name].key}"
        whole, shown = operator.get(address).json()["value"], viewer.get(address).json()["value"]
        assert [key for key in whole if whole[key] != shown[key]] == hidden
        assert {cell for key in hidden for cell in shown[key]} == {"(hidden from viewers)"}


def test_a_tag_of_one_role_is_not_that_of_the_other(opened: Opened) -> None:
    server, _, _ = opened
    operator, viewer = logged_in(server), logged_in(server, VIEWER)
    address = "/api/dataset/errors/error_breakdown"
    tag = operator.get(address).headers["etag"]
    assert operator.get(address, headers={"If-None-Match": tag}).status_code == 304
    assert viewer.get(address, headers={"If-None-Match": tag}).status_code == 200


def test_a_token_reads_contacts_only_if_it_was_made_to(opened: Opened) -> None:
    server, _, state = opened
    for contacts in (False, True):
        secret = state.tokens.create_token(f"c {contacts}", Scope.READ, contacts=contacts, now=wall_clock())
        client = browser(server, Authorization=f"Bearer {secret}")
        assert ("jane.doe" in client.get("/api/dataset/errors/error_breakdown").text) is contacts


def test_no_hand_made_request_of_a_viewer_starts_a_run(opened: Opened) -> None:
    server, runner, _ = opened
    viewer = logged_in(server, VIEWER)
    before = len(runner.requests)
    doors = ["/api/refresh", *(f"/api/refresh/{page.name}" for page in PAGES if page.datasets)]
    doors += [f"/api/refresh/dataset/{dataset.key}" for dataset in catalogue().values()]
    assert len(doors) > 20
    for door in doors:
        answer = viewer.post(door)
        assert (answer.status_code, answer.json()["error"]) == (403, "This needs the right to refresh.")
    with live(viewer) as socket:
        socket.send_text(json.dumps({"refresh": True}))
        socket.receive_text()
    assert runner.requests[before:] == []


def test_a_viewers_page_has_no_button_that_refreshes(opened: Opened) -> None:
    server, _, _ = opened
    assert "only-looks" in logged_in(server, VIEWER).get("/_dash-layout").text
    assert "only-looks" not in logged_in(server).get("/_dash-layout").text
    assert '\\"log-out\\"' in logged_in(server, VIEWER).get("/_dash-layout").text


def test_a_session_has_one_full_refresh_a_minute_however_it_asks(opened: Opened) -> None:
    server, runner, _ = opened
    operator = logged_in(server)
    assert operator.post("/api/refresh").status_code == 202
    answer = operator.post("/api/refresh")
    assert answer.status_code == 429
    assert "One full refresh a minute: the next in " in answer.json()["error"]
    assert 0 < int(answer.headers["retry-after"]) <= 60
    assert logged_in(server).post("/api/refresh").status_code == 202
    assert operator.post("/api/refresh/llm").json() == {"status": "accepted"}
    assert Trigger.FULL in [request.trigger for request in runner.requests]


def test_a_token_to_refresh_starts_runs_and_one_to_read_none(opened: Opened) -> None:
    server, _, state = opened
    statuses = {}
    for scope in Scope:
        secret = state.tokens.create_token(f"run {scope}", scope, contacts=False, now=wall_clock())
        client = browser(server, Authorization=f"Bearer {secret}")
        statuses[scope] = [client.post(path).status_code for path in ("/api/refresh", "/api/refresh/nothing")]
    assert statuses == {Scope.READ: [403, 403], Scope.METRICS: [403, 403], Scope.REFRESH: [202, 404]}
