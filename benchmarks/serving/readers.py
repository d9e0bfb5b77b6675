"""The process of the readers: all load on a server is made there, so that no other work delays it."""

from __future__ import annotations

import asyncio
import threading
from multiprocessing.connection import Connection

from benchmarks.serving.http_load import Load, LoadResult, run_load
from benchmarks.serving.live_load import (
    AwaitNews,
    ClosePages,
    LivePages,
    News,
    OpenPages,
    Rush,
    RushResult,
)
from benchmarks.worker import Companion, answer_requests

END_SECONDS = 2.0
_REMEDY = "the server does not serve what the benchmark asks for"


class Readers:
    """A handle on the process."""

    def __init__(self) -> None:
        self._process = Companion("readers", serve)

    def __enter__(self) -> Readers:
        self._process.__enter__()
        return self

    def __exit__(self, *raised: object) -> None:
        self._process.__exit__(*raised)  # type: ignore[arg-type]

    def load(self, load: Load) -> LoadResult:
        """Make a load. Raises ComputeError."""
        answer = self._process.ask(load, _REMEDY)
        assert isinstance(answer, LoadResult)
        return answer

    def open_pages(self, wish: OpenPages) -> None:
        """Open pages beside those that are open. Raises ComputeError."""
        self._process.ask(wish, _REMEDY)

    def await_news(self, wish: AwaitNews) -> News:
        """Wait until all open pages show what they were told after an instant. Raises ComputeError."""
        answer = self._process.ask(wish, _REMEDY)
        assert isinstance(answer, News)
        return answer

    def rush(self, wish: Rush) -> RushResult:
        """Let all open pages read at once, until they have all values. Raises ComputeError."""
        answer = self._process.ask(wish, _REMEDY)
        assert isinstance(answer, RushResult)
        return answer

    def close_pages(self) -> None:
        """Close all open pages."""
        self._process.ask(ClosePages(), _REMEDY)


def serve(pipe: Connection) -> None:
    """Make the loads asked for on the pipe. Open pages live on between requests."""
    loop = _new_loop()
    thread = threading.Thread(target=loop.run_forever, name="dashboard-bench-loop", daemon=True)
    thread.start()
    pages = LivePages()

    def answer(request: object) -> object:
        return asyncio.run_coroutine_threadsafe(_answer(request, pages), loop).result()

    try:
        answer_requests(pipe, answer)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(END_SECONDS)


def _new_loop() -> asyncio.AbstractEventLoop:
    """Return the faster event loop where it is installed, else Python's own."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


async def _answer(request: object, pages: LivePages) -> object:
    match request:
        case Load():
            return await run_load(request)
        case OpenPages():
            return await pages.open(request)
        case AwaitNews():
            return await pages.await_news(request)
        case Rush():
            return await pages.rush(request)
        case ClosePages():
            await pages.close()
            return None
    raise TypeError(f"no such request: {request!r}")
