"""The parent's side of the engine process: starts it, sends it orders, and starts another if it dies.

There is one child at a time. It is spawned, so it shares no file, lock or library with its parent. It lives
until ``close``; if it has died, the next order starts another. A child that makes no progress is killed,
because it may hold a snapshot of the source, which makes the log grow.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection

from engine.model.catalogue.staging import staging
from engine.model.errors import ComputeError
from engine.model.places.postgres_address import SourceAddress
from engine.model.values.orders import HoldAnswer, HoldOrder, RunOrder
from engine.model.values.results import ComputedDataset, Progress, RunFailure, RunOutcome
from engine.replica.process import serve_orders
from engine.runs.processes.child import ChildProcess
from engine.runs.processes.watchdog import Watchdog

log = logging.getLogger(__name__)

CLOSE_TIMEOUT_SECONDS = 5.0
START_SECONDS = 60.0
"""How long a new child may take until its first message, if a run's limit is shorter."""
HOLD_SECONDS = 30.0
"""How long opening the replica may take: its log may have to be read."""


class _EndlessView(Exception):
    """The child was killed because it read a view for too long."""

    def __init__(self, view: str, step: str, limit_seconds: float) -> None:
        self.view, self.step = view, step
        self.reason = (
            f"table {staging()[view].source_table} cannot be read (it is a view, and took longer than"
            f" {limit_seconds:g} s; make it faster, then press Full Refresh)"
        )
        super().__init__(self.reason)


class EngineProcess:
    """A handle on the engine process; thread-safe, one order at a time.

    ``serve`` is the function that the child runs: it answers the orders that come through its pipe.
    """

    def __init__(self, serve: Callable[[Connection], None] = serve_orders) -> None:
        self._serve = serve
        self._is_closing = False
        self._lock = threading.Lock()
        self._process: ChildProcess | None = None
        # Why a view is left out, until the next full audit tries it again.
        self._endless: dict[tuple[SourceAddress, str], str] = {}

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

        ``deliver`` is called with each dataset in ``order.partial`` as soon as it is computed. If the child
        makes no progress while it reads a view, it computes the order again without that view. Raises
        ComputeError if the child dies or makes no progress, and SourceError if the child reports one.
        """
        with self._lock:
            if order.full_audit:
                self._endless = {key: why for key, why in self._endless.items() if key[0] != order.db}
            while True:
                endless = {view: reason for (db, view), reason in self._endless.items() if db == order.db}
                try:
                    return self._compute(replace(order, left_out=endless), report, deliver)
                except _EndlessView as error:
                    self._endless[order.db, error.view] = error.reason
                    if self._is_closing:
                        raise self._hung(order, error.step) from None

    def hold(self, order: HoldOrder) -> bool:
        """Return whether the child holds the replica now. Raises ComputeError, SourceError."""
        with self._lock:
            is_new = self.pid is None
            process = self._started()
            watchdog = Watchdog(process, HOLD_SECONDS, START_SECONDS if is_new else HOLD_SECONDS)
            try:
                with watchdog:
                    process.pipe.send(order)
                    answer = watchdog.receive(process.pipe.recv)
            except (EOFError, OSError):
                raise self._death() from None
            except BaseException:
                self._kill()
                raise
        if isinstance(answer, RunFailure):
            raise answer.as_error()
        assert isinstance(answer, HoldAnswer)
        return answer.is_held

    def _compute(
        self,
        order: RunOrder,
        report: Callable[[Progress], None],
        deliver: Callable[[ComputedDataset], None] | None,
    ) -> RunOutcome:
        latest = Progress(0, 0, "starting")
        is_new = self.pid is None
        process = self._started()
        limit_seconds = order.limits.without_progress_seconds
        watchdog = Watchdog(process, limit_seconds, max(limit_seconds, START_SECONDS * is_new))
        try:
            with watchdog:
                process.pipe.send(order)
                while isinstance(answer := watchdog.receive(process.pipe.recv), Progress | ComputedDataset):
                    if isinstance(answer, Progress):
                        latest = answer
                        report(answer)
                    elif deliver is not None:
                        deliver(answer)
        except (EOFError, OSError):
            if not watchdog.has_killed:
                raise self._death() from None
            hung = self._hung(order, latest.step)
            if latest.view is not None:
                raise _EndlessView(latest.view, latest.step, limit_seconds) from hung
            raise hung from None
        except BaseException:
            # The next order would take the messages that are still to come for its own.
            self._kill()
            raise
        if isinstance(answer, RunFailure):
            raise answer.as_error()
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

    def _started(self) -> ChildProcess:
        if self._process is None or not self._process.is_alive():
            self._discard()
            # The child imports the function's module and packages, so none of them may import sqlite3.
            self._process = ChildProcess(self._serve)
        return self._process

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
        if self._process is not None:
            self._process.pipe.close()
            self._process.join(CLOSE_TIMEOUT_SECONDS)
            if self._process.is_alive():
                self._process.kill()
                self._process.join(CLOSE_TIMEOUT_SECONDS)
        self._process = None

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
            # The file may be another when the next order comes.
            self._endless.clear()
            self._is_closing = False
