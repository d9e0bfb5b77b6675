"""What keeps the sessions: a file of SQLite, or the schema of the cache in PostgreSQL.

The SQL of ``store``, ``tokens`` and ``limits`` is the same over both. Parameters are ``?``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

TOUCH_SECONDS = 60
"""How old the time of the latest use gets before it is written again: a request is rarely a write."""


class Rows(Protocol):
    """What a statement returns."""

    @property
    def rowcount(self) -> int:
        """Return the number of rows that it has changed."""

    def fetchall(self) -> list[Any]:
        """Return all rows."""

    def fetchone(self) -> Any:
        """Return the next row; None without one."""

    def __iter__(self) -> Iterator[Any]:
        """Yield the rows."""


class Connection(Protocol):
    """A connection that the operations on sessions use."""

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Rows:
        """Run a statement."""

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> object:
        """Run a statement once for each of some parameters."""


class SessionStorage(Protocol):
    """Where sessions are kept; thread-safe. All that uses it raises DashboardError if it cannot be used."""

    def reading(self) -> AbstractContextManager[Connection]:
        """Yield a connection in autocommit mode: for statements that stand alone."""

    def writing(self) -> AbstractContextManager[Connection]:
        """Yield a connection in a transaction, one over all processes: all is stored, or nothing."""

    def note(self, sql: str, parameters: Sequence[Any]) -> None:
        """Run a statement that may fail without harm: a full disk must not end sessions."""

    def close(self) -> None:
        """Close what is open."""


def whole_seconds(instant: datetime) -> int:
    """Return an instant as it is stored: seconds since 1970."""
    return int(instant.timestamp())
