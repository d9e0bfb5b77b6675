"""Servers for tests: one that answers with bytes as they are given, one that does as the dashboard does."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import uvicorn
from fastapi import FastAPI, WebSocket

from benchmarks.serving.served import free_port

Answers = Callable[[bytes], list[bytes]]


@contextlib.asynccontextmanager
async def answering(answers: Answers) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Answer each request's head with pieces of bytes; give the port and the requests so far.

    No pieces end the connection, as does an empty last one after the others.
    """
    requests: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                requests.append(head)
                pieces = answers(head)
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0)
                if not pieces or pieces[-1] == b"":
                    break
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], requests


class FakeDashboard:
    """Says a version on sockets, and whether its one page is complete; counts what it is asked."""

    def __init__(self) -> None:
        self.version = "1"
        self.is_complete = True
        self.reads = 0
        self.sockets = 0
        self.app = FastAPI()
        self.app.add_api_route("/health", lambda: {"status": "ok"})
        self.app.add_api_route("/read", self._read)
        self.app.add_api_route("/api/page/one", self._page)
        self.app.add_api_websocket_route("/live", self._live)

    async def _read(self) -> dict[str, Any]:
        self.reads += 1
        return {}

    async def _page(self) -> dict[str, Any]:
        state = "fresh" if self.is_complete else "missing"
        return {"datasets": {"d": {"state": state, "value": {"x": [1]} if self.is_complete else None}}}

    async def _live(self, socket: WebSocket) -> None:
        await socket.accept()
        self.sockets += 1
        told = ""
        with contextlib.suppress(Exception):
            while True:
                if told != self.version:
                    told = self.version
                    await socket.send_text(json.dumps({"version": told, "run": None}))
                await asyncio.sleep(0.01)

    @contextlib.contextmanager
    def serving(self) -> Iterator[int]:
        """Serve in a thread; give the port."""
        port = free_port()
        server = uvicorn.Server(uvicorn.Config(self.app, port=port, log_level="error", lifespan="off"))
        # What is left open by a test is not waited for.
        server.config.timeout_graceful_shutdown = 1
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
        try:
            yield port
        finally:
            server.should_exit = True
            thread.join(20)
