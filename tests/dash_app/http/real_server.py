"""The web server of ``dashboard serve`` in a thread, and connections to it that send what they like."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from starlette.types import ASGIApp

from engine.cli.web_server import AnnouncingServer

PATIENCE_SECONDS = 60.0


class _Server(AnnouncingServer):
    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, "", ())
        self.is_up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()


@dataclass(frozen=True)
class Served:
    """A server that runs, and its port."""

    port: int
    server: AnnouncingServer

    @property
    def connections(self) -> int:
        """Return how many connections are open."""
        return len(self.server.server_state.connections)


@contextlib.contextmanager
def serving(app: ASGIApp) -> Iterator[Served]:
    """Serve an app on a free port until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    listener.setblocking(False)
    server = _Server(app)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        assert server.is_up.wait(PATIENCE_SECONDS)
        yield Served(int(listener.getsockname()[1]), server)
    finally:
        server.should_exit = True
        thread.join(PATIENCE_SECONDS)


@contextlib.contextmanager
def connection(port: int) -> Iterator[socket.socket]:
    """Return a connection to a port of this machine."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as connected:
        yield connected


def answer(connected: socket.socket) -> bytes:
    """Return all that a server sends until it closes the connection."""
    parts = []
    with contextlib.suppress(ConnectionError):
        while part := connected.recv(65536):
            parts.append(part)
    return b"".join(parts)


def asked(port: int, request: bytes) -> bytes:
    """Return the answer to some bytes, sent on a connection of their own."""
    with connection(port) as connected:
        with contextlib.suppress(ConnectionError):
            connected.sendall(request)
        return answer(connected)


def statuses(answers: bytes) -> list[int]:
    """Return the statuses of the answers on a connection."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answers)]


def wait_for(happens: Callable[[], bool]) -> None:
    """Return when something has happened."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.02)
