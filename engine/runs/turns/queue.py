"""The run queue of one process: one run at a time, in a thread of its own.

Submitting never waits. One run answers all who ask for the same: a request joins the run under way if
that covers it, and all requests that wait meanwhile become one run.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from engine.model.catalogue.datasets import catalogue
from engine.model.clock import wall_clock
from engine.model.errors import ComputeError, DashboardError, ServerAwayError
from engine.model.trigger import Trigger
from engine.runs.request import RunRequest
from engine.runs.runner import Runner
from engine.store.freshness.unstored import UnstoredFailures

log = logging.getLogger(__name__)

BATCH_WINDOW_SECONDS = 0.03
"""How long the queue collects what clients found due before it runs it, so that one run has it all."""

BACKOFF_SECONDS = 60.0
"""How long nothing is computed for clients after a run for them has failed as a whole."""


class NotNow(str):
    """The line that says why a run is not possible now, though nothing is wrong with what it computes.

    Nobody has begun it, or a server is away.
    """

    __slots__ = ()


CLOSED = NotNow("the dashboard is being ended; start it again")

RunFuture = Future[str | None]
"""The result of a run to come: the one line that says why it failed, None if it went well.

A ``NotNow`` says that it may be asked for again.
"""


@dataclass(frozen=True)
class QueueState:
    """What the queue is doing: ``trigger`` is that of the run under way or waiting, None if there is none.

    ``failures`` counts the runs that failed. ``failure`` is the line of the latest run, None if it went well.
    """

    trigger: Trigger | None
    failures: int
    failure: str | None


class Submits(Protocol):
    """What takes the runs that a web process asks for: its own queue, or the worker. Thread-safe."""

    on_change: Callable[[], None]

    @property
    def unstored_failures(self) -> UnstoredFailures:
        """Return the failures of this process's runs that could not be written to the database."""

    @property
    def state(self) -> QueueState:
        """Return what the queue is doing."""

    @property
    def version(self) -> str:
        """Return a text that changes with each failure, and when the backoff begins or ends."""

    def submit(self, trigger: Trigger, datasets: Iterable[str] | None = None) -> RunFuture:
        """Submit a run of datasets, all if None; return its future."""

    def submit_due(self, datasets: Iterable[str]) -> bool:
        """Submit what clients found due; return whether it is being computed."""

    def submit_warm_up(self, datasets: Iterable[str]) -> RunFuture:
        """Submit a run of datasets that no client has read yet; return its future."""

    def close(self) -> None:
        """Accept no more runs, and answer those that wait."""


@dataclass(frozen=True)
class QueuedRun:
    """A run that somebody has submitted; ``datasets`` None means all of them."""

    trigger: Trigger
    datasets: tuple[str, ...] | None
    future: RunFuture

    def covers(self, other: QueuedRun) -> bool:
        """Return whether this run computes all that the other one asks for."""
        if other.trigger is Trigger.FULL and self.trigger is not Trigger.FULL:
            return False  # only a full refresh checks the whole file
        return set(other.names) <= set(self.names)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the datasets, those of the whole catalogue for a run of all."""
        return tuple(catalogue()) if self.datasets is None else self.datasets


_RANK = (
    Trigger.FULL,
    Trigger.SCHEDULE,
    Trigger.COMMAND,
    Trigger.WARM,
    Trigger.PAGE,
    Trigger.CARD,
    Trigger.CHECK,
    Trigger.READ,
)


class RunQueue:
    """Runs what one process submits, one run at a time; thread-safe.

    ``on_change`` is called, in any thread, whenever a run is submitted, begins or ends.
    """

    def __init__(self, runner: Runner, on_change: Callable[[], None] = lambda: None) -> None:
        self.on_change = on_change
        self._runner = runner
        self._wakes = threading.Condition()
        self._waiting: list[QueuedRun] = []
        self._running: list[QueuedRun] = []
        self._thread: threading.Thread | None = None
        self._closed = False
        self._failures = 0
        self._failure: str | None = None
        self._backs_off_until = 0.0

    @property
    def unstored_failures(self) -> UnstoredFailures:
        """Return the failures of this process's runs that could not be written to the database."""
        return self._runner.unstored_failures

    @property
    def state(self) -> QueueState:
        """Return what the queue is doing."""
        with self._wakes:
            queued = self._running or self._waiting
            return QueueState(merged(queued).trigger if queued else None, self._failures, self._failure)

    @property
    def version(self) -> str:
        """Return a text that changes with each failure, and when the backoff begins or ends."""
        return f"{self._failures}{'r' if time.monotonic() < self._backs_off_until else ''}"

    def submit(self, trigger: Trigger, datasets: Iterable[str] | None = None) -> RunFuture:
        """Submit a run of datasets, all if None; return its future. The one named first is computed first."""
        queued = QueuedRun(trigger, None if datasets is None else tuple(datasets), Future())
        # A running future cannot be cancelled. Others may wait for the same run as the client that goes away.
        queued.future.set_running_or_notify_cancel()
        with self._wakes:
            if self._closed:
                queued.future.set_result(CLOSED)
                return queued.future
            if self._running and merged(self._running).covers(queued):
                self._running.append(queued)
            else:
                self._waiting.append(queued)
                self._start()
                self._wakes.notify()
        self.on_change()
        return queued.future

    def submit_due(self, datasets: Iterable[str]) -> bool:
        """Submit what clients found due; return whether it is being computed.

        It is not after a run for clients has just failed. They see what there is, and why.
        """
        with self._wakes:
            queued = {name for run in (*self._running, *self._waiting) for name in run.names}
            lacking = [name for name in datasets if name not in queued]
            if lacking and (self._closed or time.monotonic() < self._backs_off_until):
                return False
        if lacking:
            self.submit(Trigger.READ, lacking)
        return True

    def submit_warm_up(self, datasets: Iterable[str]) -> RunFuture:
        """Submit a run of datasets that no client has read yet; return its future."""
        return self.submit(Trigger.WARM, datasets)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="dashboard-runs", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while True:
            with self._wakes:
                while not self._waiting and not self._closed:
                    self._wakes.wait()
                if self._closed:
                    return
                is_for_clients = all(queued.trigger is Trigger.READ for queued in self._waiting)
                if is_for_clients and self._wakes.wait_for(lambda: self._closed, BATCH_WINDOW_SECONDS):
                    return
                self._running, self._waiting = self._waiting, []
                run = merged(self._running)
            self.on_change()
            failure = self._compute(run)
            with self._wakes:
                answered, self._running = self._running, []
                self._failure = failure
                if failure is None:
                    self._backs_off_until = 0.0
                else:
                    self._failures += 1
                    if run.trigger is Trigger.READ:
                        self._backs_off_until = time.monotonic() + BACKOFF_SECONDS
            for queued in answered:
                queued.future.set_result(failure)
            self.on_change()

    def _compute(self, run: QueuedRun) -> str | None:
        """Run it; return the line that says why it failed, None if it went well."""
        try:
            self._runner.run(RunRequest(run.trigger, wall_clock(), run.datasets))
        except ServerAwayError as error:
            return NotNow(error)
        except DashboardError as error:
            return str(error)
        except Exception as error:
            log.exception("a run failed")
            return str(ComputeError("the run", f"{type(error).__name__}: {error}", "see the log"))
        return None

    def close(self) -> None:
        """Accept no more runs, and answer those that wait; the owner of the runner ends the run under way."""
        with self._wakes:
            self._closed = True
            waiting, self._waiting = self._waiting, []
            self._wakes.notify_all()
        for queued in waiting:
            queued.future.set_result(CLOSED)


def merged(queued: list[QueuedRun]) -> QueuedRun:
    """Return the one run that answers several: its names are in the order in which they were submitted."""
    trigger = min((run.trigger for run in queued), key=_RANK.index)
    if any(run.datasets is None for run in queued):
        return QueuedRun(trigger, None, queued[0].future)
    names = dict.fromkeys(name for run in queued for name in run.names)
    return QueuedRun(trigger, tuple(names), queued[0].future)
