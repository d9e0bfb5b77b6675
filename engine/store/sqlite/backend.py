"""A store in a file of SQLite: the source, or a file of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from engine.store.sqlite.database import open_database, write_transaction
from engine.store.sqlite.migration import is_complete, migrate, missing_tables
from engine.store.sqlite.version import SqliteVersionReader


class SqliteBackend:
    """The store in one file; see ``Backend``."""

    def __init__(self, db: Path) -> None:
        self._db = db

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Open the file for reading, in one transaction."""
        with open_database(self._db) as connection:
            connection.execute("begin")
            yield connection
            connection.rollback()

    def writing(self, busy_timeout_seconds: float) -> AbstractContextManager[sqlite3.Connection]:
        """Open an immediate transaction."""
        return write_transaction(self._db, busy_timeout_seconds)

    counting = writing

    def missing_tables(self) -> tuple[str, ...]:
        """Return the dashboard's tables that the file lacks."""
        return missing_tables(self._db)

    def is_complete(self) -> bool:
        """Return whether the file has tables, triggers and the generation."""
        return is_complete(self._db)

    def migrate(self, *, is_source: bool = True) -> None:
        """Create what is missing."""
        migrate(self._db, is_source=is_source)

    def version_reader(self) -> SqliteVersionReader:
        """Return a reader of the file's version."""
        return SqliteVersionReader(self._db)
