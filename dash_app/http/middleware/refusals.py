"""How a middleware refuses: one answer, for a request as for a socket that is not open yet."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket


async def refuse(answer: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Send an answer in place of the app; a socket gets it as the HTTP answer to its handshake."""
    if scope["type"] == "http" or "websocket.http.response" in scope.get("extensions", {}):
        await answer(scope, receive, send)
    else:
        await WebSocket(scope, receive, send).close()
