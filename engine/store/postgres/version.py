"""The version of a store in PostgreSQL: kept in memory, and read by the listener after each change.

So a page's read costs no round trip. The listener also asks once a second, and whenever it has connected
again, because a notification may be lost with its connection. What this process has changed itself is asked
for at once, so that it reads what it has written.
"""

from __future__ import annotations

import logging
import threading
import time

from engine import postgres
from engine.model.errors import DashboardError, ServerAwayError, SourceError
from engine.model.places.postgres_address import PostgresAddress
from engine.postgres import ListeningConnection, listener
from engine.postgres.listener import Query
from engine.store.state_rows import whole_number
from engine.store.version import CacheVersion

log = logging.getLogger(__name__)

CHANNEL = "dashboard"
SILENT_SECONDS = 5.0
"""After how long without an answer of the server pages say so."""

_TABLES = """
select c.relname, c.oid::bigint
from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = 'dashboard' and c.relkind = 'r'
"""
_STATE = """
(select value from dashboard.dashboard_state where name = 'generation'),
(select value from dashboard.dashboard_state where name = 'generation_mark')
"""
_LATEST_RUN = "(select coalesce(max(id), 0) from dashboard.dashboard_runs)"


def read_version(query: Query) -> CacheVersion:
    """Return the version that the answers to two queries have. Raises SourceError."""
    tables: dict[str, int] = dict(query(_TABLES))
    # Somebody may have dropped one of the two.
    state = _STATE if "dashboard_state" in tables else "null, null"
    latest = _LATEST_RUN if "dashboard_runs" in tables else "0"
    ((generation, nonce, latest_run),) = query(f"select {state}, {latest}")
    return CacheVersion((0, 0), sum(tables.values()), whole_number(generation), nonce or "", latest_run)


class PostgresVersionReader:
    """Reads the version that this process keeps in memory; thread-safe. See ``VersionReader``."""

    def __init__(self, address: PostgresAddress) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._follower: Follower | None = None

    def read(self) -> CacheVersion:
        """Return the version as it is now. Raises SourceError if the server cannot be reached."""
        follower = self._follower
        if follower is None:
            with self._lock:
                follower = self._follower = self._follower or _follow(self._address)
        return follower.current()

    def release(self) -> None:
        """Do nothing: a connection to a server is in nobody's way."""

    def close(self) -> None:
        """Follow no more, if nobody else in this process needs it."""
        with self._lock:
            follower, self._follower = self._follower, None
        if follower is not None:
            _leave(follower)


class Follower:
    """What follows the version of one store; thread-safe."""

    channels = frozenset((CHANNEL,))

    def __init__(self, address: PostgresAddress) -> None:
        self.address = address
        self.readers = 0
        self._lock = threading.Lock()
        self._version: CacheVersion | None = None
        self._trouble: SourceError | None = None
        self._asked_at = 0.0
        self._is_known = threading.Event()
        self._is_changed = False
        listener.join(address, self)

    def current(self) -> CacheVersion:
        """Return the version in memory. Raises SourceError if the server could not be asked."""
        if not self._is_known.is_set():
            # The listener may hear for others already, and then comes here within a second.
            self._ask_at_once()
            self._is_known.wait(2 * postgres.CONNECT_SECONDS)
        if self._is_changed:
            self._ask_at_once()
        with self._lock:
            silent = time.monotonic() - self._asked_at
            if self._trouble is not None:
                raise self._trouble
            if self._version is None or silent > SILENT_SECONDS:
                raise ServerAwayError(
                    self.address, "the server does not answer", "look at the server, and at the way to it"
                )
            return self._version

    def note_change(self) -> None:
        """Note that this process has changed the store, so that the next ``current`` asks the server."""
        self._is_changed = True

    def _ask_at_once(self) -> None:
        self._is_changed = False
        try:
            with postgres.reading(self.address) as connection:
                began = time.monotonic()
                self._set(read_version(lambda sql: connection.execute(sql).fetchall()), began)
        except DashboardError as error:
            log.debug("the version is read by the thread alone: %s", error)

    def _set(self, version: CacheVersion, began: float) -> None:
        with self._lock:
            if began < self._asked_at:
                return
            # An equal version stays the same object, so callers can compare it by identity.
            self._version = self._version if self._version == version else version
            self._trouble, self._asked_at = None, began
        self._is_known.set()

    def hear(self, heard: frozenset[str], query: Query) -> None:
        """Read the version, after a notification and each second. Raises SourceError."""
        began = time.monotonic()
        self._set(read_version(query), began)

    def fail(self, error: SourceError) -> None:
        """Note why the server cannot be asked."""
        with self._lock:
            # An equal trouble stays the same object: its line does not change while it lasts.
            if self._trouble is None or str(self._trouble) != str(error):
                log.warning("the cache cannot be read: %s", error)
                self._trouble = error
        self._is_known.set()

    def end(self) -> None:
        """Follow no more."""
        listener.leave(self.address, self)


def is_notified(address: PostgresAddress) -> bool:
    """Return whether notifications of the server come through. Raises SourceError."""
    connection = ListeningConnection(address, (CHANNEL,))
    connection.close()
    return connection.is_notified


_followers: dict[PostgresAddress, Follower] = {}
_followers_lock = threading.Lock()


def _follow(address: PostgresAddress) -> Follower:
    with _followers_lock:
        follower = _followers.get(address)
        if follower is None:
            follower = _followers[address] = Follower(address)
        follower.readers += 1
        return follower


def _leave(follower: Follower) -> None:
    with _followers_lock:
        follower.readers -= 1
        if not follower.readers:
            _followers.pop(follower.address, None)
            follower.end()


def note_change(address: PostgresAddress) -> None:
    """Note that this process has changed a store: its next reader asks the server for the version."""
    with _followers_lock:
        follower = _followers.get(address)
    if follower is not None:
        follower.note_change()
