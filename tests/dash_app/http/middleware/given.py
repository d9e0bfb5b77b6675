"""An app that notes what passes a middleware, and requests as a server hands them on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Headers = tuple[tuple[str, str], ...]


class App:
    """Answers everything with 200, and notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[Scope] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        self.asked.append(scope)
        await PlainTextResponse("passed")(scope, receive, send)


def a_scope(path: str = "/", method: str = "GET", headers: Headers = (), **more: Any) -> dict[str, Any]:
    """Return the scope of a request, or of a socket if the method is empty."""
    return {
        "type": "http" if method else "websocket",
        "method": method,
        "scheme": "http" if method else "ws",
        "path": path,
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
        "server": ("127.0.0.1", 8050),
        "client": ("127.0.0.1", 50000),
        "extensions": {"websocket.http.response": {}},
        **more,
    }


def status(middleware: Callable[[ASGIApp], ASGIApp], scope: Scope) -> int:
    """Return the status that a middleware round ``App`` answers a request or a handshake with."""
    statuses: list[int] = []

    async def send(message: Message) -> None:
        if message["type"].endswith("response.start"):
            statuses.append(message["status"])

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    app = App()
    asyncio.run(middleware(app)(scope, receive, send))  # type: ignore[arg-type]
    assert bool(app.asked) == (statuses == [200])
    return statuses[0]
