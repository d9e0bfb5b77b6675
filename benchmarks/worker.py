"""A worker process: it stays warm from round to round and answers requests.

It shares no memory, lock or library with the benchmark's process, and ends with it.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable
from datetime import datetime
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any

from benchmarks.harness import Computed
from engine.model.errors import ComputeError, DashboardError

END_TIMEOUT_SECONDS = 5.0


class WorkerProcess:
    """A handle on a process that runs ``serve``, a function of a module's top level.

    ``serve`` takes its end of a pipe, and then the arguments.
    """

    def __init__(self, name: str, serve: Callable[..., None], *arguments: object) -> None:
        self.name = name
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=serve, args=(theirs, *arguments), name=f"dashboard-bench-{name}", daemon=True
        )
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int | None:
        """Return the process's id."""
        return self._process.pid

    def compute(self, now: datetime) -> Computed:
        """Return all datasets as of an instant. Raises ComputeError."""
        answer = self.ask(now, "the benchmark's SQL does not fit the database")
        assert isinstance(answer, Computed)
        return answer

    def ask(self, request: object, remedy: str) -> object:
        """Return the answer to a request. Raises ComputeError with the remedy if it fails."""
        try:
            self._pipe.send(request)
            answer = self._pipe.recv()
        except (EOFError, OSError):
            raise ComputeError(self.name, "its process ended unexpectedly", "try again") from None
        if isinstance(answer, str):
            raise ComputeError(self.name, answer, remedy)
        return answer

    def __enter__(self) -> WorkerProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._process.kill()
        self._pipe.close()
        self._process.join(END_TIMEOUT_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def answer_requests(pipe: Connection, compute: Callable[[Any], object]) -> None:
    """Answer the requests of the pipe until it is closed; an error is answered by its line."""
    # Ctrl-C reaches the whole group, but the benchmark's process decides when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            request = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            answer = compute(request)
        except DashboardError as error:
            answer = str(error)
        except Exception as error:
            answer = " ".join(f"{type(error).__name__}: {error}".split())
        try:
            pipe.send(answer)
        except OSError:
            return
