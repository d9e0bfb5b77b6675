"""A load of readers: each asks for pages in turn on one connection that stays, the next when it has one.

Every load is bounded in connections, answers and time; an answer that is no success ends it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.harness import rotated
from benchmarks.serving.http_client import HttpConnection, connect, path_of
from engine.model.errors import ComputeError

MOST_CONNECTIONS = 1000
MOST_PAGES = 1_000_000
TIMEOUT_SECONDS = 30.0

Page = tuple[bytes, ...]
"""The requests that fetch one page, sent one after the other."""


@dataclass(frozen=True)
class Load:
    """The pages to ask for and how long: each of ``readers`` connections begins with another page."""

    port: int
    pages: tuple[Page, ...]
    readers: int
    seconds: float


@dataclass(frozen=True)
class LoadResult:
    """The outcome of a load: ``page_ms`` is the time of each page from first request to last byte."""

    seconds: float
    page_ms: tuple[float, ...]
    body_bytes: int

    @property
    def seconds_a_page(self) -> float:
        """Return the time that all readers together took for a page."""
        return self.seconds / len(self.page_ms)


@dataclass
class _Tally:
    page_ms: list[float] = field(default_factory=list)
    body_bytes: int = 0


async def run_load(load: Load) -> LoadResult:
    """Make a load. Raises ComputeError if an answer is no success, or none comes in time."""
    readers = min(load.readers, MOST_CONNECTIONS)
    connections: list[HttpConnection] = []
    tally = _Tally()
    try:
        async with asyncio.timeout(load.seconds + TIMEOUT_SECONDS):
            for _ in range(readers):
                connections.append(await connect(load.port))
            started = time.perf_counter()
            until = started + load.seconds
            reading = (
                _read(connection, tuple(rotated(load.pages, place)), until, tally)
                for place, connection in enumerate(connections)
            )
            await asyncio.gather(*reading)
            seconds = time.perf_counter() - started
    except TimeoutError:
        raise _failed(load, f"no answer in {TIMEOUT_SECONDS:.0f} s") from None
    except OSError as error:
        raise _failed(load, f"the connection failed ({error})") from None
    finally:
        for connection in connections:
            connection.close()
    return LoadResult(seconds, tuple(tally.page_ms), tally.body_bytes)


async def _read(connection: HttpConnection, pages: Sequence[Page], until: float, tally: _Tally) -> None:
    place = 0
    while len(tally.page_ms) < MOST_PAGES:
        begun = time.perf_counter()
        # Every reader reads at least one page, however short the time.
        if begun >= until and place > 0:
            return
        for request in pages[place % len(pages)]:
            answer = await connection.ask(request)
            if answer.status != 200:
                raise ComputeError(path_of(request), f"it answers {answer.status}", "see the server's log")
            tally.body_bytes += len(answer.body)
        tally.page_ms.append((time.perf_counter() - begun) * 1000)
        place += 1


def _failed(load: Load, cause: str) -> ComputeError:
    return ComputeError(f"a load of {load.readers} readers on port {load.port}", cause, "try again")
