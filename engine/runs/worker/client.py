"""The side of a web process without a source: it asks the worker, and hears what the worker reports.

One thread hears notifications. What it knows of the worker is in memory, so a page costs no round trip.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import Future, TimeoutError
from datetime import datetime, timedelta
from secrets import token_hex
from zoneinfo import ZoneInfo

from engine.model import questions as q
from engine.model.clock import local_time, wall_clock
from engine.model.errors import ComputeError, DashboardError
from engine.model.places.postgres_address import PostgresAddress
from engine.model.settings import Settings
from engine.postgres.notification_thread import NotificationThread
from engine.runs.health.progress import RunProgress, progress_of
from engine.runs.health.watch import SourceReport
from engine.runs.questions import NoWorker
from engine.runs.replies import ANSWER_SECONDS, answer_of, in_own_zone, no_answer, reply_of
from engine.runs.worker import mailbox
from engine.runs.worker.mailbox import GONE_SECONDS, Kind, Request, WorkerReport
from engine.runs.worker.source_report import source_of
from engine.store.backend import backend_of

log = logging.getLogger(__name__)

REMEDY = "start `dashboard schedule` beside the source"


class WorkerClient:
    """Asks the worker, and is the ``Watch`` of a process without a source; thread-safe.

    ``on_change`` is called, in any thread, after what is known of the worker was read.
    """

    is_beside_source = False

    def __init__(self, settings: Settings, address: PostgresAddress) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self._settings = settings
        self._address = address
        self._zone = ZoneInfo(settings.time_zone)
        self._lock = threading.Lock()
        self._waiting: dict[str, Future[bytes]] = {}
        self._reports: list[WorkerReport] = []
        self._read_at: float | None = None
        self._server_trouble: DashboardError | None = None
        self._is_prepared = False
        self._listener = NotificationThread(address, [mailbox.ANSWERS, mailbox.REPORTS], self._turn)

    def start(self) -> None:
        """Make the tables, read what the worker says, and begin to hear.

        While the server is away this is tried again, and ``absence`` has the reason.
        """
        try:
            self._prepare()
            self._read()
        except DashboardError as error:
            log.warning("no worker can be asked yet: %s", error)
            self._server_trouble = error
        self._listener.start()

    def close(self) -> None:
        """Stop hearing; whoever waits gets an error."""
        self._listener.close()
        self._fail(tuple(self._waiting), ComputeError("the dashboard", "it is being ended", "start it again"))

    def post(self, kind: Kind, content: bytes) -> tuple[str, Future[bytes]]:
        """Return the id of a request, not yet sent, and the future of its answer."""
        request_id, future = token_hex(16), Future[bytes]()
        future.set_running_or_notify_cancel()
        with self._lock:
            self._waiting[request_id] = future
        try:
            self._require_worker()
            mailbox.post(self._address, Request(request_id, kind, content))
        except DashboardError as error:
            self._fail([request_id], error)
        return request_id, future

    def ask(self, question: q.Question) -> q.Answer:
        """Return the worker's answer to a question. Raises DashboardError; it blocks."""
        content = q.to_json(in_own_zone(question, self._settings))
        request_id, future = self.post(Kind.QUESTION, content)
        try:
            return answer_of(reply_of(future.result(ANSWER_SECONDS)))
        except TimeoutError:
            self._withdraw([request_id])
            raise no_answer() from None

    def progress(self, now: datetime) -> RunProgress | None:
        """Return the progress of the run under way, by the latest worker that reports one."""
        reports, passed = self._known()
        alive = [each for each in reports if each.progress and each.age_seconds + passed < GONE_SECONDS]
        return progress_of(alive[0].progress, None) if alive else None

    def source(self, now: datetime) -> SourceReport | None:
        """Return how far the source has gone on, by the worker's latest report; None without one.

        Raises SourceError if the worker cannot read the source.
        """
        reports, passed = self._known()
        known = [each for each in reports if each.source]
        latest = min(known, key=lambda each: each.source_age_seconds, default=None)
        return None if latest is None else source_of(latest.source, latest.source_age_seconds + passed)

    def trouble(self) -> str | None:
        """Return the line that says that no worker answers, and since when; None if one does.

        None also while the server is away: whether a worker is there shows when it is back.
        """
        error = self.absence()
        return None if error is None or self._server_trouble is not None else error.line

    def absence(self) -> NoWorker | None:
        """Return the error that no worker answers, or that the way to it is cut; None if one does."""
        reports, passed = self._known()
        age = reports[0].age_seconds + passed if reports else None
        if age is not None and age < GONE_SECONDS:
            return None
        trouble = self._server_trouble
        if trouble is not None:
            return NoWorker(trouble.offender, trouble.cause, trouble.remedy)
        now = wall_clock()
        since = "yet" if age is None else f"since {local_time(now - timedelta(seconds=age), now, self._zone)}"
        return NoWorker("the request", f"no worker has answered {since}", REMEDY)

    def _known(self) -> tuple[list[WorkerReport], float]:
        """Return the reports, the latest first, and how many seconds ago they were read."""
        with self._lock:
            read_at = self._read_at
            return self._reports, 0.0 if read_at is None else time.monotonic() - read_at

    def _require_worker(self) -> None:
        absence = self.absence()
        if absence is not None:
            raise absence

    def _prepare(self) -> None:
        """Make the tables of cache and mailbox if they are missing. Raises DashboardError."""
        if not self._is_prepared:
            store = backend_of(self._address)
            if not store.is_complete():
                store.migrate(is_source=False)
            mailbox.prepare_mailbox(self._address)
            self._is_prepared = True

    def _turn(self, heard: frozenset[str]) -> None:
        """Take the answers that are there, and read what workers report. Raises DashboardError."""
        with self._lock:
            waiting = tuple(self._waiting)
        try:
            self._prepare()
            if waiting:
                for request_id, content in mailbox.fetch_answers(self._address, waiting).items():
                    future = self._forget(request_id)
                    if future is not None:
                        future.set_result(content)
            if heard != {mailbox.ANSWERS}:
                self._read()
        except DashboardError as error:
            self._server_trouble = error
            raise
        finally:
            if waiting:
                self._give_up(waiting)

    def _read(self) -> None:
        reports = mailbox.read_reports(self._address)
        self._server_trouble = None
        with self._lock:
            self._reports, self._read_at = reports, time.monotonic()
        self.on_change()

    def _give_up(self, ids: Collection[str]) -> None:
        """Answer those who wait, if no worker is there to answer them."""
        try:
            self._require_worker()
        except DashboardError as error:
            self._withdraw(ids)
            self._fail(ids, error)

    def _withdraw(self, ids: Collection[str]) -> None:
        try:
            mailbox.withdraw(self._address, ids)
        except DashboardError as error:
            log.debug("a request stays, and is deleted later: %s", error)

    def _fail(self, ids: Collection[str], error: DashboardError) -> None:
        for request_id in ids:
            future = self._forget(request_id)
            if future is not None:
                future.set_exception(error)

    def _forget(self, request_id: str) -> Future[bytes] | None:
        with self._lock:
            return self._waiting.pop(request_id, None)
