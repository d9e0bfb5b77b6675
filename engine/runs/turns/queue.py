"""The run queue of one process: one run at a time, in a thread of its own.

Submitting never waits. One run answers all who ask for the same: a request joins the run under way if
that covers it, and all requests that wait meanwhile become one run.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable

from engine.model.clock import wall_clock
from engine.model.errors import ComputeError, DashboardError, ServerAwayError
from engine.model.trigger import Trigger
from engine.runs.request import RunRequest
from engine.runs.runner import Runner
from engine.runs.turns.failures import RunFailures
from engine.runs.turns.queued import CLOSED, NotNow, QueuedRun, QueueState, RunFuture, lacking, merged
from engine.store.freshness.unstored import UnstoredFailures

log = logging.getLogger(__name__)

BATCH_WINDOW_SECONDS = 0.03
"""How long the queue collects what clients found due before it runs it, so that one run has it all."""


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
        self._failures = RunFailures()

    @property
    def unstored_failures(self) -> UnstoredFailures:
        """Return the failures of this process's runs that could not be written to the database."""
        return self._runner.unstored_failures

    @property
    def state(self) -> QueueState:
        """Return what the queue is doing."""
        with self._wakes:
            queued = self._running or self._waiting
            trigger = merged(queued).trigger if queued else None
            return QueueState(trigger, self._failures.count, self._failures.latest)

    @property
    def version(self) -> str:
        """Return a text that changes with each failure, and when the backoff begins or ends."""
        return self._failures.version

    def submit(self, trigger: Trigger, datasets: Iterable[str] | None = None) -> RunFuture:
        """Submit a run of datasets, all if None; return its future. The one named first is computed first."""
        queued = QueuedRun.of(trigger, datasets)
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
            names = lacking(datasets, (*self._running, *self._waiting))
            if names and (self._closed or self._failures.backs_off):
                return False
        if names:
            self.submit(Trigger.READ, names)
        return True

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
                self._failures.note(run.trigger, failure)
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
