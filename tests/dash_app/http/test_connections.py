"""A server whose connections or files run out goes on, and says what would help."""

from __future__ import annotations

import contextlib
import logging
import resource
import socket
from collections.abc import Iterator

import pytest
from starlette.responses import PlainTextResponse

from dash_app.http.protocol import _crowded
from engine.cli import web_server
from engine.cli.web_server import raise_file_limit
from tests.dash_app.http.real_server import Served, connection, serving, statuses, wait_for


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A server that takes eight connections."""
    monkeypatch.setattr(web_server, "raise_file_limit", lambda: 16)
    monkeypatch.setattr(_crowded, "_logged_at", -1000.0)
    with serving(_app) as served:
        yield served


async def _app(scope: object, receive: object, send: object) -> None:
    if scope["type"] == "lifespan":  # type: ignore[index]
        await receive()  # type: ignore[operator]
        await send({"type": "lifespan.startup.complete"})  # type: ignore[operator]
        return
    await PlainTextResponse("here")(scope, receive, send)  # type: ignore[arg-type]


def test_the_connection_that_waits_longest_makes_room(
    small: Served, caplog: pytest.LogCaptureFixture
) -> None:
    with contextlib.ExitStack() as stack, caplog.at_level(logging.WARNING):
        waiting = [stack.enter_context(connection(small.port)) for _ in range(20)]
        with connection(small.port) as latest:
            assert ask(latest) == [200]
        assert small.connections <= 8
        # The first ones are closed without a word.
        with contextlib.suppress(ConnectionError):
            assert waiting[0].recv(10) == b""
    assert len(caplog.messages) == 1
    assert "raise `ulimit -n`" in caplog.messages[0]


@pytest.fixture
def limits() -> Iterator[tuple[int, int]]:
    """Return the limits on open files, and set them back after the test."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield before
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_soft_limit_on_open_files_is_raised(limits: tuple[int, int]) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, limits[1]))
    raised = raise_file_limit()
    assert raised > 200
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (raised, limits[1])


def test_a_server_without_a_file_left_says_so_and_serves_again(
    limits: tuple[int, int], caplog: pytest.LogCaptureFixture
) -> None:
    with serving(_app) as served, connection(served.port) as client, caplog.at_level(logging.WARNING):
        assert ask(client) == [200]
        # Whatever is open stays open, and nothing more can be.
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
        wait_for(lambda: bool(caplog.messages))
        assert ask(client) == [200]
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        with connection(served.port) as later:
            assert ask(later) == [200]
    assert caplog.messages == ["too many open files: connections are refused; raise `ulimit -n`"]


def ask(client: socket.socket) -> list[int]:
    client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return statuses(client.recv(1000))
