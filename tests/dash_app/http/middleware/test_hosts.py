"""The dashboard answers to its own names and no others."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp

from dash_app.http.doors import INTERNAL, INTERNAL_KEY
from dash_app.http.middleware.hosts import AllowedHosts
from engine.model.setting_table.loading import load_settings
from tests.dash_app.http.middleware.given import a_scope, status


def answered(host: str | None, environ: dict[str, str] | None = None, path: str = "/", **more: Any) -> int:
    settings = load_settings(environ or {}, Path("/no/such/.env"))

    def middleware(app: ASGIApp) -> ASGIApp:
        return AllowedHosts(app, settings)

    return status(middleware, a_scope(path, headers=() if host is None else (("Host", host),), **more))


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8050",
        "LOCALHOST.",
        "127.0.0.1:8050",
        "127.8.9.1",
        "[::1]:8050",
        "[::ffff:127.0.0.1]",
    ],
)
def test_it_answers_to_every_loopback_name(host: str) -> None:
    assert answered(host) == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:8050", "localhost.evil.example", "127.0.0.1.evil.example",
        "192.168.1.7", "0.0.0.0", "[::]", "localhost@evil.example", "127.1", "2130706433", "",
        "localhost,evil.example", "localhost:99999", "[::1",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/", "/metrics", "/state", "/api/pages", "/nowhere", "/live"])
def test_a_name_that_resolves_here_but_is_not_its_own_gets_421(host: str, path: str) -> None:
    assert answered(host, path=path) == 421


def test_a_socket_of_another_name_is_refused_too() -> None:
    assert answered("evil.example", path="/live", type="websocket") == 421
    assert answered("localhost", path="/live", type="websocket") == 200


def test_the_configured_address_the_public_one_and_the_allowed_ones_are_its_names() -> None:
    assert answered("192.168.1.7:8050", {"DASHBOARD_HOST": "192.168.1.7"}) == 200
    assert answered("Dash.Example.org", {"DASHBOARD_PUBLIC_URL": "https://dash.example.org"}) == 200
    given = {"DASHBOARD_ALLOWED_HOSTS": "dash.example.org, Other.Example"}
    assert answered("dash.example.org:443", given) == answered("other.example", given) == 200
    assert answered("third.example", given) == 421


@pytest.mark.parametrize(("listens", "own"), [("0.0.0.0", "192.168.1.7"), ("::", "::ffff:192.168.1.7")])
def test_on_all_addresses_the_one_that_a_request_came_to_is_a_name(listens: str, own: str) -> None:
    given, server = {"DASHBOARD_HOST": listens}, (own, 8050)
    assert answered("192.168.1.7:8050", given, server=server) == 200
    assert answered("192.168.1.8:8050", given, server=server) == 421
    assert answered("evil.example", given, server=server) == 421
    # It listens on one address: no other is its own.
    assert answered("192.168.1.7:8050", server=server) == 421


def test_one_host_is_given_and_not_two() -> None:
    assert answered(None) == 400
    two = (("Host", "localhost"), ("Host", "localhost"))
    settings = load_settings({}, Path("/no/such/.env"))
    assert status(lambda app: AllowedHosts(app, settings), a_scope(headers=two)) == 400


@pytest.mark.parametrize("host", ["evil.example", "10.0.0.1", None])
def test_a_probe_is_answered_whatever_the_host(host: str | None) -> None:
    assert answered(host, path="/health") == 200


def test_what_the_process_asks_of_itself_passes() -> None:
    own: dict[str, Any] = {INTERNAL_KEY: INTERNAL}
    assert answered(None, **own) == 200
    forged: dict[str, Any] = {INTERNAL_KEY: "INTERNAL"}
    assert answered(None, **forged) == 400


def test_a_refusal_is_logged_once_in_a_while_with_the_remedy(caplog: pytest.LogCaptureFixture) -> None:
    settings = load_settings({}, Path("/no/such/.env"))
    middlewares: list[AllowedHosts] = []

    def one_middleware(app: ASGIApp) -> ASGIApp:
        middlewares.append(middlewares[0] if middlewares else AllowedHosts(app, settings))
        return middlewares[0]

    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert status(one_middleware, a_scope(headers=(("Host", "a\x1b[2J" + "x" * 200),))) == 421
    (line,) = caplog.messages
    assert "DASHBOARD_ALLOWED_HOSTS" in line
    assert "\x1b" not in line
    assert len(line) < 300
