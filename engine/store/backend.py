"""What a store does, whichever database it is in: SQLite, or PostgreSQL.

All SQL of the store is in the dialect that both take, with the parameters of ``sqlite3``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from engine.model.settings import StorePlace
from engine.store.sqlite.backend import SqliteBackend
from engine.store.version import CacheVersion

BUSY_TIMEOUT_SECONDS = 5.0


class Cursor(Protocol):
    """The rows of a statement, as tuples."""

    @property
    def rowcount(self) -> int:
        """Return the number of rows that the statement changed."""

    def fetchone(self) -> Any:
        """Return the next row; None if there is none."""

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""

    def __iter__(self) -> Iterator[Any]:
        """Return all rows that are left, one after the other."""


class Connection(Protocol):
    """A connection to a store."""

    def execute(self, sql: str, parameters: Any = ..., /) -> Cursor:
        """Return the rows of a statement that has been executed."""

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> object:
        """Execute a statement for each row of parameters."""


class VersionReader(Protocol):
    """Reads the version of one store; thread-safe, and it never waits for a run."""

    def read(self) -> CacheVersion:
        """Return the version as it is now. Raises SourceError if the store cannot be read."""

    def release(self) -> None:
        """Hold no connection until something changes, if that matters to others."""

    def close(self) -> None:
        """End; another ``read`` begins again."""


class Backend(Protocol):
    """One store. Everything raises SourceError if the store cannot be read or written."""

    def reading(self) -> AbstractContextManager[Connection]:
        """Open the store for reading: all that is read is of one state."""

    def writing(self, busy_timeout_seconds: float) -> AbstractContextManager[Connection]:
        """Open a transaction that is the only one: all that is done in it is stored, or nothing."""

    def counting(self, busy_timeout_seconds: float) -> AbstractContextManager[Connection]:
        """Open a transaction beside others: it only adds to counts, in the order of their keys."""

    def missing_tables(self) -> tuple[str, ...]:
        """Return the dashboard's tables that the store lacks, also if something else has the name of one."""

    def is_complete(self) -> bool:
        """Return whether the store has all that ``migrate`` creates."""

    def migrate(self, *, is_source: bool = True) -> None:
        """Create what the store lacks; calling it again is harmless. ``is_source``: it is the source too."""

    def version_reader(self) -> VersionReader:
        """Return a reader of the store's version."""


def backend_of(store: StorePlace) -> Backend:
    """Return the store at a place."""
    if isinstance(store, Path):
        return SqliteBackend(store)
    # Its driver takes a tenth of a second to import.
    from engine.store.postgres.backend import PostgresBackend

    return PostgresBackend(store)


def reading(store: StorePlace) -> AbstractContextManager[Connection]:
    """Open a store for reading: all that is read is of one state. Raises SourceError."""
    return backend_of(store).reading()


def writing(
    store: StorePlace, busy_timeout_seconds: float = BUSY_TIMEOUT_SECONDS
) -> AbstractContextManager[Connection]:
    """Open a write transaction: all that is done in it is stored, or nothing. Raises SourceError."""
    return backend_of(store).writing(busy_timeout_seconds)


def missing_tables(store: StorePlace) -> tuple[str, ...]:
    """Return the dashboard's tables that a store lacks. Raises SourceError."""
    return backend_of(store).missing_tables()


def version_reader(store: StorePlace) -> VersionReader:
    """Return a reader of a store's version."""
    return backend_of(store).version_reader()


def tables_of(connection: Connection) -> frozenset[str]:
    """Return the names of the dashboard's tables that a store has."""
    if isinstance(connection, sqlite3.Connection):
        sql = "select name from sqlite_master where type = 'table' and name like 'dashboard_%'"
    else:
        sql = "select tablename from pg_catalog.pg_tables where schemaname = 'dashboard'"
    return frozenset(name for (name,) in connection.execute(sql))


def has_table(connection: Connection, name: str) -> bool:
    """Return whether a store has a table; one that another version has migrated may lack it."""
    return name in tables_of(connection)


def one_of(column: str, values: Sequence[object]) -> str:
    """Return the condition that a column has one of some values, which are its parameters.

    >>> one_of("name", ["a", "b"]), one_of("name", [])
    ('name in (?, ?)', '1 = 0')
    """
    return f"{column} in ({', '.join('?' * len(values))})" if values else "1 = 0"
