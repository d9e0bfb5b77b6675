"""The files for nginx and Caddy as they stand, before real servers: a name of its own, a path of a name."""

from __future__ import annotations

import json
import re
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from dash_app.pages import PAGES
from engine.model.clock import wall_clock
from engine.model.setting_table.loading import load_settings
from tests.dash_app.given import database, fill_cache
from tests.deployment import caddy
from tests.deployment.caddy import running_caddy
from tests.deployment.nginx import (
    BASE,
    DASHBOARD_ADDRESS,
    deployed,
    running_nginx,
    without_the_path,
)
from tests.deployment.serving import running_server
from tests.engine.programs import free_port

NAME = "dashboard.example.org"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@dataclass(frozen=True)
class Deployment:
    """Where nginx listens, for a path kept or taken off and for a name without TLS and with it; and Caddy.

    ``log`` is that of the dashboards behind them.
    """

    kept: int
    taken_off: int
    plain: int
    tls: int
    caddy: int
    certificate: Path
    log: Path

    def client(self, port: int, name: str = "") -> httpx.Client:
        """Return a client of one of the ports, which asks for a name."""
        headers = {"Host": name} if name else {}
        if port != self.tls:
            return httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60)
        context = ssl.create_default_context(cafile=str(self.certificate))
        client = httpx.Client(
            base_url=f"https://127.0.0.1:{port}", verify=context, headers=headers, timeout=60
        )
        client.event_hooks["request"] = [lambda request: request.extensions.update(sni_hostname=name)]
        return client


def made_certificate(folder: Path) -> tuple[Path, Path]:
    """Return a certificate of the name, which it signs itself, and its key."""
    certificate, key = folder / "dashboard.pem", folder / "dashboard.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}",
         "-addext", f"subjectAltName=DNS:{NAME}", "-out", certificate, "-keyout", key],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder: Path = tmp_path_factory.mktemp("nginx")
    db = database(folder)
    fill_cache(db, wall_clock())
    certificate, key = made_certificate(folder)
    found = Deployment(
        kept=free_port(),
        taken_off=free_port(),
        plain=free_port(),
        tls=free_port(),
        caddy=free_port(),
        certificate=certificate,
        log=folder / "server.log",
    )
    below_path, with_name = free_port(), free_port()
    path, name = deployed("path.conf", below_path), deployed("name.conf", with_name)
    for ours, theirs in (
        ("listen [::]:80;", ""),
        ("listen [::]:443 ssl http2;", ""),
        ("listen 80;", f"listen 127.0.0.1:{found.plain};"),
        ("listen 443 ssl", f"listen 127.0.0.1:{found.tls} ssl"),
        ("/etc/ssl/dashboard.pem", str(certificate)),
        ("/etc/ssl/dashboard.key", str(key)),
    ):
        assert ours in name
        name = name.replace(ours, theirs)
    servers = "".join(
        f"server {{ listen 127.0.0.1:{port}; {text} }}\n"
        for port, text in ((found.kept, path), (found.taken_off, without_the_path(path)))
    )
    settings = {
        "DASHBOARD_TRUSTED_PROXIES": "127.0.0.1",
        "DASHBOARD_ACCESS_LOG": "yes",
        "DASHBOARD_LOG_FORMAT": "json",
    }
    with (
        running_server(
            db,
            below_path,
            DASHBOARD_BASE_PATH=BASE,
            DASHBOARD_ALLOWED_HOSTS=caddy.NAME_WITH_PATH,
            **settings,
        ),
        running_server(db, with_name, DASHBOARD_PUBLIC_URL=f"https://{NAME}", **settings),
        running_nginx(folder, servers + name, found.kept),
        running_caddy(folder, found.caddy, with_name, below_path),
    ):
        yield found


@dataclass(frozen=True)
class Proxied:
    """The dashboard as a browser reaches it: a proxy's port, the name asked for or "", its base path."""

    port: int
    name: str
    base: str
    client: httpx.Client


WAYS = {
    "nginx, path kept": ("kept", "", BASE),
    "nginx, path taken off": ("taken_off", "", BASE),
    "nginx, name": ("tls", NAME, ""),
    "Caddy, path": ("caddy", caddy.NAME_WITH_PATH, BASE),
    "Caddy, name": ("caddy", caddy.NAME, ""),
}


@pytest.fixture(params=WAYS.values(), ids=list(WAYS))
def proxied(request: pytest.FixtureRequest, deployment: Deployment) -> Iterator[Proxied]:
    proxy, name, base = request.param
    port: int = getattr(deployment, proxy)
    with deployment.client(port, name) as client:
        yield Proxied(port, name, base, client)


def test_pages_scripts_and_values_come_through(proxied: Proxied) -> None:
    base, client = proxied.base, proxied.client
    for page in PAGES:
        answer = client.get(base + page.path)
        assert answer.status_code == 200, page.path
        addresses = re.findall(r'(?:src|href)="([^"#][^"]*)"', answer.text)
    assert len(addresses) > 5
    for address in addresses:
        assert address.startswith(f"{base}/")
        assert client.get(address).status_code == 200, address
    for path in ("/api/pages", "/state", "/metrics", "/healthz"):
        assert client.get(base + path).status_code == 200, path


def test_compressed_bytes_come_through_as_they_are(proxied: Proxied) -> None:
    base, client = proxied.base, proxied.client
    page = client.get(f"{base}/").text
    script = next(address for address in re.findall(r'src="([^"]+)"', page) if "plotly" in address)
    with client.stream("GET", script, headers={"Accept-Encoding": "br"}) as answer:
        assert answer.headers["content-encoding"] == "br"
        assert 100_000 < len(b"".join(answer.iter_raw())) < 700_000


def test_the_socket_is_opened_and_speaks(deployment: Deployment, proxied: Proxied) -> None:
    options: dict[str, Any] = {
        "additional_headers": SAME_ORIGIN,
        "open_timeout": 60,
        "sock": socket.create_connection(("127.0.0.1", proxied.port)),
    }
    scheme = "ws"
    if proxied.port == deployment.tls:
        scheme, options["ssl"] = "wss", ssl.create_default_context(cafile=str(deployment.certificate))
    # The connection is there already; the address is what the request says.
    url = f"{scheme}://{proxied.name or f'127.0.0.1:{proxied.port}'}{proxied.base}/live"
    with connect(url, **options) as live:
        assert "version" in json.loads(live.recv(timeout=60))


def test_redirects_lead_to_addresses_of_the_proxy(proxied: Proxied) -> None:
    base, client = proxied.base, proxied.client
    answer = client.get(f"{base}/cron")
    assert (answer.status_code, answer.headers["location"]) == (308, f"{base}/jobs")


def test_a_path_without_its_slash_leads_to_the_first_page(deployment: Deployment) -> None:
    for port in (deployment.kept, deployment.taken_off):
        with deployment.client(port) as client:
            answer = client.get(BASE)
            assert answer.status_code in (301, 308)
            assert answer.headers["location"] == f"http://127.0.0.1:{port}{BASE}/"


@pytest.mark.parametrize("proxied", [WAYS["nginx, path kept"], WAYS["nginx, name"]], indirect=True)
def test_nginx_refuses_a_body_that_is_larger_than_any_of_a_page(proxied: Proxied) -> None:
    answer = proxied.client.post(
        f"{proxied.base}/_dash-update-component",
        content=bytes(300_000),
        headers=SAME_ORIGIN | {"Content-Type": "application/json"},
    )
    assert answer.status_code == 413


def test_plain_http_leads_to_tls(deployment: Deployment) -> None:
    with deployment.client(deployment.plain, NAME) as client:
        answer = client.get("/llm?x=1")
    assert (answer.status_code, answer.headers["location"]) == (308, f"https://{NAME}/llm?x=1")


def test_the_client_is_the_one_that_the_proxy_sees_whatever_it_says_of_itself(deployment: Deployment) -> None:
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Real-IP": "203.0.113.9", "Forwarded": "for=203.0.113.9"}
    transport = httpx.HTTPTransport(local_address="127.0.0.2")
    with httpx.Client(transport=transport, timeout=60) as client:
        for port, name, base in WAYS.values():
            if port != "tls":
                url = f"http://127.0.0.1:{getattr(deployment, port)}{base}/api/openapi.json"
                client.get(url, headers=forged | ({"Host": name} if name else {}))
    asked = logged_requests(deployment, "/api/openapi.json", len(WAYS) - 1)
    assert [(line["client"], line["status"]) for line in asked] == [("127.0.0.2", 200)] * (len(WAYS) - 1)


def logged_requests(deployment: Deployment, path: str, number: int) -> list[dict[str, Any]]:
    """Return what the dashboards have logged of requests for a path, once there are that many.

    A request is logged when its answer is sent, and its client may be sooner.
    """
    deadline = time.monotonic() + 60
    while True:
        lines = deployment.log.read_text().splitlines()
        records = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        asked = [
            one for one in records if one["logger"] == "dashboard.request" and one["path"].endswith(path)
        ]
        if len(asked) >= number or time.monotonic() > deadline:
            return asked
        time.sleep(0.05)


def test_a_query_is_in_no_log_of_the_dashboard(deployment: Deployment) -> None:
    with deployment.client(deployment.kept) as client:
        client.get(f"{BASE}/asked-once?secret=1")
    assert logged_requests(deployment, "/asked-once", 1)
    assert "secret" not in deployment.log.read_text()


def test_the_files_name_the_address_that_the_dashboard_listens_on_by_default() -> None:
    settings = load_settings({}, Path("no.env"))
    assert f"{settings.host}:{settings.port}" == DASHBOARD_ADDRESS
    assert deployed("path.conf", 8050).count("http://127.0.0.1:8050") > 2
