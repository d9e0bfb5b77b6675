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
from engine.model.settings import Settings
from engine.model.values.results import READING, Progress

log = logging.getLogger(__name__)

WRITE_INTERVAL_SECONDS = 0.2
"""The shortest time between two writes of the progress."""
RENEWAL_SECONDS = 1.0
"""How often it is written without a change, as a sign of life."""
STALE_AFTER = timedelta(seconds=5)
"""A progress that was not renewed for so long is that of a process that has ended."""
PACE_SECONDS, PACE_SHARE = 3.0, 0.03
"""How long a part lasts, and how much of it is done, before its pace says how long it still takes."""


@dataclass(frozen=True)
class RunProgress:
    """A run under way: what started it and when, ``done`` of ``total`` steps, and the ``step`` under way.

    ``part``, ``part_done`` and ``part_total`` are those of ``Progress``; ``part_seconds`` is how long the
    part has lasted.
    """

    trigger: str
    started_at: datetime
    done: int
    total: int
    step: str
    part: str = READING
    part_done: int = 0
    part_total: int = 0
    part_seconds: float = 0.0

    @property
    def seconds_left(self) -> float | None:
        """Return how long the part under way still takes at its pace so far; None before there is a pace."""
        if self.part_seconds < PACE_SECONDS or self.part_done < PACE_SHARE * self.part_total:
            return None
        if not 0 < self.part_done < self.part_total:
            return None
        return self.part_seconds * (self.part_total - self.part_done) / self.part_done


def read_progress(settings: Settings, now: datetime) -> RunProgress | None:
    """Return the progress of the run under way; None if there is none, or it has written nothing yet."""
    content = shared_content(settings)
    return None if content is None else progress_of(content, now)


def shared_content(settings: Settings) -> bytes | None:
    """Return the content of the file, for ``progress_of``; None if there is none."""
    try:
        return read_private(_path(settings))
    except OSError:
        return None


def progress_of(content: bytes | str, now: datetime | None) -> RunProgress | None:
    """Return the progress that a file's content says; None if it is none, or was not renewed.

    ``now`` None takes it as renewed.
    """
    try:
        shared = json.loads(content)
        renewed_at = from_sqlite(shared["renewed_at"])
        progress = RunProgress(
            trigger=str(shared["trigger"]),
            started_at=from_sqlite(shared["started_at"]),
            done=int(shared["done"]),
            total=int(shared["total"]),
            step=str(shared["step"]),
            # A process of another version does not write these.
            part=str(shared.get("part", READING)),
            part_done=int(shared.get("part_done", 0)),
            part_total=int(shared.get("part_total", 0)),
            part_seconds=float(shared.get("part_seconds", 0)),
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return progress if now is None or abs(now - renewed_at) < STALE_AFTER else None


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
        sharing.note(progress)
        report(progress)

    try:
        yield share
    finally:
        sharing.end()


def _path(settings: Settings) -> Path:
    return settings.working_file(".progress.json")


class _Sharing(threading.Thread):
    """Writes the latest progress to the file, in a thread, so that the run never waits for it."""

    def __init__(self, path: Path, trigger: str, started_at: datetime) -> None:
        super().__init__(name="dashboard-progress", daemon=True)
        self.latest = Progress(0, 0, "starting")
        self._path = path
        self._run = {"trigger": str(trigger), "started_at": to_sqlite(started_at)}
        self._ended = threading.Event()
        self._part_began = time.monotonic()

    def note(self, progress: Progress) -> None:
        """Take the latest progress; a part that begins, or begins again, is timed from now on."""
        before, self.latest = self.latest, progress
        if progress.part != before.part or progress.part_done < before.part_done:
            self._part_began = time.monotonic()

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
            "part": progress.part,
            "part_done": progress.part_done,
            "part_total": progress.part_total,
            "part_seconds": round(time.monotonic() - self._part_began, 1),
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
