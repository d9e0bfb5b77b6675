"""The run lock: it allows one run at a time, and ends with its holder.

With a store in a file it is a file lock, for one machine. In PostgreSQL it is the server's, for all machines;
a holder that has lost it without knowing is refused when it stores.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from filelock import FileLock, Timeout

from engine.model.errors import ComputeError, ServerAwayError, SettingError
from engine.model.places.postgres_address import PostgresAddress
from engine.model.private_files import FILE_MODE, make_private_folder
from engine.model.settings import Settings
from engine.model.source_file.retry import SERVER_AWAY_SECONDS
from engine.store.writes import StoredRun

if TYPE_CHECKING:
    from engine.store.postgres.run_lock import PostgresRunLock

POLL_SECONDS = 0.25
"""How often a process that waits for the lock checks whether it has given up."""


class RunLock(Protocol):
    """A lock for one run at a time. Everything raises SourceError if it is a server's that is away."""

    def acquire(self, timeout: float) -> Any:
        """Take the lock within some seconds. Raises filelock.Timeout, OSError."""

    def release(self) -> None:
        """Let go of the lock."""


class ServerLock:
    """The lock of a store in PostgreSQL, as a file lock is used."""

    def __init__(self, lock: PostgresRunLock) -> None:
        self.lock = lock
        self._away_since: float | None = None

    def acquire(self, timeout: float) -> None:
        """Take the lock within some seconds; a server that is away is waited for a while."""
        until = time.monotonic() + timeout
        while True:
            try:
                is_held = self.lock.try_acquire()
                self._away_since = None
            except ServerAwayError:
                is_held = False
                self._away_since = self._away_since or time.monotonic()
                if timeout == 0 or time.monotonic() - self._away_since > SERVER_AWAY_SECONDS:
                    raise
            if is_held:
                return
            if time.monotonic() >= until:
                raise Timeout(str(self.lock.address))
            time.sleep(min(0.05, timeout))

    def release(self) -> None:
        """Let go of the lock."""
        self.lock.release()


class Fence:
    """Refuses what a run would store that has lost its lock; a file lock cannot be lost."""

    def __init__(self, lock: RunLock) -> None:
        self._lock = lock.lock if isinstance(lock, ServerLock) else None

    def stored(self, connection: Any) -> StoredRun | None:
        """Return what this run has stored already, if an answer was lost; None if it has stored nothing.

        Raises ComputeError if the lock is another's by now. The connection is in a write transaction.
        """
        found = None if self._lock is None else self._lock.stored(connection)
        return None if found is None else StoredRun(*found)

    def note_stored(self, connection: Any, stored: StoredRun) -> None:
        """Note what this transaction stores."""
        if self._lock is not None:
            self._lock.note_stored(connection, stored.run_id, stored.generation)


def make_run_lock(settings: Settings) -> RunLock:
    """Return the lock, not yet held, and create the state folder. Raises SettingError."""
    path = settings.lock_path
    try:
        make_private_folder(path.parent)
    except OSError as error:
        raise SettingError(
            "DASHBOARD_STATE_DIR", f"cannot make {path.parent} ({error.strerror})", "name another folder"
        ) from None
    if settings.store_file is not None:
        return FileLock(path, mode=FILE_MODE, thread_local=False)
    from engine.store.postgres.run_lock import PostgresRunLock

    assert isinstance(settings.store, PostgresAddress)
    return ServerLock(PostgresRunLock(settings.store))


@contextmanager
def holding(lock: RunLock, is_given_up: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Hold the lock, after waiting for it as long as it takes or until ``is_given_up``.

    Raises SettingError if the lock cannot be taken, ComputeError if the wait was given up.
    """
    try:
        while True:
            try:
                lock.acquire(timeout=POLL_SECONDS)
                break
            except Timeout:
                if is_given_up():
                    raise ComputeError("the run", "the dashboard is being ended", "start it again") from None
    except OSError as error:
        assert isinstance(lock, FileLock)
        raise SettingError(
            "DASHBOARD_STATE_DIR", f"cannot lock {lock.lock_file} ({error.strerror})", "name another folder"
        ) from None
    try:
        yield
    finally:
        lock.release()
