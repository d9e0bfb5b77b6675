"""The version of a store in PostgreSQL: kept in memory by a thread that is notified of each change.

So a page's read costs no round trip. The thread also asks once a second, and whenever it has connected again,
because a notification may be lost with its connection. What this process has changed itself is asked for at
once, so that it reads what it has written.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from engine import postgres
from engine.model.errors import DashboardError, ServerAwayError, SourceError
from engine.model.places.postgres_address import PostgresAddress
from engine.postgres import ListeningConnection
from engine.store.state_rows import whole_number
from engine.store.version import CacheVersion

log = logging.getLogger(__name__)

CHANNEL = "dashboard"
POLL_SECONDS = 1.0
RETRY_SECONDS = 0.5
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

Query = Callable[[str], list[tuple[Any, ...]]]


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
        """End the thread, if nobody else in this process needs it."""
        with self._lock:
            follower, self._follower = self._follower, None
        if follower is not None:
            _leave(follower)


class Follower:
    """The thread that follows the version of one store; thread-safe."""

    def __init__(self, address: PostgresAddress) -> None:
        self.address = address
        self.readers = 0
        self._lock = threading.Lock()
        self._version: CacheVersion | None = None
        self._trouble: SourceError | None = None
        self._asked_at = 0.0
        self._is_known = threading.Event()
        self._is_changed = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="dashboard-version", daemon=True)
        self._thread.start()

    def current(self) -> CacheVersion:
        """Return the version in memory. Raises SourceError if the server could not be asked."""
        if not self._is_known.is_set():
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

    def _follow(self) -> None:
        was_notified = True
        while not self._ended.is_set():
            try:
                listener = ListeningConnection(self.address, CHANNEL)
            except SourceError as error:
                self._fail(error)
                self._ended.wait(RETRY_SECONDS)
                continue
            if was_notified and not listener.is_notified:
                log.warning("%s: %s", self.address, NOT_NOTIFIED)
            was_notified = listener.is_notified
            try:
                self._follow_with(listener)
            except SourceError as error:
                # Whether the server is away shows when the next connection is made.
                log.info("the connection that follows the cache is made again: %s", error)
            finally:
                listener.close()

    def _follow_with(self, listener: ListeningConnection) -> None:
        while not self._ended.is_set():
            began = time.monotonic()
            self._set(read_version(listener.query), began)
            listener.wait(POLL_SECONDS)

    def _fail(self, error: SourceError) -> None:
        with self._lock:
            # An equal trouble stays the same object: its line does not change while it lasts.
            if self._trouble is None or str(self._trouble) != str(error):
                log.warning("the cache cannot be read: %s", error)
                self._trouble = error
        self._is_known.set()

    def end(self) -> None:
        """End the thread."""
        self._ended.set()


def is_notified(address: PostgresAddress) -> bool:
    """Return whether notifications of the server come through. Raises SourceError."""
    listener = ListeningConnection(address, CHANNEL)
    listener.close()
    return listener.is_notified


NOT_NOTIFIED = (
    "no notification comes through, as behind a pooler in transaction mode; changes are noticed once a second"
)

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
