"""Open pages: each keeps a socket, gets new versions over it, and reads itself again as a browser does.

Instants are those of the monotonic clock, which all processes of the machine share.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_socket
from websockets.exceptions import WebSocketException
from websockets.typing import Origin

from benchmarks.serving.http_client import HOST, connect, path_of
from benchmarks.serving.http_load import Page
from engine.model.errors import ComputeError

MOST_PAGES = 1000
OPEN_TIMEOUT_SECONDS = 60.0
POLL_SECONDS = 0.02
QUIET_SECONDS = 1.0


@dataclass(frozen=True)
class OpenPages:
    """The request to open ``count`` pages of these kinds in turn, each given by the requests that read it.

    If ``keep_reading``, they read themselves at each new version.
    """

    port: int
    pages: tuple[Page, ...]
    count: int
    keep_reading: bool


@dataclass(frozen=True)
class AwaitUpdate:
    """The request to wait until all open pages show one version that they got after an instant."""

    after: float
    timeout_seconds: float


@dataclass(frozen=True)
class UpdateTimes:
    """When each open page had read the version it got last, in the order of time."""

    read_at: tuple[float, ...]


@dataclass(frozen=True)
class Burst:
    """The request that all open pages read at once, and again at each version, until they have all values.

    ``checking`` is the API request for a page's values.
    """

    checking: bytes
    timeout_seconds: float


@dataclass(frozen=True)
class BurstResult:
    """How many pages got all values, and how long after the first request the last of them did."""

    answered: int
    seconds: float


@dataclass(frozen=True)
class ClosePages:
    """The request to close all open pages."""


class OpenPage:
    """One open page; ``version`` is the version it got last, at ``heard_at``."""

    def __init__(self, port: int, reading: Page) -> None:
        self._port = port
        self._reading = reading
        self._socket: ClientConnection | None = None
        self._heard = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.version = self.read_version = ""
        self.heard_at = self.read_at = 0.0

    async def open(self, keep_reading: bool) -> None:
        """Open the socket and wait for the first version. Raises OSError, WebSocketException."""
        self._socket = await connect_socket(
            f"ws://{HOST}:{self._port}/live",
            origin=Origin(f"http://{HOST}:{self._port}"),
            # Browsers send no pings of their own.
            ping_interval=None,
            proxy=None,
            open_timeout=OPEN_TIMEOUT_SECONDS,
        )
        self._hear(await self._socket.recv())
        self._heard.clear()
        self._tasks.append(asyncio.create_task(self._listen(self._socket)))
        if keep_reading:
            self._tasks.append(asyncio.create_task(self._keep_reading()))

    async def _listen(self, socket: ClientConnection) -> None:
        async for text in socket:
            self._hear(text)

    def _hear(self, text: str | bytes) -> None:
        version = str(json.loads(text)["version"])
        if version != self.version:
            self.version, self.heard_at = version, time.monotonic()
            self._heard.set()

    async def _keep_reading(self) -> None:
        while True:
            await self._heard.wait()
            self._heard.clear()
            version = self.version
            await self.ask(*self._reading)
            self.read_version, self.read_at = version, time.monotonic()

    async def ask(self, *requests: bytes) -> bytes:
        """Send requests on a connection of their own; return the last body. Raises ComputeError, OSError."""
        body = b""
        connection = await connect(self._port)
        try:
            for request in requests:
                answer = await connection.ask(request)
                if answer.status != 200:
                    raise ComputeError(
                        path_of(request), f"it answers {answer.status}", "see the server's log"
                    )
                body = answer.body
        finally:
            connection.close()
        return body

    async def read_until_complete(self, checking: bytes) -> float:
        """Read, and again at each new version, until the API has all values; return that instant."""
        while True:
            self._heard.clear()
            if is_complete(await self.ask(*self._reading, checking)):
                return time.monotonic()
            await self._heard.wait()

    async def close(self) -> None:
        """Close the socket."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()

    def failure(self) -> BaseException | None:
        """Return the error that ended one of its tasks; None if there is none."""
        done = [task for task in self._tasks if task.done() and not task.cancelled()]
        return next((error for task in done if (error := task.exception()) is not None), None)


class LivePages:
    """The open pages of one process."""

    def __init__(self) -> None:
        self._pages: list[OpenPage] = []

    async def open(self, request: OpenPages) -> int:
        """Open pages; return how many there are. Raises ComputeError."""
        count = min(request.count, MOST_PAGES)
        pages = [OpenPage(request.port, request.pages[place % len(request.pages)]) for place in range(count)]
        self._pages += pages
        try:
            async with asyncio.timeout(OPEN_TIMEOUT_SECONDS):
                await asyncio.gather(*(page.open(request.keep_reading) for page in pages))
        except (OSError, TimeoutError, WebSocketException, ValueError, KeyError, TypeError) as error:
            cause = f"{count} sockets cannot be opened ({error or type(error).__name__})"
            raise ComputeError("/live", cause, "see the server's log") from None
        return len(self._pages)

    async def await_update(self, request: AwaitUpdate) -> UpdateTimes:
        """Wait until all pages are up to date and no new version comes for a moment. Raises ComputeError."""
        until = time.monotonic() + request.timeout_seconds
        while time.monotonic() < until:
            for page in self._pages:
                if (failure := page.failure()) is not None:
                    raise ComputeError("an open page", f"it failed ({failure})", "see the server's log")
            newest = max(page.heard_at for page in self._pages)
            if all(self._is_up_to_date(page, request.after) for page in self._pages) and (
                time.monotonic() > newest + QUIET_SECONDS
            ):
                return UpdateTimes(tuple(sorted(page.read_at for page in self._pages)))
            await asyncio.sleep(POLL_SECONDS)
        late = sum(not self._is_up_to_date(page, request.after) for page in self._pages)
        raise ComputeError(
            "open pages",
            f"{late} of {len(self._pages)} show nothing newer {request.timeout_seconds:.0f} s after a run",
            "see the server's log",
        )

    def _is_up_to_date(self, page: OpenPage, after: float) -> bool:
        return (
            page.heard_at >= after
            and page.read_version == page.version
            and page.version == self._pages[0].version
        )

    async def burst(self, request: Burst) -> BurstResult:
        """Let all pages read at once; pages without all values in time do not count."""
        started = time.monotonic()
        reading = [asyncio.create_task(page.read_until_complete(request.checking)) for page in self._pages]
        done, late = await asyncio.wait(reading, timeout=request.timeout_seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        for task in done:
            if (failure := task.exception()) is not None:
                raise ComputeError("an open page", f"it failed ({failure})", "see the server's log")
        return BurstResult(len(done), max((task.result() for task in done), default=started) - started)

    async def close(self) -> None:
        """Close all pages."""
        pages, self._pages = self._pages, []
        await asyncio.gather(*(page.close() for page in pages), return_exceptions=True)


def is_complete(body: bytes) -> bool:
    """Return whether the API's answer for a page has a fresh value for each of its datasets."""
    datasets = json.loads(body)["datasets"]
    found = list(datasets.values() if isinstance(datasets, dict) else datasets)
    return bool(found) and all(
        dataset["state"] == "fresh" and dataset.get("value") is not None for dataset in found
    )
