"""Limits the time of one dataset: interrupts DuckDB when it is over, and never the statement after it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

AGAIN_SECONDS = 0.1


class TimeLimitExceeded(Exception):
    """A statement was interrupted because it took too long."""


@contextmanager
def time_limit(connection: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Interrupt the connection if the block takes longer than so many seconds.

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
        # After this no interrupt can reach the statement of another dataset.
        timer.join()
