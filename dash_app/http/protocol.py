"""What a client may do before a request reaches the app: limits of time and size on the connection itself.

uvicorn has no limit on how long headers take or how many bytes they are, and waits for ever for a client that
does not read.
"""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from engine.model.text.rare_log import RareLog

HEADER_SECONDS = 10.0
"""How long a client may take for the headers, and for what is left of a body that was refused."""

STANDSTILL_SECONDS = 30.0
"""How long a client may leave a whole buffer of an answer unread."""

MOST_HEADER_BYTES = 32 * 1024
MOST_LEFT_BYTES = 1024 * 1024
"""The most of a refused body that is read, so that its client comes to read the answer."""
MOST_HEADERS = 100
MOST_CHUNKS = 1000
"""The most chunks of a body: a body of 256 kB in chunks of one byte takes the server seconds."""

MOST_PIPELINED = 16
MOST_UNSENT_BYTES = 256 * 1024
"""The most that a socket may leave unread before it is closed: a status is less than a kilobyte."""

log = logging.getLogger(__name__)
_crowded = RareLog(log)


class _RefusedError(Exception):
    """Ends the parsing of a request that has been refused."""


class GuardedProtocol(HttpToolsProtocol):
    """One connection. ``most_connections`` are open at a time; the one that waits longest makes room."""

    def __init__(self, *, most_connections: int, **given: Any) -> None:
        super().__init__(**given)
        self._most_connections = most_connections
        # The connections of this server without a request under way, the oldest first.
        self._waiting: dict[GuardedProtocol, None] = vars(self.server_state).setdefault("waiting", {})
        self._deadline: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        # Whether a request has begun, and whether its headers, or those of the first one, are yet to come.
        self._has_begun, self._in_headers = False, True
        self._received_bytes = self._header_bytes = self._chunks = 0
        self._status = HTTPStatus.BAD_REQUEST

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(transport)
        self._wait()
        if len(self.connections) > self._most_connections:
            _crowded.warning(
                "%d connections are open, the most that the limit on open files allows: one that waited for a"
                " request was closed; raise `ulimit -n`",
                self._most_connections,
            )
            next(iter(self._waiting)).transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._waiting.pop(self, None)
        self._stop_waiting()
        self._stop_watching()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what has come, if the client keeps to the limits."""
        if self.transport.is_closing():
            return
        if self._is_idle and self._deadline is None:
            self._wait()
        self._received_bytes += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_headers and self._received_bytes > MOST_HEADER_BYTES:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._is_idle and self._received_bytes > MOST_LEFT_BYTES:
            self.transport.close()

    @property
    def _is_idle(self) -> bool:
        """Return whether no request is under way."""
        return self.cycle is None or self.cycle.response_complete

    def _wait(self) -> None:
        """Give the client ``HEADER_SECONDS`` to send the headers of a request."""
        self._waiting[self] = None
        self._received_bytes = 0
        self._deadline = self.loop.call_later(HEADER_SECONDS, self._expire)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _expire(self) -> None:
        self._deadline = None
        if self._has_begun:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self.transport.close()

    def _refuse(self, status: HTTPStatus) -> None:
        self._status = status
        self.send_400_response(status.phrase)

    def send_400_response(self, msg: str) -> None:
        """Send the answer to what is no request, then close; the parser calls this too."""
        if not self.transport.is_closing():
            self.transport.write(
                f"HTTP/1.1 {self._status.value} {self._status.phrase}\r\nconnection: close\r\n"
                f"content-type: text/plain; charset=utf-8\r\ncontent-length: {len(self._status.phrase)}\r\n"
                f"\r\n{self._status.phrase}".encode("ascii")
            )
            self.transport.close()

    def on_message_begin(self) -> None:
        """Begin a request; its headers have a time limit."""
        super().on_message_begin()
        self._has_begun = self._in_headers = True
        self._header_bytes = self._chunks = 0
        if self._deadline is None:
            self._wait()
        # What came before belongs to the request before.
        self._received_bytes = 0

    def on_url(self, url: bytes) -> None:
        """Take a part of the address."""
        super().on_url(url)
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        super().on_header(name, value)
        self._count(len(name) + len(value))
        if len(self.headers) > MOST_HEADERS:
            self._stop(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def _count(self, size_bytes: int) -> None:
        self._header_bytes += size_bytes
        if self._header_bytes > MOST_HEADER_BYTES:
            self._stop(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def _stop(self, status: HTTPStatus) -> None:
        """Have the parser end the request; it then calls ``send_400_response``."""
        self._status = status
        raise _RefusedError

    def on_headers_complete(self) -> None:
        """Hand a request on to the app."""
        # Of an address in full the server reads the path alone, and a proxy may have read the host in it.
        if not self.url.startswith(b"/") or len(self.pipeline) >= MOST_PIPELINED:
            self._stop(HTTPStatus.BAD_REQUEST)
        self._has_begun = self._in_headers = False
        self._waiting.pop(self, None)
        self._stop_waiting()
        super().on_headers_complete()

    def on_chunk_header(self) -> None:
        """Take the beginning of a chunk of a body."""
        self._chunks += 1
        if self._chunks > MOST_CHUNKS:
            self._stop(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        if not self.transport.is_closing() and self._is_idle:
            self._waiting[self] = None

    def pause_writing(self) -> None:
        """Stop writing until the client reads, and close the connection if it does not."""
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        """Go on writing."""
        self._stop_watching()
        super().resume_writing()

    def _watch(self) -> None:
        left_bytes = self.transport.get_write_buffer_size()
        self._unread = self.loop.call_later(STANDSTILL_SECONDS, self._end_standstill, left_bytes)

    def _end_standstill(self, left_bytes: int) -> None:
        if self.transport.get_write_buffer_size() >= left_bytes:
            self.transport.abort()
        else:
            self._watch()

    def _stop_watching(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None


class GuardedSocket(WebSocketsSansIOProtocol):
    """One WebSocket; a client that sends pings and reads no answer is cut off."""

    async def send(self, message: Any) -> None:
        """Send a message of the app."""
        await super().send(message)
        # uvicorn takes a handshake that is refused by HTTP for one without an answer, and logs an error.
        if self.close_sent:
            self.handshake_complete = True

    def data_received(self, data: bytes) -> None:
        """Take what has come, unless too much of what was sent is unread."""
        if self.transport.get_write_buffer_size() > MOST_UNSENT_BYTES:
            self.transport.abort()
            return
        super().data_received(data)
        # The handshake comes whole. Of one that cannot be read nothing comes, and nobody would answer.
        if not self.handshake_initiated and not self.transport.is_closing():
            self.transport.write(
                b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            )
            self.transport.close()
