"""Whatever is in the headers of a request, the answer is no fault, and no name but its own is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp, Message

from dash_app.http.delivery import CALLBACK_PATH
from dash_app.server import create_server
from engine.model.places.addresses import ip_of, split_authority
from engine.model.setting_table.loading import load_settings
from tests.dash_app.clients import page_client
from tests.dash_app.given import database, fill_cache
from tests.dash_app.http.middleware.given import a_scope
from tests.engine.source_database import NOW

# What a server lets through: no line breaks and no NUL.
TEXT = st.text(st.characters(max_codepoint=255, exclude_characters="\0\r\n"), max_size=60)
NAMES = (
    "host", "origin", "sec-fetch-site", "cookie", "authorization", "content-type", "content-length",
    "transfer-encoding", "accept-encoding", "if-none-match", "if-modified-since", "range", "connection",
    "upgrade", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded", "accept",
    "sec-websocket-protocol", "referer", "user-agent",
)  # fmt: skip
LIKELY = st.sampled_from(
    (
        "localhost", "127.0.0.1:80", "[::1]", "http://localhost", "same-origin", "cross-site", "Bearer x",
        "Basic eDp5", "dashboard_8050=x; dashboard_8050=y", "a=b; =; ;;", "application/json", "0", "-1",
        "9" * 30, "0x10", "chunked", "br;q=0, *;q=1", "gzip;q=x", "deflate",
        '"x", W/"y"', "*", "bytes=0-1", "bytes=-",
        "bytes=5-1,9-", "Thu, 01 Jan 1970 00:00:00 GMT", "for=_x;proto=https", "1.2.3.4, ::1", "\xff\xfe",
    )
)  # fmt: skip
HEADERS = st.lists(st.tuples(st.sampled_from(NAMES), LIKELY | TEXT), max_size=6)
PATHS = st.sampled_from(
    (
        "/", "/state", "/metrics", "/healthz", "/readyz", "/login", "/api/pages", "/api/page/pipeline",
        "/assets/favicon.svg", "/_dash-layout", CALLBACK_PATH, "/live", "/nowhere", "/cron",
    )
)  # fmt: skip


@pytest.fixture(scope="module", params=["", "correct horse battery staple"], ids=["open", "with a login"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ASGIApp]:
    folder: Path = tmp_path_factory.mktemp("headers")
    db = database(folder)
    fill_cache(db, NOW)
    environ = {"DASHBOARD_DB": str(db), "DASHBOARD_PASSWORD": request.param}
    server = create_server(load_settings(environ, folder / "no.env"))
    with page_client(server):
        yield server


async def answered(server: ASGIApp, scope: dict[str, Any]) -> int:
    """Return the status of a request; 101 of a socket that was opened."""
    found: list[int] = []

    async def send(message: Message) -> None:
        if message["type"].endswith("response.start"):
            found.append(message["status"])
        elif message["type"] == "websocket.accept":
            found.append(101)

    is_over = False

    async def receive() -> Message:
        nonlocal is_over
        if scope["type"] == "websocket":
            kind = "websocket.disconnect" if is_over else "websocket.connect"
            is_over = True
            return {"type": kind, "code": 1000}
        return {"type": "http.request", "body": b"{}", "more_body": False}

    await server(scope, receive, send)
    return found[0]


def test_no_header_is_a_fault_and_no_other_name_is_answered(server: ASGIApp) -> None:
    @settings(max_examples=120, deadline=None, database=None, derandomize=True)
    @given(PATHS, st.sampled_from(["GET", "GET", "POST", "HEAD", ""]), HEADERS, st.booleans())
    def ask(path: str, method: str, headers: list[tuple[str, str]], has_host: bool) -> None:
        if has_host:
            headers = [("host", "localhost"), *(pair for pair in headers if pair[0] != "host")]
        scope = a_scope(path, method, tuple(headers), query_string=b"")
        status = asyncio.run(answered(server, scope))
        assert status < 500 or (path == "/readyz" and status == 503)
        hosts = [value for name, value in headers if name == "host"]
        if status in (200, 101) and path not in ("/healthz", "/readyz"):
            (host,) = hosts
            authority = split_authority(host)
            assert authority is not None
            address = ip_of(authority[0])
            assert authority[0] == "localhost" or (address is not None and address.is_loopback)

    ask()
