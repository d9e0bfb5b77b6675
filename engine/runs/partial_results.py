"""Partial results: datasets of a run under way that have no entry yet, stored before the run ends.

A run replaces existing entries all at once when it ends. An entry that does not exist hides nothing if it
comes sooner, so it is stored as soon as it is computed, a few times a second at most. A short run stores no
partial results.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime

from engine.model.clock import wall_clock
from engine.model.errors import DashboardError
from engine.model.settings import StorePlace
from engine.model.values.results import ComputedDataset
from engine.store.backend import Connection, writing
from engine.store.writes import store_missing

log = logging.getLogger(__name__)

INTERVAL_SECONDS = 0.25
"""The shortest time between two transactions that store partial results."""
BUSY_TIMEOUT_SECONDS = 0.05
"""How long to wait for another writer: briefly, because the run goes on and stores all at its end."""


class PartialResults:
    """Stores the datasets of one run that have no entry; the end of the run stores what this cannot.

    ``require_held`` raises DashboardError, in the transaction, if another run holds the lock by now.
    """

    def __init__(
        self,
        store: StorePlace,
        as_of: datetime,
        time_zone: str = "UTC",
        require_held: Callable[[Connection], object] = lambda connection: None,
    ) -> None:
        self._store = store
        self._require_held = require_held
        self._as_of = as_of
        self._time_zone = time_zone
        self._waiting: list[ComputedDataset] = []
        self._stored_at: float | None = None

    def add(self, dataset: ComputedDataset) -> None:
        """Add a dataset that has just been computed; store all that wait once the interval has passed."""
        self._waiting.append(dataset)
        now = time.monotonic()
        if self._stored_at is None:
            # The first dataset begins the interval, so a run that ends within it is stored once.
            self._stored_at = now
        if now - self._stored_at < INTERVAL_SECONDS:
            return
        try:
            with writing(self._store, BUSY_TIMEOUT_SECONDS) as connection:
                self._require_held(connection)
                store_missing(connection, self._waiting, self._as_of, wall_clock(), self._time_zone)
        except DashboardError as error:
            log.info("partial results are stored at the end of the run: %s", error)
        self._waiting, self._stored_at = [], time.monotonic()
