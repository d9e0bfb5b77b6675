"""A thread that does something after notifications, and anyway now and then.

It hears them on the connection that this process has for all of them (``listener``), so what it does may take
a while, and asks the server on connections of the pool.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection

from engine.model.errors import DashboardError, SourceError
from engine.model.places.postgres_address import PostgresAddress
from engine.model.text.rare_log import RareLog
from engine.postgres import listener
from engine.postgres.listener import Query

log = logging.getLogger(__name__)

POLL_SECONDS = 0.5


class NotificationThread:
    """Calls ``turn`` in a thread of its own, after notifications and at least every ``POLL_SECONDS``.

    ``turn`` gets the channels that were notified since the turn before. A DashboardError of it is logged.
    """

    def __init__(
        self, address: PostgresAddress, channels: Collection[str], turn: Callable[[frozenset[str]], None]
    ) -> None:
        self.channels = frozenset(channels)
        self._address = address
        self._turn = turn
        self._lock = threading.Lock()
        self._heard = self.channels
        self._is_woken = threading.Event()
        self._ended = threading.Event()
        self._rare = RareLog(log)
        self._thread = threading.Thread(target=self._work, name="dashboard-notifications", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        listener.join(self._address, self)
        self._thread.start()

    def close(self) -> None:
        """End the thread, after its turn under way."""
        listener.leave(self._address, self)
        self._ended.set()
        self._is_woken.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(4 * POLL_SECONDS)

    def hear(self, heard: frozenset[str], query: Query) -> None:
        """Wake the thread if something was notified."""
        if heard:
            with self._lock:
                self._heard |= heard
            self._is_woken.set()

    def fail(self, error: SourceError) -> None:
        """Do nothing: the thread's own turns fail too, and say so."""

    def _work(self) -> None:
        while not self._ended.is_set():
            with self._lock:
                self._is_woken.clear()
                heard, self._heard = self._heard, frozenset()
            self._take_turn(heard)
            self._is_woken.wait(POLL_SECONDS)

    def _take_turn(self, heard: frozenset[str]) -> None:
        try:
            self._turn(heard)
        except DashboardError as error:
            self._rare.warning("%s", error)
        except Exception:
            log.exception("a turn after notifications failed")
