"""What a proxy says counts if it is trusted; from everybody else it is removed, however it is spelt."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from dash_app.http.doors import INTERNAL, INTERNAL_KEY
from dash_app.http.middleware.proxy_headers import IDENTITY_KEY, ProxyHeaders
from engine.model.setting_table.loading import load_settings
from tests.dash_app.http.middleware.given import App, Headers, a_scope

PROXY, STRANGER = "10.0.0.1", "203.0.113.9"
TRUSTED = "10.0.0.0/24, 127.0.0.1, fd00::/64"


def passed(headers: Headers, peer: str | None = PROXY, trusted: Any = TRUSTED, **more: Any) -> dict[str, Any]:
    """Return the scope that the app gets of a request."""
    settings = load_settings(
        {"DASHBOARD_TRUSTED_PROXIES": trusted, "DASHBOARD_AUTH_HEADER": "X-Forwarded-User"}, Path("/no/such")
    )
    app = App()
    scope = a_scope("/", headers=headers, **more)
    scope["client"] = None if peer is None else (peer, 50000)

    async def nothing(*_: Any) -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    asyncio.run(ProxyHeaders(app, settings)(scope, nothing, nothing))
    return dict(app.asked[0])


FORGED: Headers = (
    ("X-Forwarded-User", "admin"),
    ("X_Forwarded_User", "admin"),
    ("x-forwarded_user", "admin"),
    ("X-Forwarded-For", "198.51.100.1"),
    ("X_Forwarded_For", "198.51.100.1"),
    ("X-Real-IP", "198.51.100.1"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Host", "evil.example"),
    ("X-Forwarded-Prefix", "/evil"),
    ("Forwarded", "for=198.51.100.1;proto=https"),
    ("Accept", "text/html"),
)


@pytest.mark.parametrize("peer", [STRANGER, "10.0.1.1", "::1", "fd00:0:0:1::1", None, ""])
def test_nothing_counts_that_a_stranger_says(peer: str | None) -> None:
    scope = passed(FORGED, peer)
    assert IDENTITY_KEY not in scope
    assert scope["scheme"] == "http"
    assert scope["client"] == (None if peer is None else (peer, 50000))
    assert scope["headers"] == [(b"accept", b"text/html")]


def test_no_client_sets_the_identity_beside_the_headers() -> None:
    assert IDENTITY_KEY not in passed((), STRANGER, **{IDENTITY_KEY: "admin"})


def test_without_trusted_proxies_nobody_is_trusted() -> None:
    scope = passed(FORGED, "127.0.0.1", trusted="")
    assert IDENTITY_KEY not in scope
    assert scope["client"] == ("127.0.0.1", 50000)


@pytest.mark.parametrize("peer", [PROXY, "127.0.0.1", "::ffff:10.0.0.7", "fd00::1"])
def test_a_trusted_proxy_says_who_asks_and_how(peer: str) -> None:
    headers: Headers = (
        ("X-Forwarded-User", "alice@example.org"),
        ("X-Forwarded-For", STRANGER),
        ("X-Forwarded-Proto", "https"),
    )
    scope = passed(headers, peer)
    assert scope[IDENTITY_KEY] == "alice@example.org"
    assert (scope["client"], scope["scheme"]) == ((STRANGER, 0), "https")
    assert scope["headers"] == []
    assert passed(headers, peer, type="websocket", scheme="ws")["scheme"] == "wss"


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        (["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
        (["198.51.100.1", "203.0.113.9"], "203.0.113.9"),
        (["198.51.100.1, 203.0.113.9, 10.0.0.2"], "203.0.113.9"),
        (["127.0.0.1, 203.0.113.9"], "203.0.113.9"),
        (["203.0.113.9:4711"], "203.0.113.9"),
        (["[2001:db8::1]:4711"], "2001:db8::1"),
        (["::ffff:203.0.113.9"], "203.0.113.9"),
        (["203.0.113.9, unknown"], PROXY),
        (["unknown"], PROXY),
        ([""], PROXY),
        ([], PROXY),
        (["10.0.0.3"], "10.0.0.3"),
    ],
)
def test_the_client_is_the_last_address_that_is_no_proxy(forwarded: list[str], client: str) -> None:
    assert passed(tuple(("X-Forwarded-For", value) for value in forwarded))["client"][0] == client


@pytest.mark.parametrize(
    ("protos", "scheme"),
    [(["https"], "https"), (["http, https"], "https"), (["https", "http"], "http"), (["gopher"], "http")],
)
def test_the_scheme_is_what_the_nearest_proxy_says(protos: list[str], scheme: str) -> None:
    assert passed(tuple(("X-Forwarded-Proto", value) for value in protos))["scheme"] == scheme


@pytest.mark.parametrize(
    "headers",
    [
        (("X-Forwarded-User", "alice"), ("X-Forwarded-User", "admin")),
        (("X_Forwarded_User", "admin"),),
        (("X-Forwarded-User", ""),),
        (("X-Forwarded-User", "  "),),
        (("X-Forwarded-User", "a\tb\x7f"),),
        (("X-Forwarded-User", "x" * 300),),
        (("X-Forwarded-User", "{http.reverse_proxy.header.X-Auth-Request-User}"),),
        (("X-Forwarded-User", "\xff"),),
        (("X-Forwarded-Users", "admin"),),
    ],
)
def test_a_name_that_is_doubtful_is_nobodys(headers: Headers) -> None:
    assert IDENTITY_KEY not in passed(headers)


def test_a_clients_own_spelling_is_no_second_name() -> None:
    headers: Headers = (("X_Forwarded_User", "admin"), ("X-Forwarded-User", "alice"))
    assert passed(headers)[IDENTITY_KEY] == "alice"


def test_what_the_process_asks_of_itself_is_left_alone() -> None:
    scope = passed(FORGED, STRANGER, TRUSTED, **{INTERNAL_KEY: INTERNAL})
    assert scope["headers"] != []
