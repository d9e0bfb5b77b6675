"""The replacement guard: recognises that another file was put in the source's place, and checks that file.

Until the check has passed nothing is written to the file, and every read raises the reason.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from engine.model.clock import wall_clock
from engine.model.errors import SourceError
from engine.model.settings import Settings
from engine.model.source_file.stamp import FileIdentity, LogStamp, SourceStamp, log_stamp
from engine.store.sqlite.connections import connections_to
from engine.store.sqlite.keep_alive import KeepAliveConnection
from engine.store.sqlite.replaced_file import OK, ReplacedFile, checked, unchecked_file

log = logging.getLogger(__name__)

SAVING_SECONDS = 1.0
SAVING_INTERVAL_SECONDS = 0.125


class ReplacementGuard:
    """Guards a file of one process against replacement; its methods are called under the keeper's lock.

    ``db`` is the file, the source or the store. ``lock`` is that lock. ``release`` closes what this process
    holds of the file.
    """

    def __init__(
        self,
        settings: Settings,
        db: Path,
        kept: KeepAliveConnection,
        lock: threading.RLock,
        release: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._db = db
        self._zone = ZoneInfo(settings.time_zone)
        self._connections = connections_to(db)
        self._kept = kept
        self._lock = lock
        self._release = release
        self._on_replaced: list[Callable[[], None]] = []
        self._known: FileIdentity | None = None
        self._last_log: LogStamp | None = None
        self._check_thread: threading.Thread | None = None
        self._ended = threading.Event()

    def call_when_replaced(self, function: Callable[[], None]) -> None:
        """Call a function, in the polling thread, whenever another file is in the source's place."""
        self._on_replaced.append(function)

    def require_unreplaced(self, file: FileIdentity) -> None:
        """Raise SourceError if this file is not the source any more."""
        if self._known is not None and file != self._known:
            raise SourceError(self._db, "the file was replaced during the run", "try again")

    def see(self, stamp: SourceStamp) -> bool:
        """Compare the source's stamp with the file known so far; return whether it was replaced."""
        is_replaced = self._known is not None and stamp.file != self._known
        if self._known is None:
            self._begin(stamp.file)
        elif is_replaced:
            self._on_replacement(stamp.file)
        self._last_log = log_stamp(self._db) if is_replaced else stamp.log
        return is_replaced

    def _begin(self, file: FileIdentity) -> None:
        """Take the file for the source; check it first if an earlier check was cut short or failed."""
        self._known = self._connections.expected = file
        unchecked = unchecked_file(self._settings, self._db)
        if unchecked is not None:
            self._check(ReplacedFile(file, unchecked.noticed_at))

    def _on_replacement(self, file: FileIdentity) -> None:
        log.warning("%s was replaced by another file, which is checked before anything is written", self._db)
        self._known = self._connections.expected = file
        replaced = ReplacedFile(file, wall_clock())
        self._connections.refusal = replaced.refusal(self._db, self._zone)
        # The engine process ends too, because holders of the old file share the log's index with the new one.
        for function in self._on_replaced:
            function()
        self._save_last_log()
        self._check(replaced)

    def _save_last_log(self) -> None:
        """Empty the log if its frames are of the file before and nobody has written to the new file yet.

        Otherwise SQLite would read them as pages of the new file, and copy them into it.
        """
        stamp, until = self._last_log, time.monotonic() + SAVING_SECONDS
        left_alone = self._connections.is_left_alone
        while stamp is not None and log_stamp(self._db) == stamp and self._kept.is_held and not left_alone:
            # A process that still reads the file before ends within a moment.
            if self._kept.empty_log_of_replaced(stamp):
                log.warning("%s: the log of the file before was emptied", self._db)
            elif time.monotonic() < until:
                self._ended.wait(SAVING_INTERVAL_SECONDS)
            else:
                break

    def _check(self, replaced: ReplacedFile) -> None:
        self._connections.refusal = replaced.refusal(self._db, self._zone)
        self._release()
        self._check_thread = threading.Thread(
            target=self._run_check, args=(replaced,), name="dashboard-source-check", daemon=True
        )
        self._check_thread.start()

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

    def stop(self) -> None:
        """Give up a check under way; ``wait_for_check`` waits for its end."""
        self._ended.set()

    def wait_for_check(self) -> None:
        """Wait until the check under way has ended; the caller does not hold the lock."""
        thread = self._check_thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()
