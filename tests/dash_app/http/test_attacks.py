"""What a stranger can send to a real server, and what comes of it."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from dash_app.built_files import ASSETS
from dash_app.http import protocol
from dash_app.http.delivery import CALLBACK_PATH
from dash_app.http.middleware import limits
from dash_app.http.middleware.limits import MOST_BODY_BYTES
from dash_app.http.protocol import MOST_CHUNKS, MOST_HEADER_BYTES, MOST_HEADERS
from dash_app.server import create_server
from engine.model.setting_table.loading import load_settings
from tests.dash_app.given import database
from tests.dash_app.http.real_server import Served, answer, asked, connection, serving, statuses, wait_for

HOST = b"Host: 127.0.0.1:%d\r\n"
CLOSE = b"Connection: close\r\n"
HANDSHAKE = (
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("attacked")
    settings = load_settings({"DASHBOARD_DB": str(database(folder))}, folder / "no.env")
    with serving(create_server(settings)) as served:
        yield served


@pytest.fixture(scope="module")
def port(served: Served) -> int:
    return served.port


@pytest.fixture(autouse=True)
def still_serves(port: int) -> Iterator[None]:
    """Hold after each attack that the server answers as before."""
    yield
    assert statuses(request(port, "GET", "/health")) == [200]


def request(
    port: int, method: str, path: str, headers: bytes = b"", body: bytes = b"", *, host: bytes | None = None
) -> bytes:
    """Return the answer to one request of a connection that closes after it."""
    named = HOST % port if host is None else host
    return asked(port, b"%s %s HTTP/1.1\r\n%s%s%s\r\n%s" % (
        method.encode(), path.encode("latin-1"), named, CLOSE, headers, body,
    ))  # fmt: skip


def posted(port: int, body: bytes, headers: bytes = b"", length: int | None = None) -> bytes:
    """Return the answer to a callback of the server's own page."""
    sent = b"Origin: http://127.0.0.1:%d\r\nContent-Type: application/json\r\n" % port
    if length is not None or b"chunked" not in headers:
        sent += b"Content-Length: %d\r\n" % (len(body) if length is None else length)
    return request(port, "POST", CALLBACK_PATH, sent + headers, body)


def test_a_name_that_resolves_to_this_machine_reads_nothing(port: int) -> None:
    for path in ("/", "/state", "/metrics", "/api/pages", "/_dash-layout", "/assets/favicon.svg", "/x"):
        found = request(port, "GET", path, host=b"Host: evil.example:%d\r\n" % port)
        assert statuses(found) == [421], path
        assert found.endswith(b"DASHBOARD_ALLOWED_HOSTS.")


def test_a_socket_is_for_the_dashboards_own_pages(port: int) -> None:
    own = b"Origin: http://127.0.0.1:%d\r\n" % port
    with connection(port) as connected:
        connected.sendall(b"GET /live HTTP/1.1\r\n" + HOST % port + own + HANDSHAKE + b"\r\n")
        assert b" 101 " in connected.recv(100)
    for headers, status in (
        (b"", 403),
        (b"Origin: https://evil.example\r\n", 403),
        (b"Origin: null\r\n", 403),
        (own + b"Sec-Fetch-Site: cross-site\r\n", 403),
    ):
        assert statuses(request(port, "GET", "/live", headers + HANDSHAKE, host=HOST % port))[:1] == [status]
    foreign = request(port, "GET", "/live", own + HANDSHAKE, host=b"Host: evil.example\r\n")
    assert statuses(foreign) == [421]


def test_sockets_that_are_refused_write_nothing_into_the_log(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        for host, status in ((HOST % port, 403), (b"Host: evil.example\r\n", 421)):
            assert statuses(request(port, "GET", "/live", HANDSHAKE, host=host)) == [status]
        # The server works through connections in order, so it has logged what it logs of those before.
        assert statuses(request(port, "GET", "/health")) == [200]
    assert caplog.messages == []


@pytest.mark.parametrize(
    "path", ["/", "/_dash-ws-callback", "/metrics", "/nowhere", "/live/", "//live", "/%6cive%0a"]
)
def test_no_other_address_takes_a_socket(port: int, path: str) -> None:
    own = b"Origin: http://127.0.0.1:%d\r\n" % port
    assert statuses(request(port, "GET", path, own + HANDSHAKE)) in ([404], [400])


def test_a_page_of_another_site_starts_no_run(port: int) -> None:
    body = orjson.dumps({"output": "cache-state.children", "inputs": [], "changedPropIds": []})
    length = b"Content-Length: %d\r\n" % len(body)
    for headers in (
        b"Origin: https://evil.example\r\nContent-Type: text/plain\r\n",
        b"Origin: https://evil.example\r\nContent-Type: application/json\r\n",
        b"Sec-Fetch-Site: cross-site\r\nContent-Type: application/json\r\n",
        b"Content-Type: application/json\r\n",
    ):
        assert statuses(request(port, "POST", CALLBACK_PATH, headers + length, body)) == [403]
    preflight = b"Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n"
    found = request(port, "OPTIONS", CALLBACK_PATH, preflight)
    assert statuses(found)[0] >= 400
    assert b"access-control" not in found.lower()


def test_a_body_beyond_the_limit_is_refused_by_its_header(port: int) -> None:
    with connection(port) as connected:
        connected.sendall(
            b"POST %s HTTP/1.1\r\n" % CALLBACK_PATH.encode() + HOST % port
            + b"Origin: http://127.0.0.1:%d\r\nContent-Type: application/json\r\n" % port
            + b"Content-Length: 30000000\r\n\r\n"
        )  # fmt: skip
        assert b" 413 " in connected.recv(100)


def test_a_body_of_30_mb_is_not_read(port: int) -> None:
    found = posted(port, b"[" * 30_000_000)
    assert statuses(found) in ([413], [])


def test_a_chunked_body_is_counted(port: int) -> None:
    chunk = b"8000\r\n" + b"[" * 0x8000 + b"\r\n"
    found = posted(
        port, chunk * (MOST_BODY_BYTES // 0x8000 + 2) + b"0\r\n\r\n", b"Transfer-Encoding: chunked\r\n"
    )
    assert statuses(found) == [413]


def test_a_body_in_ever_so_small_chunks_is_refused(port: int) -> None:
    def sent(chunks: int) -> bytes:
        return posted(port, b"1\r\n[\r\n" * chunks + b"0\r\n\r\n", b"Transfer-Encoding: chunked\r\n")

    # What comes last is a chunk too, of nothing.
    assert statuses(sent(MOST_CHUNKS - 1)) == [400]
    assert statuses(sent(MOST_CHUNKS)) == [413]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_request_that_reads_has_no_body(port: int, method: str) -> None:
    assert statuses(request(port, method, "/state", b"Content-Length: 2\r\n", b"{}")) == [400]
    chunked = b"Transfer-Encoding: chunked\r\n"
    assert statuses(request(port, method, "/state", chunked, b"2\r\n{}\r\n0\r\n\r\n")) == [400]
    assert statuses(request(port, method, "/state", b"Content-Length: 0\r\n")) == [200]


@pytest.mark.parametrize(
    "headers",
    [
        b"X: " + b"a" * (2 * MOST_HEADER_BYTES) + b"\r\n",
        b"".join(b"X-%d: a\r\n" % number for number in range(MOST_HEADERS)),
        b"X-%d: a\r\n" % 1 * 5000,
        b"a" * (2 * MOST_HEADER_BYTES) + b": x\r\n",
        b"Cookie: " + b"a=b; " * 20_000 + b"\r\n",
    ],
)
def test_headers_beyond_the_limit_are_refused(port: int, headers: bytes) -> None:
    assert statuses(request(port, "GET", "/", headers)) == [431]


def test_headers_without_an_end_are_refused_as_they_come(port: int) -> None:
    begun = b"GET / HTTP/1.1\r\n" + HOST % port
    assert statuses(asked(port, begun + b"X: " + b"a" * 1_000_000)) == [431]
    assert statuses(asked(port, b"GET /" + b"a" * 1_000_000)) == [431]


def test_an_address_beyond_the_limit_is_refused(port: int) -> None:
    assert statuses(request(port, "GET", "/" + "a" * (2 * MOST_HEADER_BYTES))) == [431]
    assert statuses(request(port, "GET", "/api/dataset/" + "a" * 4000)) == [414]


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the server wait for a client a moment only."""
    monkeypatch.setattr(protocol, "HEADER_SECONDS", 0.3)
    monkeypatch.setattr(protocol, "STANDSTILL_SECONDS", 0.3)
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.3)


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\nHost: ", b"G", b"POST / HTTP/1.1\r\nX: y\r\n"])
@pytest.mark.usefixtures("hasty")
def test_headers_that_do_not_come_end_the_connection(port: int, sent: bytes) -> None:
    assert statuses(asked(port, sent)) == [408]


@pytest.mark.usefixtures("hasty")
def test_a_connection_on_which_nothing_comes_is_closed(port: int) -> None:
    assert asked(port, b"") == b""
    # Line breaks before a request are none of it, and no sign of life either.
    assert asked(port, b"\r\n\r\n") in (b"", b"HTTP/1.1 408")


@pytest.mark.usefixtures("hasty")
def test_headers_that_drip_in_get_no_more_time(port: int) -> None:
    with connection(port) as connected:
        is_over = threading.Event()

        def drip() -> None:
            with contextlib.suppress(OSError):
                connected.sendall(b"GET / HTTP/1.1\r\n")
                while not is_over.wait(0.05):
                    connected.sendall(b"X: y\r\n")

        dripping = threading.Thread(target=drip)
        dripping.start()
        found = answer(connected)
        is_over.set()
        dripping.join()
    assert statuses(found) in ([408], [])


@pytest.mark.usefixtures("hasty")
def test_a_body_that_does_not_come_ends_the_request(port: int) -> None:
    assert statuses(posted(port, b"{", length=100)) == [408]
    assert statuses(posted(port, b"5\r\n{", b"Transfer-Encoding: chunked\r\n")) == [408]


@pytest.mark.usefixtures("hasty")
def test_a_client_that_reads_nothing_is_cut_off(served: Served) -> None:
    path = b"/assets/" + next(ASSETS.glob("plotly-*.js")).name.encode()
    # The buffers of the system take some of the answers.
    wanted = 20 * (b"GET %s HTTP/1.1\r\n%s\r\n" % (path, HOST % served.port))
    with connection(served.port) as connected:
        connected.sendall(wanted)
        assert connected.recv(10)
        wait_for(lambda: not served.connections)


def test_requests_in_a_row_are_answered_in_their_order(port: int) -> None:
    one = b"GET %s HTTP/1.1\r\n%s\r\n"
    sent = one % (b"/health", HOST % port) + one % (b"/nowhere", HOST % port)
    found = asked(port, sent + b"GET /state HTTP/1.1\r\n" + HOST % port + CLOSE + b"\r\n")
    assert statuses(found) == [200, 404, 200]


def test_thousands_of_requests_at_once_end_the_connection(port: int) -> None:
    found = statuses(asked(port, (b"GET /health HTTP/1.1\r\n" + HOST % port + b"\r\n") * 5000))
    assert found[-1] == 400
    assert len(found) < 5000


@pytest.mark.parametrize("version", [b"HTTP/1.0", b"HTTP/1.1"])
def test_without_a_host_only_the_probes_answer(port: int, version: bytes) -> None:
    def status(path: bytes) -> list[int]:
        return statuses(asked(port, b"GET %s %s\r\n%s\r\n" % (path, version, CLOSE)))

    assert (status(b"/"), status(b"/metrics"), status(b"/health")) == ([400], [400], [200])


@pytest.mark.parametrize(
    "target",
    [
        "http://evil.example/metrics", "http://127.0.0.1/metrics", "https://127.0.0.1:1/", "*", "metrics",
        "?x", "127.0.0.1:80",
    ],
)  # fmt: skip
def test_an_address_is_a_path(port: int, target: str) -> None:
    assert statuses(request(port, "GET", target)) == [400]
    assert statuses(request(port, "CONNECT", target))[0] in (400, 403, 404, 405)
    own = b"Origin: http://127.0.0.1:%d\r\n" % port
    assert statuses(request(port, "GET", target, own + HANDSHAKE)) in ([400], [404])


@pytest.mark.parametrize(
    "hosts",
    [
        b"Host: evil.example\r\nHost: 127.0.0.1\r\n",
        b"Host: 127.0.0.1\r\nHost: evil.example\r\n",
        b"Host: 127.0.0.1\r\nHost: 127.0.0.1\r\n",
        b"Host: 127.0.0.1 evil.example\r\n",
        b"Host:\r\n",
        b"Host : 127.0.0.1\r\n",
        b" Host: 127.0.0.1\r\n",
        b"Host: 127.0.0.1\r\n evil.example\r\n",
        b"Host: 127.0.0.1@evil.example\r\n",
        b"Host: \xff\xfe\r\n",
        b"X-Forwarded-Host: 127.0.0.1\r\nHost: evil.example\r\n",
    ],
)
def test_a_host_is_given_once_and_plainly(port: int, hosts: bytes) -> None:
    assert statuses(request(port, "GET", "/metrics", host=hosts))[0] in (400, 421)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("//", {404}),
        ("//metrics", {404}),
        ("/./metrics", {400}),
        ("/x/../metrics", {400}),
        ("/%2e%2e/metrics", {400}),
        ("/assets/%2e%2e/server.py", {400}),
        ("/assets/..%2fserver.py", {400}),
        ("/assets/..%5cserver.py", {400}),
        ("/assets//etc/passwd", {404}),
        ("/assets/%00", {400}),
        ("/metrics%00", {400}),
        ("/metrics%0a", {400}),
        ("/metrics%0d%0aX:%20y", {400}),
        ("/metrics;x", {404}),
        ("/metrics%2f", {404}),
        ("/metrics%", {404}),
        ("/%zz", {404}),
        ("/%ff%fe", {404}),
        ("/\xff", {400, 404}),
        ("/_dash-component-suites/dash/../../server.py", {400}),
        ("/_dash-component-suites/os/path.py", {404}),
        ("/_dash-component-suites/dash/dash.py", {404}),
        ("/_dash-component-suites/dash_app/server.py", {404}),
        ("/api/dataset/..%2f..%2fx", {400}),
        ("/api/page/%ff", {404}),
        ("/openapi.json", {404}),
        ("/docs", {404}),
        ("/.env", {404}),
    ],
)
def test_a_path_that_is_no_address_finds_nothing(port: int, path: str, expected: set[int]) -> None:
    found = request(port, "GET", path)
    assert statuses(found)[0] in expected
    assert b"Traceback" not in found
    assert b"registered" not in found


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x00" * 100,
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\nHost: 127.0.0.1\n\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\x00b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\rb\r\n\r\n",
    ],
)
def test_what_is_no_request_gets_400(port: int, sent: bytes) -> None:
    assert statuses(asked(port, sent)) == [400]


@pytest.mark.parametrize("protocol_name", [b"h2c", b"TLS/1.0", b"websocket2"])
def test_another_protocol_is_not_changed_to(port: int, protocol_name: bytes) -> None:
    headers = b"Upgrade: %s\r\nConnection: Upgrade\r\n" % protocol_name
    assert statuses(request(port, "GET", "/health", headers))[0] in (200, 400)


@pytest.mark.parametrize("method", ["POST", "PUT", "HEAD", "OPTIONS"])
def test_a_socket_is_opened_by_get_alone(port: int, method: str) -> None:
    own = b"Origin: http://127.0.0.1:%d\r\n" % port
    assert statuses(request(port, method, "/live", own + HANDSHAKE))[0] >= 400


@pytest.mark.parametrize(
    "headers",
    [
        b"Upgrade: websocket\r\nConnection: Upgrade\r\n",
        b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 1\r\nSec-WebSocket-Key: x\r\n",
        HANDSHAKE + b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        HANDSHAKE + b"Sec-WebSocket-Protocol: " + b"a," * 8000 + b"\r\n",
        HANDSHAKE + b"X-Odd: \xff\r\n" + b"".join(b"X-%d: y\r\n" % number for number in range(90)),
        HANDSHAKE + b"X: " + b"a" * 20_000 + b"\r\n",
    ],
)
def test_a_malformed_handshake_opens_no_socket_or_a_plain_one(port: int, headers: bytes) -> None:
    own = b"Origin: http://127.0.0.1:%d\r\n" % port
    with connection(port) as connected:
        connected.sendall(b"GET /live HTTP/1.1\r\n" + HOST % port + own + headers + b"\r\n")
        begun = connected.recv(200)
        assert statuses(begun)[0] in (101, 400, 426, 431), begun
        assert b"Traceback" not in begun
