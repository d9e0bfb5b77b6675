"""Limits the time of statements on tables of the pipeline, which may be views or have triggers without end.

SQLite runs them inside the statement, in this process. Nothing else could stop them, Ctrl-C neither.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

LIMIT_SECONDS = 10.0
OPERATIONS_BETWEEN_POLLS = 100_000


@contextmanager
def time_limit(connection: sqlite3.Connection) -> Iterator[None]:
    """Interrupt what runs on the connection when the block has taken ``LIMIT_SECONDS``.

    SQLite then raises sqlite3.OperationalError. A statement that writes ends its whole transaction with it.
    """
    until = time.monotonic() + LIMIT_SECONDS
    connection.set_progress_handler(lambda: time.monotonic() > until, OPERATIONS_BETWEEN_POLLS)
    try:
        yield
    finally:
        connection.set_progress_handler(None, 0)
