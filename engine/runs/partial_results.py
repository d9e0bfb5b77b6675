"""Entries of a run under way that nobody has had yet: stored before it is over, so that pages fill.

A run's values replace others all at once, when it ends. What has no entry at all hides nothing by
coming sooner: it is stored as it is done, a few times a second at most, and a quick run stores
nothing early.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime
from pathlib import Path

from engine.model.clock import wall_clock
from engine.model.errors import DashboardError
from engine.model.results import ComputedDataset
from engine.store.sqlite.database import write_transaction
from engine.store.writes import store_missing

log = logging.getLogger(__name__)

INTERVAL_SECONDS = 0.25
PATIENCE_SECONDS = 0.05
"""How long a writer is waited for: the run itself is not to be held up, and stores all at its end."""


class EarlyEntries:
    """Stores the datasets of one run that have no entry; those it cannot store the run's end does."""

    def __init__(self, db: Path, as_of: datetime, time_zone: str = "UTC") -> None:
        self._db = db
        self._as_of = as_of
        self._time_zone = time_zone
        self._waiting: list[ComputedDataset] = []
        self._stored_at: float | None = None

    def take(self, dataset: ComputedDataset) -> None:
        """Take a dataset that has just been computed; store it, and those before, when it is time."""
        self._waiting.append(dataset)
        now = time.monotonic()
        if self._stored_at is None:
            # The first of them begins the interval: a run that is over within it is stored once.
            self._stored_at = now
        if now - self._stored_at < INTERVAL_SECONDS:
            return
        try:
            with write_transaction(self._db, PATIENCE_SECONDS) as connection:
                store_missing(connection, self._waiting, self._as_of, wall_clock(), self._time_zone)
        except DashboardError as error:
            log.info("entries are stored at the end of the run, not before: %s", error)
        self._waiting, self._stored_at = [], time.monotonic()
