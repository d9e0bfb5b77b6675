"""A watchdog: kills a child process that has sent no message for too long.

It runs in a thread of its own, because the thread that waits for the child may be stuck within a message.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TypeVar

from engine.runs.processes.child import ChildProcess

LONGEST_TICK_SECONDS = 1.0

Message = TypeVar("Message")


class Watchdog:
    """Kills a process whose next message takes longer than ``limit_seconds``; use it as a ``with`` block.

    The first message may take ``first_limit_seconds``.
    """

    def __init__(self, process: ChildProcess, limit_seconds: float, first_limit_seconds: float) -> None:
        self.has_killed = False
        self._is_waiting = False
        self._process = process
        self._limit_seconds = limit_seconds
        self._silent_seconds = limit_seconds - first_limit_seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="dashboard-watchdog", daemon=True)

    def receive(self, receive: Callable[[], Message]) -> Message:
        """Return the next message of the process; ``receive`` waits for it."""
        self._is_waiting = True
        try:
            message = receive()
        finally:
            self._is_waiting = False
        self._silent_seconds = 0.0
        return message

    def _watch(self) -> None:
        tick_seconds = min(LONGEST_TICK_SECONDS, self._limit_seconds / 4)
        before = time.monotonic()
        while not self._ended.wait(tick_seconds):
            now = time.monotonic()
            # If this process was stopped too, for example by Ctrl-Z, that time does not count.
            if self._is_waiting:
                self.pass_seconds(min(now - before, 2 * tick_seconds))
            before = now
            if self.has_killed:
                return

    def pass_seconds(self, seconds: float) -> None:
        """Add time without a message; kill the process if the limit is exceeded."""
        self._silent_seconds += seconds
        if self._silent_seconds >= self._limit_seconds:
            self.has_killed = True
            self._process.kill()

    def __enter__(self) -> Watchdog:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
