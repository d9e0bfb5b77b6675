"""The source keeper: decides for one process what stays open of the source and when the log is emptied.

A store apart from the source has a keeper of its own. The keeper of a source that is then left alone only
holds a reading connection, and empties nothing.

While other programs write, one idle connection stays open, so that other connections can come and go without
blocking them. Two seconds after their last write the log is emptied and everything is closed. A file that is
then moved to the source's place meets neither log nor index of the file before. The keeper notices a replaced
file within a second; see ``replacement_guard``.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.model.errors import SourceError
from engine.model.settings import Settings
from engine.model.source_file.stamp import FileIdentity, SourceStamp, stamp_of
from engine.store.server_keeper import Releasable, ServerKeeper
from engine.store.sqlite.connections import connections_to
from engine.store.sqlite.keep_alive import KeepAliveConnection
from engine.store.sqlite.replacement_guard import ReplacementGuard
from engine.store.sqlite.store_file import mark_files
from engine.store.sqlite.write_ahead_log import leave_tidy

log = logging.getLogger(__name__)

POLL_SECONDS = 0.25
POLL_SECONDS_OF_SEVERAL = 1.0
"""How often each of several sources is polled, so that many of them cost little."""
ENDING_SECONDS = 2.0
"""How long the last holder waits for the other connections of this process to be closed."""
RETRY_SECONDS = 1.0
"""How long to wait after the log could not be emptied before trying again."""


class SourceKeeper:
    """Keeps the source, or a store, for one process; thread-safe. Get one from ``keep_source``.

    After ``start`` it polls in a thread of its own. Without it, it polls when a run begins.
    """

    def __init__(self, settings: Settings, db: Path) -> None:
        self._db = db
        self._poll_seconds = POLL_SECONDS_OF_SEVERAL if settings.source_name else POLL_SECONDS
        self._connections = connections_to(db)
        self._kept = KeepAliveConnection(db)
        self._lock = threading.RLock()
        self._guard = ReplacementGuard(settings, db, self._kept, self._lock, self._release)
        self._uses = 0
        self._next_try = 0.0
        self._releasables: list[Releasable] = []
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()
        self.holders = 0

    def start(self) -> None:
        """Poll in a thread from now on; calling it again is harmless."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="dashboard-source", daemon=True)
                self._thread.start()

    def _watch(self) -> None:
        while not self._ended.wait(self._poll_seconds):
            try:
                self.poll(time.monotonic())
            except Exception:
                log.exception("the source could not be watched")
                self._ended.wait(RETRY_SECONDS)

    @property
    def db(self) -> Path:
        """Return the source's path."""
        return self._db

    @property
    def is_in_use(self) -> bool:
        """Return whether a run of this process is under way.

        What is written meanwhile may stay in the log until the run has read the source.
        """
        return self._uses > 0

    def add(self, releasable: Releasable) -> None:
        """Release something whenever nobody has written to the source for a while."""
        with self._lock:
            self._releasables.append(releasable)

    def call_when_replaced(self, function: Callable[[], None]) -> None:
        """Call a function, in the polling thread, whenever another file is in the source's place."""
        with self._lock:
            self._guard.call_when_replaced(function)

    @contextmanager
    def in_use(self) -> Iterator[FileIdentity]:
        """Hold the source for a run; yield its file. Raises SourceError if a new file is not checked yet.

        If no thread polls, a replaced file is checked here.
        """
        with self._lock:
            self._uses += 1
        try:
            self.poll(time.monotonic())
            if self._thread is None:
                self._guard.wait_for_check()
            if self._connections.refusal is not None:
                raise self._connections.refusal
            self._kept.hold()
            file = stamp_of(self._db).file
            self.require_unreplaced(file)
            yield file
        finally:
            with self._lock:
                self._uses -= 1

    def require_unreplaced(self, file: FileIdentity) -> None:
        """Raise SourceError if this file is not the source any more."""
        self._guard.require_unreplaced(file)

    def poll(self, ticks: float) -> None:
        """Read the source's stamp at a moment of ``time.monotonic``, and do what is due."""
        with self._lock:
            try:
                stamp = stamp_of(self._db)
            except SourceError:
                # The file is being replaced, so what is held of the file before is useless.
                if not self._uses:
                    self._release()
                return
            if self._guard.see(stamp):
                stamp = stamp_of(self._db)
            if self._connections.refusal is not None:
                return
            self._connections.quiet.see(stamp.log, ticks)
            self._connections.changes.see(stamp, ticks)
            if not self._connections.quiet.is_quiet(ticks):
                self._kept.hold()
            elif ticks >= self._next_try:
                self._empty_log_and_release(stamp, ticks)
                if stamp.log is not None:
                    self._see_own_checkpoint(stamp, ticks)

    def _see_own_checkpoint(self, before: SourceStamp, ticks: float) -> None:
        """Take the source's stamp after the log was emptied, or was left unchanged."""
        with suppress(SourceError):
            after = stamp_of(self._db)
            if after.log is None or after.log == before.log:
                self._connections.changes.end_own_write(after)
            else:
                self._connections.changes.see(after, ticks)

    def _empty_log_and_release(self, stamp: SourceStamp, ticks: float) -> None:
        """Empty the log, then close everything unless a run is under way.

        SQLite deletes the log if nobody else has the file open.
        """
        if stamp.log is not None and not self._connections.is_left_alone:
            self._next_try = ticks + RETRY_SECONDS
            self._kept.hold()
            if not self._kept.empty_log(may_truncate=True) and self._kept.can_write:
                return
        if not self._uses:
            self._release()

    def _release(self) -> None:
        for releasable in self._releasables:
            releasable.release()
        self._kept.release()

    def close(self) -> None:
        """Close everything for good, and empty the log as far as that blocks nobody."""
        self._ended.set()
        self._guard.stop()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        self._guard.wait_for_check()
        with self._lock:
            self._release()
            if self._connections.refusal is None:
                # The last connection of this process that closes must be one that can delete the log.
                self._connections.wait_until_closed(ENDING_SECONDS)
                leave_tidy(self._db)
            self._connections.refusal = self._connections.expected = None


_keepers: dict[Path, SourceKeeper] = {}
_keepers_lock = threading.Lock()


Keeper = SourceKeeper | ServerKeeper
"""What keeps a file for this process, or stands in for it."""


def keep_source(settings: Settings) -> Keeper:
    """Return this process's keeper of the source, for one more holder, which calls ``release_source``."""
    return _keep(settings, settings.source_file)


def keep_store(settings: Settings) -> Keeper:
    """Return the keeper of the store in the same way: that of the source if the store is no other file."""
    return _keep(settings, settings.store_file or settings.source_file)


def _keep(settings: Settings, db: Path | None) -> Keeper:
    mark_files(settings)
    if db is None:
        return ServerKeeper()
    with _keepers_lock:
        keeper = _keepers.get(db)
        if keeper is None:
            keeper = _keepers[db] = SourceKeeper(settings, db)
        keeper.holders += 1
        return keeper


def release_source(keeper: Keeper) -> None:
    """End one holder's use of the keeper; the last holder closes it."""
    if isinstance(keeper, ServerKeeper):
        return
    with _keepers_lock:
        keeper.holders -= 1
        is_last = keeper.holders == 0
        if is_last:
            _keepers.pop(keeper.db, None)
    if is_last:
        keeper.close()
