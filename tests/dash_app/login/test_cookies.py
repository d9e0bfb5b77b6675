"""Cookies under TLS can be set by no other host, and those of two dashboards on one host differ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dash_app.login.cookies import DEVICE, SESSION, Cookies
from engine.sessions.keys import new_secret
from tests.dash_app.http.middleware.given import Headers, a_scope
from tests.engine.source_database import settings_of


def cookies(**environ: str) -> Cookies:
    return Cookies(settings_of(Path("sites.db"), **environ))


def scope(scheme: str = "http", host: str = "dashboard.example.org", *cookie: str) -> dict[str, Any]:
    headers: Headers = (("Host", host), *(("Cookie", value) for value in cookie))
    return a_scope("/", headers=headers, scheme=scheme)


@pytest.mark.parametrize("kind", [SESSION, DEVICE])
def test_under_tls_a_cookie_is_bound_to_its_host(kind: str) -> None:
    public = cookies(DASHBOARD_PUBLIC_URL="https://dashboard.example.org")
    for found in (cookies().set(scope("https"), kind, "x", 60), public.set(scope(), kind, "x", 60)):
        assert found.startswith("__Host-dashboard-")
        assert found.partition("=")[0].endswith(kind)
        assert found.endswith("=x; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure")


def test_two_dashboards_on_one_host_have_cookies_of_their_own() -> None:
    settings: tuple[dict[str, str], ...] = ({}, {"DASHBOARD_BASE_PATH": "/a"}, {"DASHBOARD_BASE_PATH": "/b"})
    names = {cookies(**one).set(scope("https"), SESSION, "x", 1).partition("=")[0] for one in settings}
    ports = {cookies(PORT=port).set(scope(), SESSION, "x", 1).partition("=")[0] for port in ("8050", "8051")}
    assert (len(names), ports) == (3, {"dashboard_8050", "dashboard_8051"})


def test_web_processes_with_one_public_address_share_their_cookies() -> None:
    public = {"DASHBOARD_PUBLIC_URL": "http://dashboard.example.org"}
    first, second = (cookies(PORT=port, **public).set(scope(), SESSION, "x", 1) for port in ("8050", "8051"))
    assert first == second
    assert first.startswith("dashboard-")
    assert "Secure" not in first


def test_a_plain_cookie_does_not_count_under_tls() -> None:
    secret = new_secret()
    assert cookies().read(scope("http", "localhost", f"dashboard_8050={secret}"), SESSION) == [secret]
    assert cookies().read(scope("https", "localhost", f"dashboard_8050={secret}"), SESSION) == []


@pytest.mark.parametrize(
    "value",
    ["", "x", "x" * 42, "x" * 44, "x" * 42 + "é", "x" * 42 + "\n", "x" * 5000, "x" * 20 + " " + "x" * 22],
)
def test_what_cannot_be_a_secret_is_not_looked_up(value: str) -> None:
    assert cookies().read(scope("http", "localhost", f"dashboard_8050={value}"), SESSION) == []


def test_of_many_cookies_of_one_name_a_few_are_tried() -> None:
    line = "; ".join(f"dashboard_8050={new_secret()}" for _ in range(50))
    assert len(cookies().read(scope("http", "localhost", line, line), SESSION)) == 3
