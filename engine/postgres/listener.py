"""The one connection on which a database notifies this process: all that hear something share it.

A pooler in transaction mode swallows notifications, and one that is sent while the connection is away is
lost. So each hearer has a turn every ``POLL_SECONDS`` too, and after each reconnect. As the connection is
asked something each second, one that is frozen is noticed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from engine.model.errors import SourceError
from engine.model.places.postgres_address import PostgresAddress
from engine.postgres.listening import ListeningConnection

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
RETRY_SECONDS = 0.5

NOT_NOTIFIED = (
    "no notification comes through, as behind a pooler in transaction mode; changes are noticed once a second"
)

Query = Callable[[str], list[tuple[Any, ...]]]


class Hearer(Protocol):
    """What hears notifications, in the thread of the listener: it must not keep that waiting."""

    @property
    def channels(self) -> frozenset[str]:
        """Return the channels that it hears."""

    def hear(self, heard: frozenset[str], query: Query) -> None:
        """Take a turn: some of the channels were notified, all if the connection is new, none in a poll.

        ``query`` asks on the connection itself. What that raises may be raised: the connection is made again.
        """

    def fail(self, error: SourceError) -> None:
        """Take note that there is no connection, and why."""


class Listener:
    """The thread that listens on one database for all that hear; thread-safe."""

    def __init__(self, address: PostgresAddress) -> None:
        self._address = address
        self._hearers: tuple[Hearer, ...] = ()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="dashboard-listener", daemon=True)

    def _join(self, hearer: Hearer) -> None:
        self._hearers += (hearer,)
        if len(self._hearers) == 1:
            self._thread.start()

    def _leave(self, hearer: Hearer) -> bool:
        """Return whether nobody hears any more; the thread then ends."""
        self._hearers = tuple(each for each in self._hearers if each is not hearer)
        if not self._hearers:
            self._ended.set()
        return not self._hearers

    def _work(self) -> None:
        was_notified, brief = True, 0
        while not self._ended.is_set():
            try:
                connection = ListeningConnection(self._address, self._channels())
            except SourceError as error:
                self._fail(error)
                continue
            if was_notified and not connection.is_notified:
                log.warning("%s: %s", self._address, NOT_NOTIFIED)
            was_notified = connection.is_notified
            began = time.monotonic()
            try:
                self._hear(connection)
            except SourceError as error:
                # Whether the server is away shows when the next connection is made.
                log.info("the connection that is notified is made again: %s", error)
                brief = brief + 1 if time.monotonic() - began < RETRY_SECONDS else 0
                if brief > 1:
                    self._fail(error)
            except Exception:
                log.exception("a turn after notifications failed")
                self._ended.wait(RETRY_SECONDS)
            finally:
                connection.close()

    def _channels(self) -> frozenset[str]:
        return frozenset().union(*(each.channels for each in self._hearers))

    def _fail(self, error: SourceError) -> None:
        for each in self._hearers:
            each.fail(error)
        self._ended.wait(RETRY_SECONDS)

    def _hear(self, connection: ListeningConnection) -> None:
        known: tuple[Hearer, ...] = ()
        heard: frozenset[str] = frozenset()
        poll_at = time.monotonic()
        while not self._ended.is_set():
            hearers, began = self._hearers, time.monotonic()
            connection.listen(self._channels())
            is_poll = began >= poll_at
            for each in hearers:
                own = heard & each.channels if each in known else each.channels
                if own or is_poll:
                    each.hear(own, connection.query)
            if is_poll:
                poll_at = began + POLL_SECONDS
                if connection.asked_at < began:
                    connection.query("select 1")
            known = hearers
            heard = connection.wait(max(0.0, poll_at - time.monotonic()))


_listeners: dict[PostgresAddress, Listener] = {}
_lock = threading.Lock()


def join(address: PostgresAddress, hearer: Hearer) -> None:
    """Have a hearer take turns until it leaves, on this process's connection for the address."""
    with _lock:
        listener = _listeners.get(address)
        if listener is None:
            listener = _listeners[address] = Listener(address)
        listener._join(hearer)


def leave(address: PostgresAddress, hearer: Hearer) -> None:
    """Give a hearer no more turns, but for one that is under way; the last one ends the connection."""
    with _lock:
        listener = _listeners.get(address)
        if listener is not None and listener._leave(hearer):
            del _listeners[address]
