"""How far the run under way has come, for every process to see: a small file in the state folder.

Whoever holds the run lock writes it, and renews it each second while its run lasts: a file that
has not been renewed is that of a process that died, and tells nothing. A run that is over within
a moment leaves no file at all. The file is a courtesy: where it cannot be written, runs go on.
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
from engine.model.results import Progress
from engine.model.settings import Settings

log = logging.getLogger(__name__)

WRITE_INTERVAL_SECONDS = 0.2
RENEWAL_SECONDS = 1.0
STALE_AFTER = timedelta(seconds=5)


@dataclass(frozen=True)
class RunProgress:
    """A run under way: what started it and when, ``done`` of ``total`` steps, now at ``step``."""

    trigger: str
    started_at: datetime
    done: int
    total: int
    step: str


def read_progress(settings: Settings, now: datetime) -> RunProgress | None:
    """Return how far the run under way has come; None where there is none, or nothing to tell yet."""
    try:
        told = json.loads(_path(settings).read_bytes())
        renewed_at = from_sqlite(told["renewed_at"])
        progress = RunProgress(
            trigger=str(told["trigger"]),
            started_at=from_sqlite(told["started_at"]),
            done=int(told["done"]),
            total=int(told["total"]),
            step=str(told["step"]),
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return progress if abs(now - renewed_at) < STALE_AFTER else None


@contextmanager
def shared_progress(
    settings: Settings, trigger: str, started_at: datetime, report: Callable[[Progress], None]
) -> Iterator[Callable[[Progress], None]]:
    """Give a reporter that passes on to ``report`` and lets other processes see it, until the block ends.

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
    """Writes the latest progress to the file, so that the run itself is never kept waiting by it."""

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
        told = {
            **self._run,
            "renewed_at": to_sqlite(wall_clock()),
            "done": progress.done,
            "total": progress.total,
            "step": progress.step,
        }
        # Whole or not at all, whenever another process looks.
        draft = self._path.with_name(self._path.name + ".new")
        try:
            draft.write_text(json.dumps(told), encoding="utf-8")
            draft.replace(self._path)
        except OSError as error:
            log.debug("the progress of the run cannot be told: %s", error)

    def end(self) -> None:
        """Stop, and take the file away, one that a process left behind when it died included."""
        self._ended.set()
        self.join()
        for path in (self._path, self._path.with_name(self._path.name + ".new")):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                log.debug("the progress of the run cannot be taken away: %s", error)
