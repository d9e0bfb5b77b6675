"""The parent's side of the engine process: starts it, sends it orders, and starts another if it dies.

There is one child at a time. It is spawned, so it shares no file, lock or library with its parent. It lives
until ``close``; if it has died, the next order starts another. A child that makes no progress is killed,
because it may hold a snapshot of the source, which makes the log grow.
"""

from __future__ import annotations

import logging
import multiprocessing
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from engine.model.errors import ComputeError, SourceError
from engine.model.results import ComputedDataset, Progress, RunFailure, RunOrder, RunOutcome
from engine.replica.process import serve_orders
from engine.runs.watchdog import Watchdog

log = logging.getLogger(__name__)

CLOSE_TIMEOUT_SECONDS = 5.0
START_SECONDS = 60.0
"""How long a new child may take until its first message, if a run's limit is shorter."""


class EngineProcess:
    """A handle on the engine process; thread-safe, one order at a time.

    ``serve`` is the function that the child runs: it answers the orders that come through its pipe.
    """

    def __init__(self, serve: Callable[[Connection], None] = serve_orders) -> None:
        self._serve = serve
        self._is_closing = False
        self._lock = threading.Lock()
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None

    @property
    def pid(self) -> int | None:
        """Return the child's process id; None if there is no child."""
        process = self._process
        return process.pid if process is not None and process.is_alive() else None

    def compute(
        self,
        order: RunOrder,
        report: Callable[[Progress], None],
        deliver: Callable[[ComputedDataset], None] | None = None,
    ) -> RunOutcome:
        """Return what the child computed for an order; call ``report`` with its progress meanwhile.

        ``deliver`` is called with each dataset in ``order.partial`` as soon as it is computed. Raises
        ComputeError if the child dies or makes no progress, and SourceError if the child reports one.
        """
        step = "starting"
        with self._lock:
            is_new = self.pid is None
            process, pipe = self._started()
            limit_seconds = order.limits.without_progress_seconds
            watchdog = Watchdog(process, limit_seconds, max(limit_seconds, START_SECONDS * is_new))
            try:
                with watchdog:
                    pipe.send(order)
                    while isinstance(answer := watchdog.receive(pipe.recv), Progress | ComputedDataset):
                        if isinstance(answer, Progress):
                            step = answer.step
                            report(answer)
                        elif deliver is not None:
                            deliver(answer)
            except (EOFError, OSError):
                if watchdog.has_killed:
                    raise self._hung(order, step) from None
                raise self._death() from None
            except BaseException:
                # The next order would take the messages that are still to come for its own.
                self._kill()
                raise
        if isinstance(answer, RunFailure):
            raise SourceError(answer.offender, answer.cause, answer.remedy)
        assert isinstance(answer, RunOutcome)
        return answer

    def _hung(self, order: RunOrder, step: str) -> ComputeError:
        """Clean up after a child that was killed because it hung; return the error that says so."""
        self._discard()
        seconds = order.limits.without_progress_seconds
        log.warning("the engine process made no progress for %g s (%s) and was ended", seconds, step)
        return ComputeError(
            "the engine process", f"it made no progress for {seconds:g} s ({step}) and was ended",
            f"check the disk of {order.db}; if that is only slow, raise DASHBOARD_RUN_TIMEOUT",
        )  # fmt: skip

    def _started(self) -> tuple[BaseProcess, Connection]:
        if self._process is not None and self._process.is_alive() and self._pipe is not None:
            return self._process, self._pipe
        self._discard()
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        # The child imports the target's module and packages, so none of them may import sqlite3.
        process = context.Process(target=self._serve, args=(theirs,), name="dashboard-engine", daemon=True)
        process.start()
        theirs.close()
        self._process, self._pipe = process, ours
        return process, ours

    def _death(self) -> ComputeError:
        process = self._process
        code = None
        if process is not None:
            process.join(CLOSE_TIMEOUT_SECONDS)
            code = process.exitcode
        self._discard()
        # At its exit Python ends the child after the main thread: a run that began too late dies with it.
        if not self._is_closing and threading.main_thread().is_alive():
            log.warning("the engine process ended unexpectedly (exit code %s)", code)
        return ComputeError(
            "the engine process", f"it ended unexpectedly (exit code {code})", "try again: another is started"
        )

    def _discard(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.join(CLOSE_TIMEOUT_SECONDS)
            if self._process.is_alive():
                self._process.kill()
                self._process.join(CLOSE_TIMEOUT_SECONDS)
        self._process = self._pipe = None

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
        self._discard()

    def close(self) -> None:
        """End the child; the caller of an order under way gets a ComputeError."""
        process = self._process
        self._is_closing = True
        if process is not None and self._lock.locked():
            process.kill()
        with self._lock:
            self._discard()
            self._is_closing = False
