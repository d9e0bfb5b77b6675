"""How a middleware refuses: one answer, for a request as for a socket."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket

SHOWN_LENGTH = 100
TRY_AGAIN = {"Retry-After": "5"}
"""The header of an answer that says that something is not possible just now."""


async def refuse(answer: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Send an answer in place of the app; a socket gets it as the HTTP answer to its handshake."""
    if scope["type"] == "http" or "websocket.http.response" in scope.get("extensions", {}):
        await answer(scope, receive, send)
    else:
        await WebSocket(scope, receive, send).close()


class NotedSend:
    """Sends messages on, and notes whether an answer ``is_started``: another can then no longer be sent."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.is_started = False

    async def __call__(self, message: Message) -> None:
        """Send a message on."""
        self.is_started = True
        await self._send(message)


def header_values(scope: Scope, name: bytes) -> list[str]:
    """Return the values of a request's header, each as it came; ``name`` is in lower case."""
    return [value.decode("latin-1") for found, value in scope["headers"] if found == name]


def shown(text: str) -> str:
    """Return a text of a client as a log may show it: short, quoted, without control characters."""
    return ascii(text[:SHOWN_LENGTH])
