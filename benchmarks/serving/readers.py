"""The process of the readers, which makes all load, because other work would delay it."""

from __future__ import annotations

import asyncio
import threading
from multiprocessing.connection import Connection

from benchmarks.serving.http_load import Load, LoadResult, run_load
from benchmarks.serving.live_load import (
    AwaitUpdate,
    Burst,
    BurstResult,
    ClosePages,
    LivePages,
    OpenPages,
    UpdateTimes,
)
from benchmarks.worker import WorkerProcess, answer_requests

END_SECONDS = 2.0
_REMEDY = "the server does not serve what the benchmark asks for"


class Readers:
    """A handle on the readers' process."""

    def __init__(self) -> None:
        self._process = WorkerProcess("readers", serve)

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

    def open_pages(self, request: OpenPages) -> None:
        """Open pages beside those that are open. Raises ComputeError."""
        self._process.ask(request, _REMEDY)

    def await_update(self, request: AwaitUpdate) -> UpdateTimes:
        """Wait until all open pages show a version that they got after an instant. Raises ComputeError."""
        answer = self._process.ask(request, _REMEDY)
        assert isinstance(answer, UpdateTimes)
        return answer

    def burst(self, request: Burst) -> BurstResult:
        """Let all open pages read at once until they have all values. Raises ComputeError."""
        answer = self._process.ask(request, _REMEDY)
        assert isinstance(answer, BurstResult)
        return answer

    def close_pages(self) -> None:
        """Close all open pages."""
        self._process.ask(ClosePages(), _REMEDY)


def serve(pipe: Connection) -> None:
    """Make the loads that the pipe asks for. Open pages stay open between requests."""
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
    """Return uvloop's event loop if it is installed, else Python's own."""
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
        case AwaitUpdate():
            return await pages.await_update(request)
        case Burst():
            return await pages.burst(request)
        case ClosePages():
            await pages.close()
            return None
    raise TypeError(f"no such request: {request!r}")
