"""The worker's side: it runs what web processes ask for, answers their questions, and reports that it lives.

Requests come by way of the queue of this process, which makes one run of those that ask for the same.
Questions go to whichever engine process of this machine holds the replica, beside its runs.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from engine.model import questions as q
from engine.model.clock import wall_clock
from engine.model.errors import DashboardError, SourceError
from engine.model.places.postgres_address import PostgresAddress
from engine.model.settings import Settings
from engine.model.trigger import Trigger
from engine.postgres.notification_thread import NotificationThread
from engine.runs.health.progress import progress_of, shared_content
from engine.runs.health.watch import OwnWatch
from engine.runs.questions import ask
from engine.runs.replies import NobodyHolds
from engine.runs.turns.queue import RunQueue
from engine.runs.turns.queued import NotNow, RunFuture
from engine.runs.worker import mailbox
from engine.runs.worker.mailbox import Kind, Request
from engine.runs.worker.source_report import found_source

log = logging.getLogger(__name__)

PROGRESS_SECONDS = 0.25
"""How often the progress of a run is looked at; it is reported when it has changed."""
REPORT_SECONDS = 1.0
"""How often the worker reports that it lives, also without a change."""
SOURCE_SECONDS = 5.0
"""How often the source is asked how far it has gone on."""
CLEAR_SECONDS = 30.0
"""How often old requests, answers and reports are deleted."""
AT_A_TIME = 4
"""How many questions are under way at a time; the engine process computes two."""


class WorkerBridge:
    """Serves the requests of web processes until it is closed; thread-safe.

    ``hold`` (``Runner.hold_replica``) makes this process hold the replica if no other does.
    """

    def __init__(
        self, settings: Settings, address: PostgresAddress, queue: RunQueue, hold: Callable[[], object]
    ) -> None:
        self.id = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._settings = settings
        self._address = address
        self._queue = queue
        self._hold = hold
        self._ended = threading.Event()
        self._is_prepared = False
        self._source = ""
        self._source_found_at = time.monotonic()
        self._pool = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="dashboard-answers")
        self._listener = NotificationThread(address, [mailbox.REQUESTS], lambda _: self._serve())
        self._threads = [
            threading.Thread(target=self._report, name="dashboard-reports", daemon=True),
            threading.Thread(target=self._find_source, name="dashboard-source-report", daemon=True),
        ]

    def start(self) -> None:
        """Make the tables, and begin to serve; while the server is away this is tried again."""
        try:
            self._prepare()
            self._send_report(b"")
        except SourceError as error:
            log.warning("the worker waits for the server: %s", error)
        for thread in self._threads:
            thread.start()
        self._listener.start()

    def close(self) -> None:
        """Serve no more requests; those that wait are another worker's."""
        self._ended.set()
        self._listener.close()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._threads[0].join(REPORT_SECONDS)
        try:
            mailbox.leave(self._address, self.id)
        except DashboardError as error:
            log.info("the worker leaves without a word: %s", error)

    def _prepare(self) -> None:
        if not self._is_prepared:
            mailbox.prepare_mailbox(self._address)
            self._is_prepared = True

    def _serve(self) -> None:
        """Take what is asked for. Raises SourceError."""
        self._prepare()
        while not self._ended.is_set():
            taken = mailbox.take(self._address, self.id)
            for request in taken:
                if request.kind is Kind.RUN:
                    self._submit(request)
                else:
                    self._pool.submit(self._answer_question, request)
            if len(taken) < mailbox.MOST_TAKEN:
                return

    def _submit(self, request: Request) -> None:
        asked = json.loads(request.content)
        names = asked["datasets"]
        future = self._queue.submit(Trigger(asked["trigger"]), None if names is None else tuple(names))

        def answer(done: RunFuture) -> None:
            if not self._ended.is_set():
                failure = done.result()
                content = {"failure": failure, "is_for_now": isinstance(failure, NotNow)}
                self._pool.submit(self._answer, request.id, json.dumps(content).encode())

        future.add_done_callback(answer)

    def _answer_question(self, request: Request) -> None:
        self._answer(request.id, q.to_json(self._reply(request.content)))

    def _reply(self, content: bytes) -> q.Reply:
        try:
            question = q.request_from_json(content)
        except ValueError as error:
            return q.Refusal("the question", str(error), "restart the processes if two versions run")
        if isinstance(question, q.Release):
            return q.Refusal("the question", "it is none", "ask something")
        try:
            return ask(self._settings, question, self._hold)
        except NobodyHolds as error:
            return q.Refusal(error.offender, error.cause, error.remedy, is_moved=True)
        except DashboardError as error:
            return q.Refusal(error.offender, error.cause, error.remedy)
        except Exception as error:
            log.exception("a question failed")
            return q.Refusal("the question", f"{type(error).__name__}: {error}", "see the worker's log")

    def _answer(self, request_id: str, content: bytes) -> None:
        try:
            mailbox.answer(self._address, request_id, content)
        except DashboardError as error:
            log.warning("an answer could not be sent: %s", error)

    def _report(self) -> None:
        reported, report_at, clear_at = b"", 0.0, 0.0
        while not self._ended.wait(PROGRESS_SECONDS):
            content = self._progress()
            if content == reported and time.monotonic() < report_at:
                continue
            try:
                self._send_report(content)
                reported, report_at = content, time.monotonic() + REPORT_SECONDS
                if time.monotonic() >= clear_at:
                    clear_at = time.monotonic() + CLEAR_SECONDS
                    mailbox.clear_old(self._address)
            except DashboardError as error:
                log.debug("the worker cannot report: %s", error)

    def _progress(self) -> bytes:
        content = shared_content(self._settings) or b""
        return content if content and progress_of(content, wall_clock()) is not None else b""

    def _send_report(self, progress: bytes) -> None:
        age = time.monotonic() - self._source_found_at
        mailbox.report(self._address, self.id, progress.decode(), self._source, age)

    def _find_source(self) -> None:
        watch = OwnWatch(self._settings)
        while not self._ended.is_set():
            try:
                self._source, self._source_found_at = found_source(watch, wall_clock()), time.monotonic()
            except Exception:
                log.exception("the state of the source could not be found")
            self._ended.wait(SOURCE_SECONDS)
