"""What the server sends, and how: compressed files, headers, documents."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from dash_app.built_files import ASSETS, require_built_files
from dash_app.http import delivery
from dash_app.http.compression import SMALLEST_BYTES, compressed
from dash_app.http.delivery import CALLBACK_PATH, CompressedAnswers, CompressedFiles
from dash_app.pages import PAGES
from dash_app.server import create_server
from engine.model.setting_table.loading import load_settings
from engine.store import CacheSnapshot
from tests.dash_app.clients import page_client
from tests.dash_app.given import NOW, database

require_built_files()
STYLE, PLOTLY = (f"/assets/{next(ASSETS.glob(name)).name}" for name in ("style-*.css", "plotly-*.js"))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder: Path = tmp_path_factory.mktemp("server")
    settings = load_settings({"DASHBOARD_DB": str(database(folder))}, folder / "no.env")
    with page_client(create_server(settings)) as client:
        yield client


@pytest.mark.parametrize("path", [page.path for page in PAGES])
def test_every_page_is_a_document_with_its_styles(client: TestClient, path: str) -> None:
    text = client.get(path).text
    assert '<html lang="en">' in text
    assert re.findall(r'<link rel="stylesheet" href="(/assets/style-\w{8}\.css)', text)


def test_a_document_names_no_other_host(client: TestClient) -> None:
    text = client.get("/").text
    assert 'src="http' not in text
    assert 'href="http' not in text


@pytest.mark.parametrize(("encoding", "unpack"), [("br", brotli.decompress), ("gzip", gzip.decompress)])
def test_scripts_are_compressed_once_and_unpack_to_the_original(
    client: TestClient, encoding: str, unpack: Callable[[bytes], bytes]
) -> None:
    plain = client.get(PLOTLY, headers={"Accept-Encoding": "identity"})
    with client.stream("GET", PLOTLY, headers={"Accept-Encoding": encoding}) as answer:
        packed = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == encoding
    assert len(packed) < len(plain.content) / 2.5
    assert unpack(packed) == plain.content


def test_a_file_the_browser_has_is_not_sent_again(client: TestClient) -> None:
    first = client.get(STYLE)
    again = client.get(STYLE, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_an_address_with_a_version_may_be_kept_for_good(client: TestClient) -> None:
    icon = "/assets/favicon.svg"
    assert "immutable" in client.get(f"{icon}?m=1").headers["cache-control"]
    assert "immutable" in client.get(STYLE).headers["cache-control"], "its name has the hash of its content"
    assert "immutable" not in client.get(icon).headers["cache-control"]


def test_a_file_that_is_not_there_is_404(client: TestClient) -> None:
    assert client.get("/assets/nothing.css").status_code == 404


def test_responses_carry_the_security_headers(client: TestClient) -> None:
    for path in ("/", "/healthz", STYLE, "/_dash-layout"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


async def _counted(paths: list[str]) -> int:
    asked: list[str] = []

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        asked.append(scope["path"])
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/css")]}
        )
        await send({"type": "http.response.body", "body": b"a" * 5000})

    async def nothing(_message: object) -> None:
        return None

    files = CompressedFiles(app, ("/files/",))
    for path in paths:
        scope = {
            "type": "http", "method": "GET", "path": path, "query_string": b"",
            "headers": [(b"accept-encoding", b"br")],
        }  # fmt: skip
        await files(scope, nothing, nothing)  # type: ignore[arg-type]
    return len(asked)


def test_a_file_is_fetched_and_compressed_once() -> None:
    assert asyncio.run(_counted(["/files/a.css"] * 5)) == 1
    assert asyncio.run(_counted(["/other/a.css"] * 5)) == 5


class Callbacks:
    """Stands in for Dash: answers each request with the next of some bodies, of no type."""

    def __init__(self, *bodies: bytes) -> None:
        self._bodies = list(bodies)

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        body = self._bodies.pop(0)
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": body[:10], "more_body": True})
        await send({"type": "http.response.body", "body": body[10:]})


@pytest.fixture
def packed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list of encodings that a body is compressed in, each time that is done."""
    done: list[str] = []

    def noted(body: bytes, encoding: str) -> bytes:
        done.append(encoding)
        return compressed(body, encoding)

    monkeypatch.setattr(delivery, "compressed", noted)
    return done


def a_snapshot() -> CacheSnapshot:
    return CacheSnapshot(None, {}, NOW, NOW, NOW)


def client_of(app: Callbacks, *snapshots: CacheSnapshot) -> TestClient:
    """Return a client of the app; each answer finds the next of the snapshots, the last one for good."""
    left = list(snapshots or [a_snapshot()])
    return TestClient(CompressedAnswers(app, lambda: left.pop(0) if len(left) > 1 else left[0]))


LONG = b'{"response":' + b'"x"' * 1000 + b"}"
UNPACKED: dict[str, Callable[[bytes], bytes]] = {
    "br": brotli.decompress,
    "gzip": gzip.decompress,
    "": bytes,
}


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("identity", ""),
        ("deflate", ""),
        ("br;q=0", ""),
    ],
)
def test_an_answer_of_a_callback_is_json_compressed_as_the_browser_takes_it(
    accepted: str, encoding: str
) -> None:
    app = Callbacks(LONG)
    with client_of(app).stream("POST", CALLBACK_PATH, headers={"Accept-Encoding": accepted}) as answer:
        sent = b"".join(answer.iter_raw())
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers.get("content-encoding", "") == encoding
    assert answer.headers["content-length"] == str(len(sent))
    assert UNPACKED[encoding](sent) == LONG


def test_the_same_answer_is_compressed_once_for_an_encoding(packed: list[str]) -> None:
    client = client_of(Callbacks(*[LONG] * 5, LONG + b" "))
    for accepted in ("br", "br", "gzip", "br", "gzip"):
        assert client.post(CALLBACK_PATH, headers={"Accept-Encoding": accepted}).content == LONG
    assert packed == ["br", "gzip"]
    assert client.post(CALLBACK_PATH, headers={"Accept-Encoding": "br"}).content == LONG + b" "
    assert packed == ["br", "gzip", "br"]


def test_an_answer_itself_is_not_kept() -> None:
    snapshot = a_snapshot()
    client_of(Callbacks(LONG), snapshot).post(CALLBACK_PATH, headers={"Accept-Encoding": "br"})
    (key,) = snapshot._made
    assert isinstance(key, tuple)
    assert max(len(part) for part in key) < 100


def test_compressed_answers_go_with_their_snapshot(packed: list[str]) -> None:
    client = client_of(Callbacks(*[LONG] * 4), first := a_snapshot(), first, a_snapshot())
    for _ in range(4):
        assert client.post(CALLBACK_PATH, headers={"Accept-Encoding": "br"}).content == LONG
    assert packed == ["br", "br"]


def test_a_short_answer_is_not_worth_compressing(packed: list[str]) -> None:
    short = b"x" * (SMALLEST_BYTES - 1)
    answer = client_of(Callbacks(short)).post(CALLBACK_PATH, headers={"Accept-Encoding": "br, gzip"})
    assert (answer.content, "content-encoding" in answer.headers) == (short, False)
    assert answer.headers["content-type"] == "application/json"
    assert packed == []


def test_what_is_no_callback_is_compressed_for_each_request_and_keeps_its_type(packed: list[str]) -> None:
    app = Callbacks(LONG, LONG)
    client = client_of(app)
    for _ in range(2):
        answer = client.get("/other", headers={"Accept-Encoding": "br"})
        assert (answer.content, answer.headers["content-encoding"]) == (LONG, "br")
        assert "content-type" not in answer.headers
    assert packed == ["br", "br"]


def test_what_is_compressed_already_passes_as_it_is(client: TestClient) -> None:
    with client.stream("GET", "/api/pages", headers={"Accept-Encoding": "br, deflate"}) as answer:
        assert answer.headers["content-encoding"] == "deflate"
