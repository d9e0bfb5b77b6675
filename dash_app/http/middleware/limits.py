"""The limits on bodies: their size, and how long a client may take to send one."""

from __future__ import annotations

import asyncio
import contextlib

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dash_app.http.doors import READING, is_internal
from dash_app.http.middleware.refusals import NotedSend, header_values

MOST_BODY_BYTES = 256 * 1024
BODY_SECONDS = 30.0


class BodyRefusedError(Exception):
    """A body that is over a limit, with the answer to it."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


_TOO_LARGE = (413, "The body is larger than 256 kB")
_TOO_SLOW = (408, "The body did not come in time")
_NO_BODY = (400, "This request takes no body")


class BodyLimits:
    """Answers 413 to a body that is too large, by its header or as it comes, and 408 to one that is too slow.

    A request that only reads has no body.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with a body that is counted as it is read."""
        if scope["type"] != "http" or is_internal(scope):
            await self._app(scope, receive, send)
            return
        noted = NotedSend(send)
        try:
            _check_headers(scope)
            await self._app(scope, _limited(receive), noted)
        except BodyRefusedError as refusal:
            if noted.is_started:
                raise
            await PlainTextResponse(refusal.text, refusal.status)(scope, receive, send)


def _check_headers(scope: Scope) -> None:
    lengths = header_values(scope, b"content-length")
    length = 0
    with contextlib.suppress(ValueError):
        length = int(lengths[0]) if lengths else 0
    if scope["method"] in READING and (length or header_values(scope, b"transfer-encoding")):
        raise BodyRefusedError(*_NO_BODY)
    if length > MOST_BODY_BYTES:
        raise BodyRefusedError(*_TOO_LARGE)


def _limited(receive: Receive) -> Receive:
    received_bytes = 0
    is_whole = False
    deadline = asyncio.get_running_loop().time() + BODY_SECONDS

    async def receive_limited() -> Message:
        nonlocal received_bytes, is_whole
        if is_whole:
            return await receive()
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise BodyRefusedError(*_TOO_SLOW) from None
        received_bytes += len(message.get("body", b""))
        if received_bytes > MOST_BODY_BYTES:
            raise BodyRefusedError(*_TOO_LARGE)
        is_whole = not message.get("more_body", False)
        return message

    return receive_limited
