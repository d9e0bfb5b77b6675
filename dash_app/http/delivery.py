"""How responses leave the server: compressed.

All is plain ASGI middleware. Files are compressed once, because they do not change while the process lives.
The answers of callbacks are compressed once for a snapshot, because many readers get the same.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from dash.fingerprint import check_fingerprint
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dash_app.built_files import packed_file
from dash_app.http.compression import FILE_QUALITY, SMALLEST_BYTES, compressed, preferred
from engine.store import CacheSnapshot

CALLBACK_PATH = "/_dash-update-component"
MOST_FILES = 128
IMMUTABLE = "public, max-age=31536000, immutable"

# The build's own names, which change with the content.
_BUILT = re.compile(r"/assets/([a-z]+-[0-9A-Z]{8}\.(?:js|css))$")
_NOT_PASSED_ON = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")


def bodyless_request() -> Receive:
    """Return the receiving end of a request without a body whose client never leaves."""
    is_sent = False

    async def receive() -> Message:
        nonlocal is_sent
        if is_sent:
            await asyncio.Event().wait()
        is_sent = True
        return {"type": "http.request", "body": b"", "more_body": False}

    return receive


class CompressedAnswers:
    """Compresses every answer that is not compressed yet, and gives those of callbacks the type Dash omits.

    The compressed answers of callbacks are kept with the ``latest`` snapshot.
    """

    def __init__(self, app: ASGIApp, latest: Callable[[], CacheSnapshot | None]) -> None:
        self._app = app
        self._latest = latest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request with what the application answers, compressed."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_callback = scope["path"] == CALLBACK_PATH
        start: Message | None = None
        parts: list[bytes] = []

        async def send_compressed(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                if any(name == b"content-encoding" for name, _ in message["headers"]):
                    await send(message)
                else:
                    start = message
                return
            if start is None:
                await send(message)
                return
            parts.append(message.get("body", b""))
            if message.get("more_body", False):
                return
            body = b"".join(parts)
            headers = MutableHeaders(scope=start)
            if is_callback:
                headers.setdefault("content-type", "application/json")
            is_long = len(body) >= SMALLEST_BYTES
            if encoding := preferred(Headers(scope=scope).get("accept-encoding", "")) if is_long else "":
                body = self._kept(body, encoding) if is_callback else compressed(body, encoding)
                headers["content-encoding"] = encoding
                headers["content-length"] = str(len(body))
                headers.add_vary_header("Accept-Encoding")
            await send(start)
            await send({"type": "http.response.body", "body": body})

        await self._app(scope, receive, send_compressed)

    def _kept(self, body: bytes, encoding: str) -> bytes:
        snapshot = self._latest()
        if snapshot is None:
            return compressed(body, encoding)
        # Not by the body itself: who asks for ever new windows of tables would have all of them kept.
        key = ("compressed", hashlib.sha256(body).digest(), encoding)
        return snapshot.once(key, lambda: compressed(body, encoding))


async def _whole_answer(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[int, MutableHeaders, bytes]:
    """Return an application's own whole answer: not compressed, of no part, and never "not modified"."""
    plain = dict(scope) | {"headers": [pair for pair in scope["headers"] if pair[0] not in _NOT_PASSED_ON]}
    started: list[Message] = []
    parts: list[bytes] = []

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            started.append(message)
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))

    await app(plain, receive, send)
    return started[0]["status"], MutableHeaders(raw=started[0]["headers"]), b"".join(parts)


@dataclass(frozen=True)
class _File:
    body: bytes
    media_type: str
    encoding: str
    etag: str
    names_version: bool


_FileKey = tuple[tuple[str, bool], str]
"""A path without the version in its name, whether it had one, and an encoding."""


class CompressedFiles:
    """Serves the files below some paths compressed, each compressed once for an encoding."""

    def __init__(self, app: ASGIApp, prefixes: tuple[str, ...]) -> None:
        self._app = app
        self._prefixes = prefixes
        self._files: OrderedDict[_FileKey, _File] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for a file; pass any other on."""
        is_file = (
            scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith(self._prefixes)
        )
        if not is_file:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        encoding = preferred(headers.get("accept-encoding", ""))
        # Dash takes any version in a name for the file's own: each would be compressed again.
        key = (check_fingerprint(scope["path"]), encoding)
        file = self._files.get(key)
        if file is None:
            status, original, body = await _whole_answer(self._app, scope, bodyless_request())
            if status != 200:
                await Response(body, status, dict(original))(scope, receive, send)
                return
            built = _BUILT.search(scope["path"])
            file = await asyncio.to_thread(
                _compress, body, original, encoding, None if built is None else built[1]
            )
            self._keep(key, file)
        await _answer(file, headers, scope["query_string"])(scope, receive, send)

    def _keep(self, key: _FileKey, file: _File) -> None:
        self._files[key] = file
        while len(self._files) > MOST_FILES:
            self._files.popitem(last=False)


def _compress(body: bytes, original: Headers, encoding: str, built: str | None) -> _File:
    """Return a file as it is sent; ``built`` is its name if the build made it."""
    if len(body) < SMALLEST_BYTES:
        encoding = ""
    packed = packed_file(built) if built is not None and encoding == "br" else None
    if packed is None:
        packed = compressed(body, encoding, FILE_QUALITY)
    etag = f'"{hashlib.sha256(body).hexdigest()[:20]}-{encoding or "plain"}"'
    names_version = built is not None or "max-age=31536000" in original.get("cache-control", "")
    return _File(packed, original.get("content-type", ""), encoding, etag, names_version)


def _answer(file: _File, request: Headers, query: bytes) -> Response:
    headers = {"ETag": file.etag, "Vary": "Accept-Encoding", "Cache-Control": "no-cache"}
    if query or file.names_version:  # an address that names the file's version never changes its meaning
        headers["Cache-Control"] = IMMUTABLE
    if file.etag in request.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if file.encoding:
        headers["Content-Encoding"] = file.encoding
    return Response(file.body, media_type=file.media_type or None, headers=headers)
