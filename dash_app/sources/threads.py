"""The threads of a process with several sources: each has its own, so that one that hangs takes no other's.

What blocks is done in threads (``asyncio.to_thread``). Which source a task belongs to is a variable of its
context, which the router sets.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

from engine.model.text.rare_log import RareLog

log = logging.getLogger(__name__)

_source: ContextVar[str] = ContextVar("source", default="")
"""The source that the task under way belongs to; empty for what belongs to none."""

ANSWER_SECONDS = 2.0
"""How long a question to all sources waits for each of them."""

Answer = TypeVar("Answer")


@contextmanager
def belonging_to(source: str) -> Iterator[None]:
    """Have what begins in the block belong to a source."""
    token = _source.set(source)
    try:
        yield
    finally:
        _source.reset(token)


class ThreadsBySource(ThreadPoolExecutor):
    """The default threads of an event loop, apart for each source; those of none are its own."""

    def __init__(self) -> None:
        super().__init__(thread_name_prefix="dashboard-threads")
        self._by_source: dict[str, ThreadPoolExecutor] = {}

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have something done by a thread of the source that the task under way belongs to."""
        source = _source.get()
        if not source:
            return super().submit(fn, *args, **kwargs)
        # The event loop alone submits, so there is no race.
        threads = self._by_source.get(source)
        if threads is None:
            threads = self._by_source[source] = ThreadPoolExecutor(thread_name_prefix=f"dashboard-{source}")
        return threads.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End all threads."""
        for threads in self._by_source.values():
            threads.shutdown(wait, cancel_futures=cancel_futures)
        super().shutdown(wait, cancel_futures=cancel_futures)


class AskedOfAll(Generic[Answer]):
    """Asks all sources the same at once, and waits for none longer than ``ANSWER_SECONDS``.

    A source that has not answered yet is not asked again meanwhile, so its answer may be given to several
    visitors: it must be the same for all. If asking one fails, its answer is ``failed``; the log
    says why.
    """

    def __init__(self, ask: Mapping[str, Callable[[], Awaitable[Answer]]], *, failed: Answer) -> None:
        self._ask = ask
        self._failed = failed
        self._rare_log = RareLog(log)
        self._under_way: dict[str, asyncio.Future[Answer]] = {}

    async def answers(self) -> dict[str, Answer]:
        """Return the answers that came in time, by source."""
        asked = {name: self._under_way.get(name) or self._asked(name) for name in self._ask}
        await asyncio.wait(asked.values(), timeout=ANSWER_SECONDS)
        return {name: answer.result() for name, answer in asked.items() if answer.done()}

    def _asked(self, name: str) -> asyncio.Future[Answer]:
        with belonging_to(name):
            asked = self._under_way[name] = asyncio.ensure_future(self._answer_of(name))
        asked.add_done_callback(lambda _: self._under_way.pop(name))
        return asked

    async def _answer_of(self, name: str) -> Answer:
        try:
            return await self._ask[name]()
        except Exception:
            self._rare_log.exception(f"source {name} cannot be asked")
            return self._failed
