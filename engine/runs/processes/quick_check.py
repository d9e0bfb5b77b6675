"""SQLite's quick check of the source, in a process of its own and with its own time limit.

No run waits for it. Its result is stored when it ends. A check that is stopped leaves the last result as it
was.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from engine.model.clock import wall_clock
from engine.model.errors import DashboardError, SourceError
from engine.model.source_file.failures import named_by
from engine.model.values.quality import IntegrityCheck
from engine.model.values.results import RunFailure
from engine.replica.quick_check import send_integrity
from engine.runs.processes.child import ChildProcess

log = logging.getLogger(__name__)

LIMIT_SECONDS = 600.0
JOIN_SECONDS = 5.0


class QuickChecker:
    """Runs at most one quick check at a time, in the background; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()

    @property
    def is_under_way(self) -> bool:
        """Return whether a check has begun whose result is not stored yet."""
        thread = self._thread
        return thread is not None and thread.is_alive()

    def start(self, db: Path, on_end: Callable[[datetime, IntegrityCheck | None], None]) -> None:
        """Start a check, unless one is under way or ``stop`` has been called.

        ``on_end`` is called in a thread, with the instant when the check began and its result, None if the
        check did not finish.
        """
        with self._lock:
            if self.is_under_way or self._stopped.is_set():
                return
            self._thread = threading.Thread(
                target=self._check, args=(db, on_end), name="dashboard-integrity", daemon=True
            )
            self._thread.start()

    def _check(self, db: Path, on_end: Callable[[datetime, IntegrityCheck | None], None]) -> None:
        started_at = wall_clock()
        try:
            found = quick_check(db, started_at, self._stopped)
            if not self._stopped.is_set():
                on_end(started_at, found)
        except DashboardError as error:
            if not self._stopped.is_set():
                log.warning("the quick check is not stored: %s", error)

    def wait(self) -> None:
        """Wait until the check under way has ended and its result is stored."""
        if self._thread is not None:
            self._thread.join()

    def stop(self) -> None:
        """Stop the check under way and start none any more; ``wait`` waits for its end."""
        with self._lock:
            self._stopped.set()


def quick_check(
    db: Path,
    started_at: datetime,
    stopped: threading.Event | None = None,
    limit_seconds: float = LIMIT_SECONDS,
) -> IntegrityCheck | None:
    """Return the result of SQLite's quick check; None if it was stopped or took longer than its limit.

    Raises SourceError if the source cannot be read.
    """
    stopped = threading.Event() if stopped is None else stopped
    process = ChildProcess(partial(send_integrity, db=db, started_at=started_at, named_by=named_by(db)))
    answer: object = None
    waited_seconds, tick_seconds = 0.0, 0.1
    try:
        while waited_seconds < limit_seconds and not stopped.is_set():
            if process.pipe.poll(tick_seconds):
                answer = process.pipe.recv()
                break
            waited_seconds += tick_seconds
        else:
            if not stopped.is_set():
                log.warning("the quick check of %s took longer than %g s and was ended", db, limit_seconds)
    except (EOFError, OSError):
        log.warning("the process of the quick check ended unexpectedly")
    finally:
        process.kill()
        process.join(JOIN_SECONDS)
        process.pipe.close()
    if isinstance(answer, RunFailure):
        raise SourceError(answer.offender, answer.cause, answer.remedy)
    return answer if isinstance(answer, IntegrityCheck) else None
