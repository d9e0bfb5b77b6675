"""How many new selections, ranges and filters, a visitor may have computed in an hour.

The count is that of all web processes, if they share one. This process remembers what it has counted, so a
selection that is asked for again costs no round trip; if the shared count cannot be had, its own holds.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterable

from engine.model.catalogue.datasets import SELECTS
from engine.model.clock import wall_clock
from engine.model.errors import DashboardError
from engine.sessions import limits
from engine.sessions.limits import SELECTION_SECONDS, Limits

log = logging.getLogger(__name__)

_MOST_VISITORS = 4096


class SelectionLimit:
    """Counts the selections that each visitor has asked for in the last hour; thread-safe.

    ``open_shared`` returns the count of all processes, None if there is none; it may block, and raise
    DashboardError. ``source`` is the name of this app's source among several.
    """

    def __init__(self, open_shared: Callable[[], Limits | None], source: str = "") -> None:
        self._open_shared = open_shared
        self._source = source
        self._lock = threading.Lock()
        self._asked: dict[str, dict[str, float]] = {}

    async def take(self, login: str, datasets: Iterable[str]) -> int:
        """Count the selections among the datasets; return 0, or the seconds to wait if too many are new."""
        wanted = [name for name in datasets if SELECTS in name]
        if not wanted:
            return 0
        with self._lock:
            new, wait = self._new_ones(login, wanted)
        if new:
            try:
                wait = await asyncio.to_thread(self._take_shared, login, new, wait)
            except DashboardError as error:
                log.info("new ranges and filters are counted by this process alone: %s", error)
        if not wait:
            with self._lock:
                self._asked.setdefault(login, {}).update(dict.fromkeys(new, time.monotonic()))
        return wait

    def _new_ones(self, login: str, wanted: list[str]) -> tuple[list[str], int]:
        """Return those not asked for within the hour, and how long to wait if they are too many here."""
        now = time.monotonic()
        if login not in self._asked and len(self._asked) >= _MOST_VISITORS:
            del self._asked[next(iter(self._asked))]
        asked = self._asked.setdefault(login, {})
        # The oldest comes first.
        while asked and now - (oldest := next(iter(asked.values()))) >= SELECTION_SECONDS:
            del asked[next(iter(asked))]
        new = [name for name in wanted if name not in asked]
        if len(asked) + len(new) <= limits.MOST_SELECTIONS:
            return new, 0
        return new, SELECTION_SECONDS - int(now - oldest) if asked else SELECTION_SECONDS

    def _take_shared(self, login: str, new: list[str], wait: int) -> int:
        shared = self._open_shared()
        if shared is None:
            return wait
        return shared.take_selections(login, [f"{self._source}/{name}" for name in new], wall_clock())
