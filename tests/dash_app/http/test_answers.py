"""What every answer of the app keeps to: HEAD as GET, its headers, and mistakes told from faults."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from dash_app.built_files import ASSETS
from dash_app.cache_reader import CacheReader
from dash_app.http import delivery
from dash_app.http.compression import compressed
from dash_app.http.delivery import CALLBACK_PATH
from dash_app.http.doors import DOORS
from dash_app.http.middleware import callbacks
from dash_app.http.middleware.callbacks import MOST_LEVELS, MOST_NESTED
from dash_app.http.middleware.faults import FAULT, TROUBLE, Faults
from dash_app.http.middleware.security_headers import SECURITY_HEADERS, inline_scripts
from dash_app.http.stack import FILE_PATHS
from dash_app.pages import PAGES
from dash_app.server import create_server
from engine.model.errors import ServerAwayError
from engine.model.setting_table.loading import load_settings
from tests.dash_app.clients import page_client
from tests.dash_app.given import database, fill_cache
from tests.engine.source_database import NOW

SCRIPT = "/_dash-component-suites/dash/dcc/dash_core_components.js"
STYLE = f"/assets/{next(ASSETS.glob('style-*.css')).name}"
EXAMPLES = {
    "/api/page/{page}": "/api/page/pipeline",
    "/api/dataset/{key:path}": "/api/dataset/pipeline/pipeline_funnel",
    "/api/receipt/{key:path}": "/api/receipt/pipeline/pipeline_funnel",
    "/export/{key:path}.csv": "/export/pipeline/pipeline_funnel.csv",
    "/api/{rest:path}": "/api/nothing",
    "/assets/{path:path}": STYLE,
    "/_dash-component-suites/{package_name}/{fingerprinted_path:path}": SCRIPT,
}
READ = [EXAMPLES.get(door.pattern, door.pattern) for door in DOORS if "GET" in door.methods] + ["/nowhere"]
Json = dict[str, Any]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder: Path = tmp_path_factory.mktemp("answers")
    db = database(folder)
    fill_cache(db, NOW)
    server = create_server(load_settings({"DASHBOARD_DB": str(db)}, folder / "no.env"))
    with page_client(server) as client:
        client.follow_redirects = False
        yield client


@pytest.fixture(scope="module")
def body(client: TestClient) -> Json:
    """Return the body by which a page reads the overview."""
    dependencies = client.get("/_dash-dependencies").json()
    one = next(row for row in dependencies if row["inputs"][0]["id"] == PAGES[0].id("signal"))
    names = [name.rpartition(".") for name in one["output"].strip(".").split("...")]
    return {
        "output": one["output"],
        "outputs": [{"id": id_, "property": name} for id_, _, name in names],
        "inputs": [{**one["inputs"][0], "value": None}],
        "state": [{**one["state"][0], "value": None}, {**one["state"][1], "value": ""}],
        "changedPropIds": [f"{one['inputs'][0]['id']}.data"],
    }


def posted(client: TestClient, content: bytes) -> int:
    headers = {"Content-Type": "application/json"}
    return int(client.post(CALLBACK_PATH, content=content, headers=headers).status_code)


@pytest.mark.parametrize("path", READ)
def test_head_is_answered_as_get_without_the_body(client: TestClient, path: str) -> None:
    whole, head = client.get(path), client.head(path)
    assert head.content == b""
    assert head.status_code == whole.status_code
    assert head.headers.keys() == whole.headers.keys()


@pytest.mark.parametrize("path", READ)
def test_every_answer_has_the_headers_that_protect_it(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    for name, value in SECURITY_HEADERS.items():
        assert headers[name] == value
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "server" not in headers
    is_file = path.startswith(FILE_PATHS)
    cached = headers["cache-control"]
    assert is_file or cached in ("private, no-cache", "no-store"), cached


def test_scripts_run_by_their_hash_and_nothing_is_evaluated(client: TestClient) -> None:
    answer = client.get("/jobs")
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert "unsafe" not in policy["script-src"]
    assert "eval" not in answer.headers["content-security-policy"]
    scripts = inline_scripts(answer.text)
    assert len(scripts) >= 2
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy["script-src"].split()


def test_an_unknown_page_is_the_shell_with_404(client: TestClient) -> None:
    for path in ("/nowhere", "/jobs/x", "/docs", "/openapi.json", "//jobs"):
        answer = client.get(f"http://localhost{path}")
        assert answer.status_code == 404
        assert "react-entry-point" in answer.text
        assert path not in answer.text


def test_a_valid_callback_is_answered(client: TestClient, body: Json) -> None:
    assert posted(client, orjson.dumps(body)) == 200


MALFORMED: list[tuple[str, Any]] = [
    ("outputs", None), ("outputs", []), ("outputs", {"id": "x", "property": "y"}), ("outputs", "x"),
    ("inputs", None), ("inputs", []), ("inputs", [1]), ("inputs", [[{}]]), ("inputs", {}),
    ("inputs", [{"id": "x", "property": "data"}]), ("inputs", [{"id": {"x": 1}, "property": "data"}]),
    ("state", []), ("state", None), ("state", [{}]), ("state", [None, None]),
    ("changedPropIds", [1]), ("changedPropIds", {}), ("changedPropIds", [["x"]]),
    ("output", 1), ("output", None), ("output", ["x"]), ("output", {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), MALFORMED)
def test_a_malformed_callback_is_400(client: TestClient, body: Json, name: str, value: Any) -> None:
    assert posted(client, orjson.dumps({**body, name: value})) == 400


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"null", b"[]", b"1", b'"x"', b"{", b"\xff", b"{}", b"[" * 100_000, b"NaN", b'{"output":"x"'],
)
def test_a_body_that_is_no_callback_is_400(client: TestClient, content: bytes) -> None:
    assert posted(client, content) == 400


@pytest.mark.parametrize(
    "output", ["", "x", "x.children", "..a.b...c.d..", "_pages_dummy.children", "\0", "x" * 9999]
)
def test_an_unknown_callback_is_404(client: TestClient, body: Json, output: str) -> None:
    assert posted(client, orjson.dumps({**body, "output": output})) == 404


@pytest.mark.parametrize("levels", [MOST_LEVELS // 2, MOST_LEVELS + 10, 500, 990])
def test_a_deep_value_is_taken_or_refused_but_is_no_fault(
    client: TestClient, body: Json, levels: int
) -> None:
    deep = b'{"x":' * levels + b"1" + b"}" * levels
    whole = orjson.dumps({**body, "inputs": [{**body["inputs"][0], "value": "deep"}]})
    content = whole.replace(b'"deep"', deep)
    assert posted(client, content) == (200 if levels < MOST_LEVELS else 400)


@pytest.mark.parametrize(
    "pathname", [None, 1, {}, [], "", "jobs", "/nowhere", "/../x", "//", "/\0", "http://x/"]
)
@pytest.mark.parametrize("search", [None, 1, "", "?", "?a=b&a=c", "?%ff", "x"])
def test_an_address_that_a_page_makes_up_is_no_fault(client: TestClient, pathname: Any, search: Any) -> None:
    body = {
        "output": ".._pages_content.children..._pages_store.data..",
        "outputs": [
            {"id": "_pages_content", "property": "children"},
            {"id": "_pages_store", "property": "data"},
        ],
        "inputs": [
            {"id": "_pages_location", "property": "pathname", "value": pathname},
            {"id": "_pages_location", "property": "search", "value": search},
        ],
        "state": [],
        "changedPropIds": ["_pages_location.pathname"],
    }
    assert posted(client, orjson.dumps(body)) in (200, 400)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
SIGNALS = JSON_VALUES | st.fixed_dictionaries(
    {},
    optional={
        "windows": JSON_VALUES
        | st.dictionaries(
            st.sampled_from([card.name for card in PAGES[0].cards]),
            st.fixed_dictionaries(
                {}, optional={"first": JSON_VALUES, "heading": JSON_VALUES, "descending": JSON_VALUES}
            ),
        ),
        "in_view": JSON_VALUES,
    },
)


def test_whatever_a_page_holds_and_asks_for_is_no_fault(client: TestClient, body: Json) -> None:
    @settings(max_examples=60, deadline=None, database=None, derandomize=True)
    @given(
        SIGNALS, JSON_VALUES | st.dictionaries(st.sampled_from([c.name for c in PAGES[0].cards]), JSON_VALUES)
    )
    def ask(signal: Any, shown: Any) -> None:
        inputs = [{**body["inputs"][0], "value": signal}]
        state = [{**body["state"][0], "value": shown}, body["state"][1]]
        assert posted(client, orjson.dumps({**body, "inputs": inputs, "state": state})) == 200

    ask()


def test_whatever_is_in_the_place_of_a_callback_is_no_fault(client: TestClient, body: Json) -> None:
    @settings(max_examples=100, deadline=None, database=None, derandomize=True)
    @given(JSON_VALUES | st.fixed_dictionaries({}, optional=dict.fromkeys(body, JSON_VALUES)))
    def ask(value: Any) -> None:
        content = {**body, **value} if isinstance(value, dict) and value else value
        assert posted(client, orjson.dumps(content)) in (200, 400, 404)

    ask()


def test_a_value_of_very_many_parts_is_refused_unparsed(
    client: TestClient, body: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    def content(parts: int) -> bytes:
        wide: list[Any] = [[] for _ in range(parts)]
        return orjson.dumps({**body, "inputs": [{**body["inputs"][0], "value": wide}]})

    assert posted(client, content(MOST_NESTED // 2)) == 200
    monkeypatch.setattr(callbacks, "_is_deep", lambda _: pytest.fail("it was parsed"))
    assert posted(client, content(MOST_NESTED + 1)) == 400


def test_a_fault_is_logged_and_says_nothing_to_its_reader(
    client: TestClient, body: Json, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("select * from secrets in /home/operator/sites.db")

    monkeypatch.setattr(CacheReader, "read_page", broken)
    monkeypatch.setattr(CacheReader, "read", broken)
    headers = {"Content-Type": "application/json"}
    with caplog.at_level(logging.ERROR):
        answers = [
            client.post(CALLBACK_PATH, content=orjson.dumps(body), headers=headers),
            client.get("/api/page/pipeline"),
        ]
    for answer in answers:
        assert (answer.status_code, answer.text) == (500, FAULT)
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert [record.exc_info is not None for record in caplog.records] == [True, True]
    assert caplog.messages[0] == f"a request failed: POST '{CALLBACK_PATH}'"


def test_a_client_that_goes_away_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    async def reading(scope: Scope, receive: Receive, send: Send) -> None:
        await Request(scope, receive).body()

    async def gone() -> Message:
        return {"type": "http.disconnect"}

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/login", "headers": []}
    asyncio.run(Faults(reading)(scope, gone, send))
    assert (sent, caplog.messages) == ([], [])


def test_a_script_is_compressed_once_whatever_version_its_name_has(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = re.findall(
        r'src="(/_dash-component-suites/[^"]*dash_html_components[^"]*)"', client.get("/").text
    )[0]
    done: list[str] = []

    def noted(body: bytes, encoding: str, *more: int) -> bytes:
        done.append(encoding)
        return compressed(body, encoding, *more)

    monkeypatch.setattr(delivery, "compressed", noted)
    for number in range(5):
        found = client.get(re.sub(r"\.v\w+m\w+\.", f".v1m{number}.", named))
        assert found.status_code == 200
        assert "immutable" in found.headers["cache-control"]
    assert len(done) <= 1


def test_an_error_that_names_its_remedy_is_a_line_of_the_log_and_no_fault(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def away(*_: object) -> None:
        raise ServerAwayError("postgresql://ann@db/cache", "the server is away", "start it")

    monkeypatch.setattr(CacheReader, "read", away)
    with caplog.at_level(logging.ERROR):
        answer = client.get("/api/page/pipeline")
    assert (answer.status_code, answer.text, answer.headers["Retry-After"]) == (503, TROUBLE, "5")
    assert caplog.messages == [
        "a request failed: GET '/api/page/pipeline': postgresql://ann@db/cache: the server is away; start it"
    ]
    assert caplog.records[0].exc_info is None
