"""What holds for every request that reads: HEAD wherever GET is, and no copy of data that is used unasked."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REVALIDATED = "private, no-cache"


class Reading:
    """Answers HEAD as GET without the body.

    An answer that names no Cache-Control is for its reader alone, who asks each time whether it still holds.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_head = scope["method"] == "HEAD"

        async def send_headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault("Cache-Control", REVALIDATED)
            elif is_head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        if not is_head:
            await self._app(scope, receive, send_headed)
            return
        # Another scope, because the server looks at the method of its own.
        inner = {**scope, "method": "GET"}
        try:
            await self._app(inner, receive, send_headed)
        finally:
            # The access log names the client that a trusted proxy has named within.
            scope["client"] = inner.get("client")
