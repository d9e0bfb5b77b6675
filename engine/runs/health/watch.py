"""What a web process knows of runs and source beside the cache: progress, lag, and whether anybody computes.

A process beside the source finds it in the state folder and in the source. A process without a source hears
it from the worker (``engine.runs.worker.client``).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from engine.model.settings import Settings
from engine.model.source_file.stamp import stamp_of
from engine.runs.health.progress import RunProgress, read_progress
from engine.store.freshness.lag import LagReport, read_lag
from engine.store.sqlite.connections import connections_to


@dataclass(frozen=True)
class SourceReport:
    """How far the source has gone on, as it was found ``age_seconds`` ago.

    ``unchanged_seconds`` is for how long the source is known not to have changed when it was found.
    """

    lag: LagReport
    unchanged_seconds: float
    age_seconds: float = 0.0


class Watch(Protocol):
    """What a web process watches; thread-safe. ``is_beside_source``: this process itself computes."""

    is_beside_source: bool

    def progress(self, now: datetime) -> RunProgress | None:
        """Return the progress of the run under way; None if there is none."""

    def source(self, now: datetime) -> SourceReport | None:
        """Return how far the source has gone on; None if nobody says. Raises DashboardError; blocking."""

    def trouble(self) -> str | None:
        """Return the line that says why nobody computes; None if somebody does."""


class OwnWatch:
    """The watch of a process beside the source."""

    is_beside_source = True

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def progress(self, now: datetime) -> RunProgress | None:
        """Return the progress of the run under way; None if there is none."""
        return read_progress(self._settings, now)

    def source(self, now: datetime) -> SourceReport:
        """Return how far the source has gone on. Raises SourceError; blocking."""
        settings, unchanged_seconds = self._settings, 0.0
        if settings.source_file is not None:
            changes = connections_to(settings.source_file).changes
            changes.see(stamp_of(settings.source_file), time.monotonic())
            unchanged_seconds = changes.unchanged_seconds(time.monotonic())
        return SourceReport(read_lag(settings.source, now, settings.store), unchanged_seconds)

    def trouble(self) -> None:
        """Return None: this process computes."""
        return
