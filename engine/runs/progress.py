"""The progress of the run under way, shared with every process by a small file in the state folder.

The process that holds the run lock writes the file, and renews it each second while its run lasts. A file
that is not renewed belongs to a process that died, and is ignored. A short run writes no file. If the file
cannot be written the run goes on without it.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from engine.model.clock import from_sqlite, to_sqlite, wall_clock
from engine.model.private_files import read_private, write_private
from engine.model.results import Progress
from engine.model.settings import Settings

log = logging.getLogger(__name__)

WRITE_INTERVAL_SECONDS = 0.2
RENEWAL_SECONDS = 1.0
STALE_AFTER = timedelta(seconds=5)


@dataclass(frozen=True)
class RunProgress:
    """A run under way: what started it and when, ``done`` of ``total`` steps, and the ``step`` under way."""

    trigger: str
    started_at: datetime
    done: int
    total: int
    step: str


def read_progress(settings: Settings, now: datetime) -> RunProgress | None:
    """Return the progress of the run under way; None if there is none, or it has written nothing yet."""
    try:
        shared = json.loads(read_private(_path(settings)))
        renewed_at = from_sqlite(shared["renewed_at"])
        progress = RunProgress(
            trigger=str(shared["trigger"]),
            started_at=from_sqlite(shared["started_at"]),
            done=int(shared["done"]),
            total=int(shared["total"]),
            step=str(shared["step"]),
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return progress if abs(now - renewed_at) < STALE_AFTER else None


@contextmanager
def shared_progress(
    settings: Settings, trigger: str, started_at: datetime, report: Callable[[Progress], None]
) -> Iterator[Callable[[Progress], None]]:
    """Yield a reporter that calls ``report`` and shares the progress with other processes.

    The caller holds the run lock.
    """
    sharing = _Sharing(_path(settings), trigger, started_at)
    sharing.start()

    def share(progress: Progress) -> None:
        sharing.latest = progress
        report(progress)

    try:
        yield share
    finally:
        sharing.end()


def _path(settings: Settings) -> Path:
    return settings.state_dir / f"{settings.db.name}.progress.json"


class _Sharing(threading.Thread):
    """Writes the latest progress to the file, in a thread, so that the run never waits for it."""

    def __init__(self, path: Path, trigger: str, started_at: datetime) -> None:
        super().__init__(name="dashboard-progress", daemon=True)
        self.latest = Progress(0, 0, "starting")
        self._path = path
        self._run = {"trigger": str(trigger), "started_at": to_sqlite(started_at)}
        self._ended = threading.Event()

    def run(self) -> None:
        written, renew_at = None, 0.0
        while not self._ended.wait(WRITE_INTERVAL_SECONDS):
            latest = self.latest
            if latest != written or time.monotonic() >= renew_at:
                self._write(latest)
                written, renew_at = latest, time.monotonic() + RENEWAL_SECONDS

    def _write(self, progress: Progress) -> None:
        content = {
            **self._run,
            "renewed_at": to_sqlite(wall_clock()),
            "done": progress.done,
            "total": progress.total,
            "step": progress.step,
        }
        try:
            write_private(self._path, json.dumps(content).encode())
        except OSError as error:
            log.debug("the progress of the run cannot be written: %s", error)

    def end(self) -> None:
        """Stop, and delete the file, also one that a process left behind when it died."""
        self._ended.set()
        self.join()
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            log.debug("the file with the run's progress cannot be deleted: %s", error)
