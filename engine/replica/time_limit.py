"""The time that one dataset may take: past it DuckDB is interrupted, and the next statement is not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

AGAIN_SECONDS = 0.1


class TimeLimitExceeded(Exception):
    """A statement was interrupted because its time was over."""


@contextmanager
def time_limit(connection: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Interrupt what the connection executes in the block once it has taken so many seconds.

    Raises TimeLimitExceeded in place of DuckDB's own error.
    """
    ended, expired = threading.Event(), threading.Event()

    def interrupt_when_expired() -> None:
        if ended.wait(seconds):
            return
        expired.set()
        # DuckDB forgets an interrupt that comes as a statement begins.
        while True:
            connection.interrupt()
            if ended.wait(AGAIN_SECONDS):
                return

    timer = threading.Thread(target=interrupt_when_expired, name="dashboard-time-limit", daemon=True)
    timer.start()
    try:
        yield
    except duckdb.InterruptException:
        if expired.is_set():
            raise TimeLimitExceeded from None
        raise
    finally:
        ended.set()
        # Afterwards no interrupt can reach the statement of another dataset.
        timer.join()
