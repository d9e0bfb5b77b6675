"""The readers and open pages of a soak, in a process of their own.

A reader asks for pages, their values and the endpoints of monitoring in turn. An open page keeps its socket,
and opens it again as a browser does. Every answer is counted by its status.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from websockets.asyncio.client import connect as connect_socket
from websockets.exceptions import WebSocketException
from websockets.typing import Origin

from benchmarks.serving.http_client import HOST, Answer, HttpConnection, connect, path_of

END_SECONDS = 60.0
# An operator looks at a page for a moment before the next.
PAUSE_SECONDS = 0.5
MOST_FAILURES_TOLD = 5


@dataclass(frozen=True)
class Load:
    """Who reads what: the requests that readers send in turn, and how many readers and sockets there are."""

    port: int
    requests: tuple[bytes, ...]
    readers: int
    sockets: int


@dataclass
class Heard:
    """What clients got: answers by status, messages over sockets, failures, and the slowest answer in ms."""

    statuses: Counter[int] = field(default_factory=Counter)
    messages: int = 0
    failed: int = 0
    failures: list[str] = field(default_factory=list)
    slowest_ms: float = 0.0

    def fail(self, what: str) -> None:
        """Count a failure; the first few are kept."""
        self.failed += 1
        if len(self.failures) < MOST_FAILURES_TOLD:
            self.failures.append(what)


class Clients:
    """The handle of the process."""

    def __init__(self, load: Load) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_run, args=(load, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def end(self) -> Heard:
        """Let the readers finish what they ask for, end, and return what they got."""
        self._pipe.send("end")
        if not self._pipe.poll(END_SECONDS):
            raise TimeoutError(f"the readers did not end in {END_SECONDS:.0f} s")
        heard = self._pipe.recv()
        self._process.join(END_SECONDS)
        assert isinstance(heard, Heard)
        return heard


def _run(load: Load, pipe: Connection) -> None:
    pipe.send(asyncio.run(_read(load, pipe)))


async def _read(load: Load, pipe: Connection) -> Heard:
    heard, ended = Heard(), asyncio.Event()
    readers = [asyncio.create_task(_reader(load, place, heard, ended)) for place in range(load.readers)]
    sockets = [asyncio.create_task(_open_page(load.port, heard, ended)) for _ in range(load.sockets)]
    await asyncio.to_thread(pipe.recv)
    ended.set()
    await asyncio.gather(*readers)
    for socket in sockets:
        socket.cancel()
    await asyncio.gather(*sockets, return_exceptions=True)
    return heard


async def _reader(load: Load, place: int, heard: Heard, ended: asyncio.Event) -> None:
    connection: HttpConnection | None = None
    while not ended.is_set():
        request = load.requests[place % len(load.requests)]
        place += 1
        began = time.perf_counter()
        try:
            connection, answer = await _ask(load.port, connection, request)
        except (OSError, TimeoutError) as error:
            heard.fail(f"{path_of(request)}: {error or type(error).__name__}")
            connection = None
        else:
            heard.statuses[answer.status] += 1
            if answer.status >= 400:
                heard.fail(f"{path_of(request)}: {answer.status}")
        heard.slowest_ms = max(heard.slowest_ms, (time.perf_counter() - began) * 1000)
        await asyncio.sleep(PAUSE_SECONDS)
    if connection is not None:
        connection.close()


async def _ask(port: int, connection: HttpConnection | None, request: bytes) -> tuple[HttpConnection, Answer]:
    """Ask on a connection, on a new one if None; once more if a server has ended it between two requests."""
    if connection is not None:
        with suppress(ConnectionResetError):
            return connection, await asyncio.wait_for(connection.ask(request), END_SECONDS)
    connection = await connect(port)
    return connection, await asyncio.wait_for(connection.ask(request), END_SECONDS)


async def _open_page(port: int, heard: Heard, ended: asyncio.Event) -> None:
    while not ended.is_set():
        try:
            async with connect_socket(
                f"ws://{HOST}:{port}/live",
                origin=Origin(f"http://{HOST}:{port}"),
                ping_interval=None,
                proxy=None,
                open_timeout=END_SECONDS,
            ) as socket:
                async for _ in socket:
                    heard.messages += 1
        except (OSError, TimeoutError, WebSocketException) as error:
            heard.fail(f"/live: {error or type(error).__name__}")
        await asyncio.sleep(PAUSE_SECONDS)
