"""What goes wrong in a life of the dashboard, done for real: to its engine process, and to its source."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from benchmarks.soak.pipeline import BUSY_SECONDS, Pipeline
from benchmarks.soak.samples import children_of

LOCKED_SECONDS = 2.0
# The dashboard empties the log of a quiet source after some seconds.
QUIET_SECONDS = 30.0


class Disruptions:
    """The disruptions of one soak, each of which can be done at any moment."""

    def __init__(self, db: Path, server_pid: int, pipeline: Pipeline, folder: Path) -> None:
        self.db = db
        self._server_pid = server_pid
        self._pipeline = pipeline
        self._backup = folder / "backup.db"
        self._back_up(self._backup)

    def all(self) -> dict[str, Callable[[], None]]:
        """Return each disruption by what it does."""
        return {
            "the engine process killed": self.kill_engine,
            "the source locked": self.lock,
            "the source replaced": self.replace,
            "the source restored": self.restore,
        }

    def kill_engine(self) -> None:
        """Kill the children of the server; nothing if it has none now."""
        for pid in children_of(self._server_pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def lock(self) -> None:
        """Hold the write lock for a moment, as a long transaction of the pipeline does."""
        with closing(sqlite3.connect(self.db, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
            connection.execute("begin immediate")
            time.sleep(LOCKED_SECONDS)
            connection.execute("rollback")

    def replace(self) -> None:
        """Move a copy over the source, as an operator does who has stopped the pipeline before."""
        self._pipeline.stop()
        self._await_empty_log()
        copy = self.db.with_name("copy.db")
        shutil.copyfile(self.db, copy)
        copy.chmod(self.db.stat().st_mode)
        copy.replace(self.db)
        self._pipeline.start()

    def restore(self) -> None:
        """Copy the backup made at the last time into the source, and make a new backup first."""
        self._pipeline.stop()
        newer = self._backup.with_name("newer.db")
        self._back_up(newer)
        with closing(sqlite3.connect(self._backup)) as backup, closing(sqlite3.connect(self.db)) as source:
            source.execute(f"pragma busy_timeout = {int(BUSY_SECONDS * 1000)}")
            backup.backup(source)
        newer.replace(self._backup)
        self._pipeline.start()

    def _back_up(self, target: Path) -> None:
        target.unlink(missing_ok=True)
        with closing(sqlite3.connect(self.db)) as source, closing(sqlite3.connect(target)) as backup:
            source.backup(backup)

    def _await_empty_log(self) -> None:
        """Wait until the dashboard has moved the log into the file. Raises TimeoutError."""
        log = self.db.with_name(self.db.name + "-wal")
        until = time.monotonic() + QUIET_SECONDS
        while log.exists() and log.stat().st_size:
            if time.monotonic() > until:
                raise TimeoutError(f"{log.name} of a quiet source is not empty after {QUIET_SECONDS:.0f} s")
            time.sleep(0.1)
