"""nginx and Caddy that ask for the login themselves: their files as they stand, before real servers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from engine.model.clock import wall_clock
from tests.dash_app.given import database, fill_cache
from tests.deployment.caddy import running_caddyfile
from tests.deployment.nginx import NGINX_FILES, ROOT, running_nginx
from tests.deployment.serving import running_server
from tests.engine.programs import free_port

NAME = "dashboard.example.org"
LOGIN_SERVICE, DASHBOARD = "127.0.0.1:4180", "127.0.0.1:8050"
FORGED = {
    "X-Forwarded-User": "alice",
    "X_Forwarded_User": "alice",
    "X-Auth-Request-User": "alice",
    "X-Forwarded-For": "127.0.0.1",
}


class LoginService(BaseHTTPRequestHandler):
    """Answers as oauth2-proxy does: 202 with the name of whom the cookie names, else 401."""

    def do_GET(self) -> None:
        """Answer who is logged in."""
        name = self.headers.get("Cookie", "").removeprefix("who=")
        self.send_response(202 if name and self.path == "/oauth2/auth" else 401)
        # Somebody without a name is logged in too: what the client says of itself must not take its place.
        if name and name != "nameless":
            self.send_header("X-Auth-Request-User", name)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@dataclass(frozen=True)
class Ports:
    nginx: int
    caddy: int
    dashboard: int


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ports]:
    folder: Path = tmp_path_factory.mktemp("login_proxies")
    db = database(folder)
    fill_cache(db, wall_clock())
    found = Ports(free_port(), free_port(), free_port())
    service = ThreadingHTTPServer(("127.0.0.1", 0), LoginService)
    threading.Thread(target=service.serve_forever, daemon=True).start()

    def changed(text: str, *changes: tuple[str, str]) -> str:
        there = (
            (LOGIN_SERVICE, f"127.0.0.1:{service.server_port}"),
            (DASHBOARD, f"127.0.0.1:{found.dashboard}"),
        )
        for ours, theirs in (*there, *changes):
            assert ours in text, ours
            text = text.replace(ours, theirs)
        return text

    nginx = changed(
        (NGINX_FILES / "login.conf").read_text(encoding="utf-8"),
        ("listen [::]:443 ssl http2;", ""),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{found.nginx};"),
        ("ssl_certificate /etc/ssl/dashboard.pem;", ""),
        ("ssl_certificate_key /etc/ssl/dashboard.key;", ""),
    )
    caddy = changed(
        (ROOT / "deploy" / "caddy" / "login.Caddyfile").read_text(encoding="utf-8"),
        (f"\n{NAME} {{", f"\nhttp://{NAME}:{found.caddy} {{"),
    )
    settings = {
        "DASHBOARD_TRUSTED_PROXIES": "127.0.0.1",
        "DASHBOARD_AUTH_HEADER": "X-Forwarded-User",
        "DASHBOARD_AUTH_OPERATORS": "alice",
        "DASHBOARD_PUBLIC_URL": f"https://{NAME}",
    }
    with (
        running_server(db, found.dashboard, **settings),
        running_nginx(folder, nginx, found.nginx),
        running_caddyfile(folder, found.caddy, caddy),
    ):
        yield found
    service.shutdown()


def client(port: int, who: str = "", **headers: str) -> httpx.Client:
    cookie = {"Cookie": f"who={who}"} if who else {}
    sent = {"Host": NAME, "Sec-Fetch-Site": "same-origin"} | cookie | headers
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=sent, timeout=60)


@pytest.mark.parametrize("proxy", ["nginx", "caddy"])
def test_the_proxys_login_is_the_dashboards(ports: Ports, proxy: str) -> None:
    port = getattr(ports, proxy)
    with client(port) as stranger:
        assert stranger.get("/").status_code == 401
        assert stranger.get("/api/pages").status_code == 401
        for probe in ("/healthz", "/readyz"):
            assert stranger.get(probe).status_code in (200, 503)
    with client(port, "alice") as alice, client(port, "bob") as bob:
        assert alice.get("/").status_code == bob.get("/llm").status_code == 200
        assert alice.get("/metrics").status_code == 200
        assert bob.get("/metrics").status_code == 403
        assert bob.post("/api/refresh").status_code == 403
        assert alice.post("/api/refresh/llm").status_code == 202


@pytest.mark.parametrize("proxy", ["nginx", "caddy"])
def test_nobody_names_himself_behind_the_proxy(ports: Ports, proxy: str) -> None:
    port = getattr(ports, proxy)
    with client(port, **FORGED) as stranger:
        assert stranger.get("/api/pages").status_code == 401
    with client(port, "bob", **FORGED) as bob:
        assert bob.get("/api/pages").status_code == 200
        assert bob.get("/metrics").status_code == 403
    with client(port, "nameless", **FORGED) as nameless:
        assert nameless.get("/api/pages").status_code == 401


def socket_at(port: int, headers: dict[str, str]) -> ClientConnection:
    """Open the socket of a page of the dashboard, at a port of this machine."""
    stream = socket.create_connection(("127.0.0.1", port), timeout=60)
    origin = Origin(f"https://{NAME}")
    return connect(f"ws://{NAME}/live", sock=stream, origin=origin, additional_headers=headers)


@pytest.mark.parametrize("proxy", ["nginx", "caddy"])
def test_the_socket_asks_for_the_same_login(ports: Ports, proxy: str) -> None:
    with socket_at(getattr(ports, proxy), {"Cookie": "who=bob"}) as live:
        assert "version" in str(live.recv(timeout=60))
    with pytest.raises(InvalidStatus) as refused:
        socket_at(getattr(ports, proxy), FORGED)
    assert refused.value.response.status_code == 401


def test_a_socket_past_the_proxy_says_nothing_without_a_name(ports: Ports) -> None:
    with socket_at(ports.dashboard, {}) as live, pytest.raises(ConnectionClosed):
        live.recv(timeout=60)
    assert live.close_code == 4401
