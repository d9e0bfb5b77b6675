"""Sockets have a cap for each session and one for all."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from dash_app.http.middleware.sockets import SocketCaps
from tests.dash_app.http.middleware.given import a_scope


class Pages:
    """Open sockets, each until it is closed."""

    def __init__(self, **caps: int) -> None:
        self.session: str | None = None
        self.caps = SocketCaps(self._serve, lambda: self.session, **caps)
        self._ends: list[asyncio.Event] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            return
        end = asyncio.Event()
        self._ends.append(end)
        await send({"type": "websocket.accept"})
        await end.wait()

    async def open(self, session: str | None = None) -> int:
        """Return what a new socket is answered with: 101, or the status of a refusal."""
        self.session = session
        found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def send(message: Message) -> None:
            if not found.done():
                found.set_result(message.get("status", 101))

        async def receive() -> Message:
            return {"type": "websocket.connect"}

        self._tasks.append(asyncio.ensure_future(self.caps(a_scope("/live", ""), receive, send)))
        return await found

    async def close_one(self) -> None:
        """Close the socket that is open for the longest time."""
        self._ends.pop(0).set()
        await next(task for task in self._tasks if not task.done())


def test_a_session_has_so_many_sockets_and_no_more() -> None:
    async def scenario() -> None:
        pages = Pages(most_of_a_session=2)
        assert [await pages.open("a") for _ in range(3)] == [101, 101, 429]
        assert [await pages.open("b"), await pages.open("a")] == [101, 429]
        await pages.close_one()
        assert [await pages.open("a"), await pages.open("a")] == [101, 429]

    asyncio.run(scenario())


def test_a_process_has_so_many_sockets_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        pages = Pages(most_of_all=3, most_of_a_session=2)
        opened = [await pages.open(session) for session in ("a", None, None, None, "b")]
        assert opened == [101, 101, 101, 503, 503]
        await pages.close_one()
        assert await pages.open("b") == 101

    with caplog.at_level(logging.WARNING):
        asyncio.run(scenario())
    assert caplog.messages == ["3 sockets are open, the most at a time: further pages poll instead"]


def test_a_request_is_no_socket() -> None:
    sent: list[Any] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    asyncio.run(Pages(most_of_all=0).caps(a_scope(), receive, send))
    assert sent[0]["status"] == 200
