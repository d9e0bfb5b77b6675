"""Unstored failures: failed runs whose failure could not be written to the database.

The latest one is kept in memory, and in a small file in the state folder for other processes, so that pages
can show it. It counts until a later run has been stored.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from engine.model.clock import from_sqlite, to_sqlite
from engine.model.private_files import read_private, write_private
from engine.model.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class UnstoredFailure:
    """A failed run: when it began, and the line that says why it failed."""

    started_at: datetime
    error: str


class UnstoredFailures:
    """The latest unstored failure."""

    def __init__(self) -> None:
        self._latest: UnstoredFailure | None = None

    def keep(self, settings: Settings, failure: UnstoredFailure) -> None:
        """Keep a failure, and write it to the state folder for other processes if that is possible."""
        self._latest = failure
        path = _path(settings)
        content = {"started_at": to_sqlite(failure.started_at), "error": failure.error}
        try:
            write_private(path, json.dumps(content).encode())
        except OSError as error:
            log.debug("the failure cannot be written to %s: %s", path, error)

    def clear(self, settings: Settings) -> None:
        """Delete the failure, because a run has been stored since."""
        self._latest = None
        try:
            _path(settings).unlink(missing_ok=True)
        except OSError as error:
            log.debug("the file with the failure cannot be deleted: %s", error)

    def latest(self, settings: Settings, last_stored_at: datetime | None) -> UnstoredFailure | None:
        """Return the latest failure of any process; None without one, or if a later run has been stored.

        ``last_stored_at`` is when the newest stored run began, None if that is not known.
        """
        known = [failure for failure in (self._latest, _read(settings)) if failure is not None]
        latest = max(known, key=lambda failure: failure.started_at, default=None)
        if latest is None or (last_stored_at is not None and last_stored_at > latest.started_at):
            return None
        return latest


def _path(settings: Settings) -> Path:
    return settings.working_file(".failure.json")


def _read(settings: Settings) -> UnstoredFailure | None:
    try:
        content = json.loads(read_private(_path(settings)))
        return UnstoredFailure(from_sqlite(content["started_at"]), str(content["error"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None
