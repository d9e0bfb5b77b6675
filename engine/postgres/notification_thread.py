"""A thread with a connection of its own that hears notifications, and asks anyway now and then.

A pooler in transaction mode swallows notifications, and one that is sent while the connection is away is
lost. So each turn also comes after ``POLL_SECONDS`` without any, and after each reconnect.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection
from typing import LiteralString

import psycopg
from psycopg import sql

from engine.model.errors import DashboardError
from engine.model.places.postgres_address import PostgresAddress
from engine.postgres.connection import TimedConnection
from engine.postgres.pool import connect

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
RETRY_SECONDS = 1.0
_WARNING_SECONDS = 60.0


class NotificationThread:
    """Calls ``turn`` in a thread of its own, after notifications and at least every ``POLL_SECONDS``.

    ``turn`` gets the channels that were notified since the turn before. A DashboardError of it is logged.
    """

    def __init__(
        self, address: PostgresAddress, channels: Collection[str], turn: Callable[[frozenset[str]], None]
    ) -> None:
        self._address = address
        self._channels = tuple(channels)
        self._turn = turn
        self._ended = threading.Event()
        self._warned_at = -_WARNING_SECONDS
        self._thread = threading.Thread(target=self._work, name="dashboard-listener", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """End the thread, after its turn under way."""
        self._ended.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(2 * POLL_SECONDS)

    def _work(self) -> None:
        while not self._ended.is_set():
            try:
                connection = connect(self._address)
                try:
                    self._listen(connection)
                finally:
                    connection.close()
            except (DashboardError, psycopg.Error) as error:
                self._warn("the notifications of %s are not heard: %s", self._address, _shown(error))
                self._take_turn(frozenset())
                self._ended.wait(RETRY_SECONDS)

    def _listen(self, connection: TimedConnection) -> None:
        for channel in self._channels:
            connection.execute(sql.SQL(_LISTEN).format(sql.Identifier(channel)))
        heard = frozenset(self._channels)
        while not self._ended.is_set():
            self._take_turn(heard)
            heard = frozenset(
                note.channel for note in connection.notifies(timeout=POLL_SECONDS / 2, stop_after=1)
            )

    def _take_turn(self, heard: frozenset[str]) -> None:
        try:
            self._turn(heard)
        except DashboardError as error:
            self._warn("%s", error)
        except Exception:
            log.exception("a turn after notifications failed")

    def _warn(self, line: str, *values: object) -> None:
        if time.monotonic() - self._warned_at >= _WARNING_SECONDS:
            self._warned_at = time.monotonic()
            log.warning(line, *values)


_LISTEN: LiteralString = "listen {}"


def _shown(error: Exception) -> str:
    return str(error) if isinstance(error, DashboardError) else "the server has ended the connection"
