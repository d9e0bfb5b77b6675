"""Reads the replica for one question: a cursor with a time limit, which ends when the asker goes away."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from engine.model.places.postgres_address import SourceAddress
from engine.replica.questions.source_rows import SourceReader
from engine.replica.sync.held import HeldReplica, ReplicaClosed

QUESTION_SECONDS = 10.0
"""How long one question may take."""
AGAIN_SECONDS = 0.05
"""How long to wait after an interrupt before the next one."""


class AskerGone(Exception):
    """Nobody waits for the answer any more."""


class TooSlow(Exception):
    """The question was stopped because it took too long."""


@dataclass(frozen=True)
class Asked:
    """One question under way: whom it is asked of, by whom, and until when it must be answered.

    ``until`` is a value of ``time.monotonic``.
    """

    replica: HeldReplica
    db: SourceAddress
    source: SourceReader
    asker: socket.socket
    until: float

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield a cursor on the committed replica. Raises ReplicaClosed, AskerGone, TooSlow."""
        with self.replica.reading() as cursor:
            watch = _Watch(cursor, self.asker, self.until)
            try:
                with watch:
                    yield cursor
            except duckdb.InterruptException:
                raise watch.reason or ReplicaClosed() from None


class _Watch:
    """Interrupts a cursor when its time is over or its asker has gone; use it as a ``with`` block."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, asker: socket.socket, until: float) -> None:
        self.reason: Exception | None = None
        self._cursor, self._asker, self._until = cursor, asker, until
        self._ended, self._end = socket.socketpair()
        self._thread = threading.Thread(target=self._watch, name="dashboard-question-watch", daemon=True)

    def _watch(self) -> None:
        while True:
            left = self._until - time.monotonic()
            if left <= 0:
                self.reason = TooSlow()
                break
            ready, _, _ = select.select([self._ended, self._asker], [], [], left)
            if self._ended in ready:
                return
            if self._asker in ready:
                self.reason = AskerGone()
                break
        # DuckDB forgets an interrupt that comes as a statement begins.
        while True:
            self._cursor.interrupt()
            if select.select([self._ended], [], [], AGAIN_SECONDS)[0]:
                return

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._end.close()
        # After this no interrupt can reach another statement.
        self._thread.join()
        self._ended.close()
