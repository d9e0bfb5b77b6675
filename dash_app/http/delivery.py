"""How responses leave the server: scripts and styles compressed once and kept, headers that protect.

All is plain ASGI middleware. Bytes are kept compressed: those of files, which do not change while
the process lives, and those of the callbacks' latest answers, which many readers are sent alike.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
from collections import OrderedDict
from dataclasses import dataclass

import brotli  # type: ignore[import-untyped]
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BROTLI_QUALITY = 5
CALLBACK_BROTLI_QUALITY = 4
CALLBACK_PATH = "/_dash-update-component"
MOST_ANSWERS = 64
GZIP_LEVEL = 6
SMALLEST_BYTES = 1000
MOST_FILES = 128
IMMUTABLE = "public, max-age=31536000, immutable"

_NOT_PASSED_ON = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
}


def bodyless_request() -> Receive:
    """Return the receiving end of a request without a body whose client never leaves."""
    told = False

    async def receive() -> Message:
        nonlocal told
        if told:
            await asyncio.Event().wait()
        told = True
        return {"type": "http.request", "body": b"", "more_body": False}

    return receive


class SecurityHeaders:
    """Adds the security headers to every HTTP response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class CallbackAnswers:
    """Sends what callbacks answer with its type, which Dash leaves off, and compressed.

    What many readers are sent alike is compressed once: the latest answers are kept.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kept: OrderedDict[tuple[bytes, str], bytes] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a callback's request; pass any other on."""
        if scope["type"] != "http" or scope["path"] != CALLBACK_PATH:
            await self._app(scope, receive, send)
            return
        encoding = _encoding(Headers(scope=scope).get("accept-encoding", ""))
        status, headers, body = await _whole_answer(self._app, scope, receive)
        headers.setdefault("content-type", "application/json")
        if encoding and len(body) >= SMALLEST_BYTES:
            body = self._compressed(body, encoding)
            headers["content-encoding"] = encoding
            headers["content-length"] = str(len(body))
            headers.add_vary_header("Accept-Encoding")
        await send({"type": "http.response.start", "status": status, "headers": headers.raw})
        await send({"type": "http.response.body", "body": body})

    def _compressed(self, body: bytes, encoding: str) -> bytes:
        packed = self._kept.get((body, encoding))
        if packed is None:
            packed = _packed(body, encoding, brotli_quality=CALLBACK_BROTLI_QUALITY)
            self._kept[body, encoding] = packed
            while len(self._kept) > MOST_ANSWERS:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end((body, encoding))
        return packed


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


class CompressedFiles:
    """Serves the files below some paths compressed, each compressed once for an encoding."""

    def __init__(self, app: ASGIApp, prefixes: tuple[str, ...]) -> None:
        self._app = app
        self._prefixes = prefixes
        self._files: OrderedDict[tuple[str, str], _File] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for a file; pass any other on."""
        is_file = (
            scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith(self._prefixes)
        )
        if not is_file:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        encoding = _encoding(headers.get("accept-encoding", ""))
        file = self._files.get((scope["path"], encoding))
        if file is None:
            status, original, body = await _whole_answer(self._app, scope, bodyless_request())
            if status != 200:
                await Response(body, status, dict(original))(scope, receive, send)
                return
            file = await asyncio.to_thread(_compress, body, original, encoding)
            self._keep((scope["path"], encoding), file)
        await _answer(file, headers, scope["query_string"])(scope, receive, send)

    def _keep(self, key: tuple[str, str], file: _File) -> None:
        self._files[key] = file
        while len(self._files) > MOST_FILES:
            self._files.popitem(last=False)


def accepts(accepted: str, encoding: str) -> bool:
    """Tell whether a request's ``Accept-Encoding`` names an encoding, and does not refuse it.

    >>> accepts("gzip, deflate;q=0.5", "deflate"), accepts("gzip, deflate; q=0", "deflate")
    (True, False)
    """
    for part in accepted.lower().split(","):
        name, _, quality = part.replace(" ", "").partition(";")
        if name == encoding:
            return re.fullmatch(r"q=0(\.0*)?", quality) is None
    return False


def _encoding(accepted: str) -> str:
    return next((encoding for encoding in ("br", "gzip") if accepts(accepted, encoding)), "")


def _compress(body: bytes, original: Headers, encoding: str) -> _File:
    if len(body) < SMALLEST_BYTES:
        encoding = ""
    packed = _packed(body, encoding, BROTLI_QUALITY)
    etag = f'"{hashlib.sha256(body).hexdigest()[:20]}-{encoding or "plain"}"'
    names_version = "max-age=31536000" in original.get("cache-control", "")
    return _File(packed, original.get("content-type", ""), encoding, etag, names_version)


def _packed(body: bytes, encoding: str, brotli_quality: int) -> bytes:
    match encoding:
        case "br":
            packed: bytes = brotli.compress(body, quality=brotli_quality)
            return packed
        case "gzip":
            return gzip.compress(body, GZIP_LEVEL, mtime=0)
        case _:
            return body


def _answer(file: _File, request: Headers, query: bytes) -> Response:
    headers = {"ETag": file.etag, "Vary": "Accept-Encoding", "Cache-Control": "no-cache"}
    if query or file.names_version:  # an address that names the file's version never changes its meaning
        headers["Cache-Control"] = IMMUTABLE
    if file.etag in request.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if file.encoding:
        headers["Content-Encoding"] = file.encoding
    return Response(file.body, media_type=file.media_type or None, headers=headers)
