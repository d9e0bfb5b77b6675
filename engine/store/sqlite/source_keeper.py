"""The source as one process holds it: what stays open, when the log is emptied, whether it was replaced.

While other programs write, one idle connection is held, so that no coming and going of connections is
in their way. Two seconds after their last write the log is emptied and everything is let go: a file
that is then moved to the source's place meets no log and no index of the one before. A file that has
taken its place is noticed within a second, and nothing is written to it before a check has passed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from engine.model.clock import wall_clock
from engine.model.errors import SourceError
from engine.model.settings import Settings
from engine.model.source_file.stamp import FileIdentity, LogStamp, SourceStamp, log_stamp, stamp_of
from engine.store.sqlite.connections import connections_to
from engine.store.sqlite.keep_alive import KeepAliveConnection
from engine.store.sqlite.replaced_file import OK, ReplacedFile, checked, unchecked_file
from engine.store.sqlite.write_ahead_log import leave_tidy

log = logging.getLogger(__name__)

POLL_SECONDS = 0.25
SAVING_SECONDS = 1.0
CLOSING_SECONDS = 2.0
RETRY_SECONDS = 1.0
"""How long after a failed try to empty the log the next one comes."""


class Releasable(Protocol):
    """Something that keeps a connection of its own and needs none while nothing changes."""

    def release(self) -> None:
        """Close the connection until the source changes."""


class SourceKeeper:
    """Holds the source for one process; thread-safe. Get one by ``keep_source``.

    ``start`` makes it poll in a thread of its own; without, it polls when a run begins and ends.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._db = settings.db
        self._zone = ZoneInfo(settings.time_zone)
        self._connections = connections_to(settings.db)
        self._kept = KeepAliveConnection(settings.db)
        self._lock = threading.RLock()
        self._uses = 0
        self._next_try = 0.0
        self._releasables: list[Releasable] = []
        self._on_replaced: list[Callable[[], None]] = []
        self._thread: threading.Thread | None = None
        self._checking: threading.Thread | None = None
        self._ended = threading.Event()
        self._known: FileIdentity | None = None
        self._last_log: LogStamp | None = None
        self.holders = 0

    def start(self) -> None:
        """Poll four times a second from now on; again is harmless."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="dashboard-source", daemon=True)
                self._thread.start()

    def _watch(self) -> None:
        while not self._ended.wait(POLL_SECONDS):
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
        """Tell whether a run of this process is under way.

        What is written meanwhile may stay in the log until the run has read the source.
        """
        return self._uses > 0

    def add(self, releasable: Releasable) -> None:
        """Release something whenever nobody has written to the source for a while."""
        with self._lock:
            self._releasables.append(releasable)

    def call_when_replaced(self, function: Callable[[], None]) -> None:
        """Have a function called, in the polling thread, when another file is in the source's place."""
        with self._lock:
            self._on_replaced.append(function)

    @contextmanager
    def in_use(self) -> Iterator[FileIdentity]:
        """Hold the source for a run; give the file that it is. Raises SourceError if it was replaced.

        Without a thread that polls, a file that was replaced is checked here and now.
        """
        with self._lock:
            self._uses += 1
        try:
            self.poll(time.monotonic())
            if self._thread is None and self._checking is not None:
                self._checking.join()
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
        if self._known is not None and file != self._known:
            raise SourceError(self._db, "the file was replaced during the run", "try again")

    def poll(self, ticks: float) -> None:
        """Look at the source at a moment of ``time.monotonic`` and do what is due."""
        with self._lock:
            try:
                stamp = stamp_of(self._db)
            except SourceError:
                # A file that is being put back: what is held on the one before is of no use.
                if not self._uses:
                    self._let_go()
                return
            if self._known is None:
                self._begin(stamp.file)
            elif stamp.file != self._known:
                self._notice(stamp.file)
                stamp = stamp_of(self._db)
            self._last_log = stamp.log
            if self._connections.refusal is not None:
                return
            self._connections.quiet.see(stamp.log, ticks)
            self._connections.changes.see(stamp, ticks)
            if not self._connections.quiet.is_quiet(ticks):
                self._kept.hold()
            elif ticks >= self._next_try:
                self._rest(stamp, ticks)
                if stamp.log is not None:
                    self._see_own_checkpoint(stamp, ticks)

    def _see_own_checkpoint(self, before: SourceStamp, ticks: float) -> None:
        """Take the source's stamp after the log was emptied, or was left as it is."""
        with suppress(SourceError):
            after = stamp_of(self._db)
            if after.log is None or after.log == before.log:
                self._connections.changes.end_own_write(after)
            else:
                self._connections.changes.see(after, ticks)

    def _begin(self, file: FileIdentity) -> None:
        """Take the file for the source; one whose check was cut short, or failed, is checked first."""
        self._known = self._connections.expected = file
        unchecked = unchecked_file(self._settings)
        if unchecked is not None:
            self._check(ReplacedFile(file, unchecked.noticed_at))

    def _notice(self, file: FileIdentity) -> None:
        log.warning("%s was replaced by another file, which is checked before anything is written", self._db)
        self._known = self._connections.expected = file
        replaced = ReplacedFile(file, wall_clock())
        self._connections.refusal = replaced.refusal(self._db, self._zone)
        # The engine process too: the new file shares the log's index with holders of the old one.
        for function in self._on_replaced:
            function()
        self._save_from_the_log_before()
        self._check(replaced)

    def _save_from_the_log_before(self) -> None:
        """Empty the log if its frames are of the file before and nobody has written to the new one yet.

        Otherwise they would be read as pages of the new file, and copied into it.
        """
        stamp, until = self._last_log, time.monotonic() + SAVING_SECONDS
        while stamp is not None and log_stamp(self._db) == stamp and self._kept.is_held:
            # A process that still reads the file before ends within a moment.
            if self._kept.empty_log_of_replaced(stamp):
                log.warning("%s: the log of the file before was emptied", self._db)
            elif time.monotonic() < until:
                self._ended.wait(POLL_SECONDS / 2)
            else:
                break

    def _check(self, replaced: ReplacedFile) -> None:
        self._connections.refusal = replaced.refusal(self._db, self._zone)
        self._let_go()
        self._checking = threading.Thread(
            target=self._run_check, args=(replaced,), name="dashboard-source-check", daemon=True
        )
        self._checking.start()

    def _run_check(self, replaced: ReplacedFile) -> None:
        def is_given_up() -> bool:
            return self._ended.is_set() or self._known != replaced.file

        done = checked(self._db, self._settings.state_dir, replaced, is_given_up)
        with self._lock:
            if done is None or is_given_up():
                return
            self._connections.refusal = done.refusal(self._db, self._zone)
        if done.finding == OK:
            log.warning("%s: the file put in its place is sound", self._db)
        else:
            log.error("%s", self._connections.refusal)

    def _rest(self, stamp: SourceStamp, ticks: float) -> None:
        """Empty the log, then let go of everything unless a run is under way.

        SQLite removes the log if nobody else has the file open.
        """
        if stamp.log is not None:
            self._next_try = ticks + RETRY_SECONDS
            self._kept.hold()
            if not self._kept.empty_log(may_truncate=True) and self._kept.can_write:
                return
        if not self._uses:
            self._let_go()

    def _let_go(self) -> None:
        for releasable in self._releasables:
            releasable.release()
        self._kept.release()

    def close(self) -> None:
        """Let go of the source for good, its log emptied as far as that is in nobody's way."""
        self._ended.set()
        thread, checking = self._thread, self._checking
        for one in (thread, checking):
            if one is not None and one is not threading.current_thread():
                one.join()
        with self._lock:
            self._let_go()
            if self._connections.refusal is None:
                # The last connection of this process is to be the one that can remove the log.
                self._connections.wait_until_closed(CLOSING_SECONDS)
                leave_tidy(self._db)
            self._connections.refusal = self._connections.expected = None


_keepers: dict[Path, SourceKeeper] = {}
_keepers_lock = threading.Lock()


def keep_source(settings: Settings) -> SourceKeeper:
    """Return this process's keeper of the source, for one more holder, who calls ``let_source_go``."""
    with _keepers_lock:
        keeper = _keepers.get(settings.db)
        if keeper is None:
            keeper = _keepers[settings.db] = SourceKeeper(settings)
        keeper.holders += 1
        return keeper


def let_source_go(keeper: SourceKeeper) -> None:
    """Say that a holder of the keeper has ended; with the last one the source is let go."""
    with _keepers_lock:
        keeper.holders -= 1
        is_last = keeper.holders == 0
        if is_last:
            _keepers.pop(keeper.db, None)
    if is_last:
        keeper.close()
