"""The queue of a web process without an engine: the worker runs what is submitted.

Submitting never waits: a thread sends the requests.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from engine.model.errors import DashboardError, ServerAwayError
from engine.model.trigger import Trigger
from engine.runs.questions import NoWorker
from engine.runs.turns.failures import RunFailures
from engine.runs.turns.queued import CLOSED, NotNow, QueuedRun, QueueState, RunFuture, lacking, merged
from engine.runs.worker.client import WorkerClient
from engine.runs.worker.mailbox import Kind
from engine.store.freshness.unstored import UnstoredFailures


class WorkerQueue:
    """Has the worker run what this process submits; thread-safe, with the interface of ``RunQueue``."""

    def __init__(self, client: WorkerClient) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self.unstored_failures = UnstoredFailures()
        self._client = client
        client.on_change = self._note_change
        self._lock = threading.Lock()
        self._pending: list[QueuedRun] = []
        self._failures = RunFailures()
        self._sender = ThreadPoolExecutor(1, thread_name_prefix="dashboard-requests")

    def _note_change(self) -> None:
        self.on_change()

    @property
    def state(self) -> QueueState:
        """Return what the worker does for this process."""
        with self._lock:
            trigger = merged(self._pending).trigger if self._pending else None
            return QueueState(trigger, self._failures.count, self._failures.latest)

    @property
    def version(self) -> str:
        """Return a text that changes with each failure, with the backoff, and when a worker comes or goes."""
        return f"{self._failures.version}{'' if self._client.trouble() is None else 'w'}"

    def submit(self, trigger: Trigger, datasets: Iterable[str] | None = None) -> RunFuture:
        """Submit a run of datasets, all if None; return its future. The one named first is computed first."""
        queued = QueuedRun.of(trigger, datasets)
        absence = self._client.absence()
        if absence is not None:
            queued.future.set_result(NotNow(absence))
            return queued.future
        with self._lock:
            for pending in self._pending:
                if pending.covers(queued):
                    return pending.future
            self._pending.append(queued)
        try:
            self._sender.submit(self._send, queued)
        except RuntimeError:
            self._end(queued, CLOSED, counts=False)
        self.on_change()
        return queued.future

    def submit_due(self, datasets: Iterable[str]) -> bool:
        """Submit what clients found due; return whether it is being computed.

        It is not after a run for clients has just failed, nor without a worker.
        """
        with self._lock:
            names = lacking(datasets, self._pending)
        if names and (self._failures.backs_off or self._client.trouble() is not None):
            return False
        if names:
            self.submit(Trigger.READ, names)
        return True

    def close(self) -> None:
        """Accept no more runs; those that wait end with the client."""
        self._sender.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            pending = tuple(self._pending)
        for queued in pending:
            self._end(queued, CLOSED, counts=False)

    def _send(self, queued: QueuedRun) -> None:
        names = None if queued.datasets is None else list(queued.datasets)
        content = json.dumps({"trigger": queued.trigger.value, "datasets": names}).encode()
        _, future = self._client.post(Kind.RUN, content)
        future.add_done_callback(lambda done: self._answered(queued, done))

    def _answered(self, queued: QueuedRun, done: Future[bytes]) -> None:
        try:
            answer = json.loads(done.result())
            failure = NotNow(answer["failure"]) if answer.get("is_for_now") else answer["failure"]
        except (NoWorker, ServerAwayError) as error:
            # Pages say so already, for as long as it is so.
            self._end(queued, NotNow(error), counts=False)
            return
        except (DashboardError, ValueError, KeyError) as error:
            failure = str(error)
        self._end(queued, failure)

    def _end(self, queued: QueuedRun, failure: str | None, *, counts: bool = True) -> None:
        """End a run; one that nobody has computed does not count, neither as failed nor as gone well."""
        with self._lock:
            if queued not in self._pending:
                return
            self._pending.remove(queued)
            if counts:
                self._failures.note(queued.trigger, failure)
        queued.future.set_result(failure)
        self.on_change()
