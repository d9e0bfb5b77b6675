"""The access log has one record for each request and socket, without its query."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from dash_app.http.doors import INTERNAL, INTERNAL_KEY
from dash_app.http.middleware.access_log import AccessLog
from dash_app.http.middleware.base_path import BasePath
from dash_app.http.middleware.client_address import ClientAddress
from dash_app.http.middleware.proxy_headers import ProxyHeaders
from dash_app.http.middleware.reading import Reading
from engine.model.setting_table.loading import load_settings
from engine.model.text.log_text import REQUESTS

Records = pytest.LogCaptureFixture


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 200 with five bytes; fail, refuse a socket or greet one where the path says so."""
    if scope["type"] == "websocket":
        socket = WebSocket(scope, receive, send)
        if scope["path"] == "/refused":
            await socket.close()
            return
        await socket.accept()
        await socket.send_text("hello")
        await socket.close()
        return
    if scope["path"] == "/fault":
        raise RuntimeError("no")
    if scope["path"] == "/gone":
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"he", "more_body": True})
    await send({"type": "http.response.body", "body": b"llo"})


def client_of(inner: ASGIApp, address: str = "192.0.2.7") -> TestClient:
    return TestClient(inner, client=(address, 5000), raise_server_exceptions=False)


def fields(caplog: Records) -> list[dict[str, Any]]:
    return [getattr(record, "fields") for record in caplog.records if record.name == REQUESTS]  # noqa: B009


@pytest.fixture(autouse=True)
def at_info(caplog: Records) -> None:
    caplog.set_level(logging.INFO, REQUESTS)


def test_a_request_is_one_record_with_method_path_status_size_and_time(caplog: Records) -> None:
    client_of(AccessLog(app, is_on=True)).get("/api/pages")
    (record,) = fields(caplog)
    assert record.pop("duration_ms") >= 0
    assert record == {
        "client": "192.0.2.7", "method": "GET", "path": "/api/pages", "status": 200, "bytes": 5,
    }  # fmt: skip
    assert caplog.records[0].getMessage().startswith("192.0.2.7 GET /api/pages 200 5 B ")


def test_an_answer_to_head_has_no_bytes(caplog: Records) -> None:
    client_of(AccessLog(app, is_on=True)).head("/api/pages")
    assert [(record["method"], record["bytes"]) for record in fields(caplog)] == [("HEAD", 0)]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_request_is_of_the_client_that_a_trusted_proxy_names(caplog: Records, method: str) -> None:
    settings = load_settings({"DASHBOARD_TRUSTED_PROXIES": "192.0.2.7"}, Path("/no/such/.env"))
    client = client_of(AccessLog(Reading(ProxyHeaders(app, settings)), is_on=True))
    client.request(method, "/", headers={"X-Forwarded-For": "203.0.113.5"})
    assert [record["client"] for record in fields(caplog)] == ["203.0.113.5"]


def test_a_query_a_header_and_a_body_are_in_no_record(caplog: Records) -> None:
    client_of(AccessLog(app, is_on=True)).post(
        "/search?q=jane@example.org", headers={"Authorization": "Bearer secret"}, content=b"private"
    )
    said = str(fields(caplog)) + caplog.text
    assert "/search" in said
    for private in ("jane", "secret", "private", "?"):
        assert private not in said


def test_a_path_is_logged_as_the_client_sent_it_and_in_one_line(caplog: Records) -> None:
    client_of(AccessLog(BasePath(app, "/dashboard"), is_on=True)).get("/dashboard/a%0ab%1b[2K")
    (record,) = fields(caplog)
    assert record["path"] == "/dashboard/a\nb\x1b[2K"
    assert "\n" in caplog.records[0].getMessage()


@pytest.mark.parametrize(("path", "status"), [("/fault", 500), ("/gone", 499)])
def test_a_request_without_an_answer_of_the_app_is_logged_too(
    caplog: Records, path: str, status: int
) -> None:
    client_of(AccessLog(app, is_on=True)).get(path)
    assert [record["status"] for record in fields(caplog)] == [status]


def test_a_socket_is_logged_when_it_is_over(caplog: Records) -> None:
    client = client_of(AccessLog(app, is_on=True))
    with client.websocket_connect("/live") as socket:
        socket.receive_text()
    with pytest.raises(Exception), client.websocket_connect("/refused"):  # noqa: B017
        pass
    found = [
        (record["method"], record["path"], record["status"], record["bytes"]) for record in fields(caplog)
    ]
    assert found == [("SOCKET", "/live", 101, 5), ("SOCKET", "/refused", 403, 0)]


def test_nothing_is_logged_while_it_is_off_or_for_the_process_itself(caplog: Records) -> None:
    client_of(AccessLog(app, is_on=False)).get("/")

    async def own(scope: Scope, receive: Receive, send: Send) -> None:
        await AccessLog(app, is_on=True)({**scope, INTERNAL_KEY: INTERNAL}, receive, send)

    client_of(own).get("/")
    assert fields(caplog) == []


@pytest.mark.parametrize(
    ("sent", "known"),
    [("::ffff:192.0.2.7", "192.0.2.7"), ("192.0.2.7", "192.0.2.7"), ("2001:db8::1", "2001:db8::1")],
)
def test_a_client_of_ipv4_has_its_own_address_on_a_socket_of_both_families(
    caplog: Records, sent: str, known: str
) -> None:
    client_of(ClientAddress(AccessLog(app, is_on=True)), sent).get("/")
    assert fields(caplog)[0]["client"] == known
