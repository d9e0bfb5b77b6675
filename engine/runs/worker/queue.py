"""The queue of a web process without an engine: the worker runs what is submitted.

Submitting never waits: a thread sends the requests.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from engine.model.errors import DashboardError, ServerAwayError
from engine.model.trigger import Trigger
from engine.runs.questions import NoWorker
from engine.runs.turns.queue import (
    BACKOFF_SECONDS,
    CLOSED,
    NotNow,
    QueuedRun,
    QueueState,
    RunFuture,
    merged,
)
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
        self._failures = 0
        self._failure: str | None = None
        self._backs_off_until = 0.0
        self._sender = ThreadPoolExecutor(1, thread_name_prefix="dashboard-requests")

    def _note_change(self) -> None:
        self.on_change()

    @property
    def state(self) -> QueueState:
        """Return what the worker does for this process."""
        with self._lock:
            trigger = merged(self._pending).trigger if self._pending else None
            return QueueState(trigger, self._failures, self._failure)

    @property
    def version(self) -> str:
        """Return a text that changes with each failure, with the backoff, and when a worker comes or goes."""
        backs_off = time.monotonic() < self._backs_off_until
        gone = self._client.trouble() is not None
        return f"{self._failures}{'r' if backs_off else ''}{'w' if gone else ''}"

    def submit(self, trigger: Trigger, datasets: Iterable[str] | None = None) -> RunFuture:
        """Submit a run of datasets, all if None; return its future. The one named first is computed first."""
        queued = QueuedRun(trigger, None if datasets is None else tuple(datasets), Future())
        queued.future.set_running_or_notify_cancel()
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
            self._end(queued, CLOSED, is_failure=False)
        self.on_change()
        return queued.future

    def submit_due(self, datasets: Iterable[str]) -> bool:
        """Submit what clients found due; return whether it is being computed.

        It is not after a run for clients has just failed, nor without a worker.
        """
        with self._lock:
            pending = {name for run in self._pending for name in run.names}
        lacking = [name for name in datasets if name not in pending]
        if lacking and (time.monotonic() < self._backs_off_until or self._client.trouble() is not None):
            return False
        if lacking:
            self.submit(Trigger.READ, lacking)
        return True

    def submit_warm_up(self, datasets: Iterable[str]) -> RunFuture:
        """Submit a run of datasets that no client has read yet; return its future."""
        return self.submit(Trigger.WARM, datasets)

    def close(self) -> None:
        """Accept no more runs; those that wait end with the client."""
        self._sender.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            pending = tuple(self._pending)
        for queued in pending:
            self._end(queued, CLOSED, is_failure=False)

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
            self._end(queued, NotNow(error), is_failure=False)
            return
        except (DashboardError, ValueError, KeyError) as error:
            failure = str(error)
        self._end(queued, failure, is_failure=failure is not None)

    def _end(self, queued: QueuedRun, failure: str | None, *, is_failure: bool) -> None:
        with self._lock:
            if queued not in self._pending:
                return
            self._pending.remove(queued)
            if is_failure:
                self._failures, self._failure = self._failures + 1, failure
                if queued.trigger is Trigger.READ:
                    self._backs_off_until = time.monotonic() + BACKOFF_SECONDS
            elif failure is None:
                self._failure, self._backs_off_until = None, 0.0
        queued.future.set_result(failure)
        self.on_change()
