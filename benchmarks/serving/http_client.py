"""A lean HTTP/1.1 client for servers of this machine: one answer at a time on connections that stay open.

Bodies are given as they are sent: decoded from chunks, never decompressed. Nothing but the loopback
address is ever asked.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import cast

HOST = "127.0.0.1"
MOST_HEAD_BYTES = 64 * 1024
MOST_BYTES = 64 * 1024 * 1024
AS_BROWSERS_DO = "gzip, deflate, br"

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)")
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r]*chunked")
_BODILESS = (204, 304)


@dataclass(frozen=True)
class Answer:
    """A whole answer; the body is compressed if the request allows that."""

    status: int
    body: bytes


class AnswerParser:
    """Parses answers from bytes as they come. Raises ValueError if they are not HTTP."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._status = 0
        self._place: int | None = None
        self._length: int | None = None
        self._chunks: list[bytes] | None = None

    def feed(self, data: bytes) -> Answer | None:
        """Take bytes; return the answer that they complete, None if it goes on."""
        self._received += data
        if len(self._received) > MOST_BYTES:
            raise ValueError("an answer is too long")
        if self._place is None and not self._read_head():
            return None
        return self._unchunked() if self._chunks is not None else self._counted()

    def end(self) -> Answer | None:
        """Return the answer that the end of the connection completes; None if it completes none."""
        if self._place is None or self._length is not None or self._chunks is not None:
            return None
        return self._taken(bytes(self._received[self._place :]), len(self._received))

    def _read_head(self) -> bool:
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            if len(self._received) > MOST_HEAD_BYTES:
                raise ValueError("the head of an answer is too long")
            return False
        head = bytes(self._received[: end + 2]).lower()
        if not head.startswith(b"http/1."):
            raise ValueError("an answer is not HTTP/1.1")
        self._status = int(head[9:12])
        self._place = end + 4
        if self._status in _BODILESS:
            self._length = 0
        elif _CHUNKED.search(head):
            self._chunks = []
        elif found := _LENGTH.search(head):
            self._length = int(found[1])
        return True

    def _counted(self) -> Answer | None:
        place = cast(int, self._place)
        if self._length is None or len(self._received) < place + self._length:
            return None
        return self._taken(bytes(self._received[place : place + self._length]), place + self._length)

    def _unchunked(self) -> Answer | None:
        chunks, place = cast(list[bytes], self._chunks), cast(int, self._place)
        while (line_end := self._received.find(b"\r\n", place)) >= 0:
            size = int(bytes(self._received[place:line_end]).partition(b";")[0], 16)
            start = line_end + 2
            if size == 0:
                # Trailers may stand between; without them the empty line follows at once.
                end = self._received.find(b"\r\n\r\n", line_end)
                return None if end < 0 else self._taken(b"".join(chunks), end + 4)
            if len(self._received) < start + size + 2:
                return None
            chunks.append(bytes(self._received[start : start + size]))
            self._place = place = start + size + 2
        return None

    def _taken(self, body: bytes, through: int) -> Answer:
        answer = Answer(self._status, body)
        del self._received[:through]
        self._place, self._length, self._chunks = None, None, None
        return answer


class HttpConnection(asyncio.Protocol):
    """One connection; made by ``connect``."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parser = AnswerParser()
        self._waiting: asyncio.Future[Answer] | None = None

    async def ask(self, request: bytes) -> Answer:
        """Send a request and return its answer. Raises OSError if the connection ends before."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError("the connection has ended")
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiting

    def close(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the connection; the event loop calls this."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Take bytes; the event loop calls this."""
        try:
            answer = self._parser.feed(data)
        except ValueError as error:
            self._fail(ConnectionAbortedError(str(error)))
            self.close()
            return
        if answer is not None and self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(answer)

    def connection_lost(self, error: Exception | None) -> None:
        """Fail the answer under way; the event loop calls this."""
        answer = self._parser.end()
        if answer is not None and self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(answer)
        else:
            self._fail(error or ConnectionResetError("the connection has ended"))

    def _fail(self, error: Exception) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error)


async def connect(port: int) -> HttpConnection:
    """Return a connection to a port of this machine. Raises OSError."""
    _, connection = await asyncio.get_running_loop().create_connection(HttpConnection, HOST, port)
    return connection


def request_bytes(
    port: int, path: str, *, body: bytes | None = None, accept_encoding: str = AS_BROWSERS_DO
) -> bytes:
    """Return a GET request, or a POST of JSON if there is a body."""
    lines = [
        f"{'GET' if body is None else 'POST'} {path} HTTP/1.1",
        f"Host: {HOST}:{port}",
        f"Accept-Encoding: {accept_encoding}",
        "Accept: application/json",
    ]
    if body is not None:
        # As a page of the server does.
        lines += [f"Origin: http://{HOST}:{port}", "Content-Type: application/json"]
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("ascii") + (body or b"")


def path_of(request: bytes) -> str:
    """Return the first words of a request, such as ``GET /health``."""
    return request.partition(b" HTTP/")[0].decode("ascii", "replace")
