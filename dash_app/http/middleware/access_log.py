"""The access log: one record for each request and each socket, when it is over.

It has the path, never the query: what people search for, and what opens a session, is nobody else's business.
"""

from __future__ import annotations

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dash_app.http.doors import is_internal
from engine.model.text.log_text import REQUESTS, log_event

ABANDONED = 499
"""The status of a request whose client went away before its answer began, as nginx names it."""

_SOCKET_STATUS = {"websocket.accept": 101, "websocket.close": 403}


class AccessLog:
    """Logs each request if ``is_on``; a socket is logged when it is closed, with its whole time."""

    def __init__(self, app: ASGIApp, is_on: bool) -> None:
        self._app = app
        self._is_on = is_on

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and log it when its answer is sent."""
        if not self._is_on or scope["type"] == "lifespan" or is_internal(scope):
            await self._app(scope, receive, send)
            return
        started, status, size_bytes = time.perf_counter(), 0, 0
        # The middlewares below take the base path off.
        path, is_head = scope["path"], scope.get("method") == "HEAD"

        async def send_counted(message: Message) -> None:
            nonlocal status, size_bytes
            kind = message["type"]
            if kind in ("http.response.start", "websocket.http.response.start"):
                status = message["status"]
            elif not status:
                status = _SOCKET_STATUS.get(kind, 0)
            if not is_head:
                size_bytes += len(message.get("body") or (message.get("text") or "").encode())
            await send(message)

        try:
            await self._app(scope, receive, send_counted)
        except Exception:
            # The server answers so when the app has not.
            status = status or 500
            raise
        finally:
            _log(scope, path, status or ABANDONED, size_bytes, time.perf_counter() - started)


def _log(scope: Scope, path: str, status: int, size_bytes: int, seconds: float) -> None:
    fields = {
        "client": scope["client"][0] if scope["client"] else None,
        "method": scope.get("method", "SOCKET"),
        "path": path,
        "status": status,
        "bytes": size_bytes,
        "duration_ms": round(seconds * 1000, 1),
    }
    line = " ".join(str(fields[name]) for name in ("client", "method", "path", "status"))
    log_event(REQUESTS, f"{line} {size_bytes} B {fields['duration_ms']} ms", fields)
