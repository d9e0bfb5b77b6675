"""A store in PostgreSQL, in the schema ``dashboard`` of its database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from engine import postgres
from engine.model.places.postgres_address import PostgresAddress
from engine.postgres import PostgresConnection
from engine.store.postgres.migration import is_complete, migrate, missing_tables
from engine.store.postgres.version import PostgresVersionReader, note_change

WRITE_LOCK = 0x64617368_0001
"""The number of the advisory lock that lets one transaction at a time change the cache."""

# As with SQLite a commit does not wait for the disk: after a crash of the server the cache may lack its
# latest run, which is then computed again.
_SOON_ON_DISK = "set_config('synchronous_commit', 'off', true)"
_ALONE = (
    "select pg_advisory_xact_lock(?), set_config('dashboard.counts_changes', 'yes', true), " + _SOON_ON_DISK
)


class PostgresBackend:
    """The store at one address; see ``Backend``."""

    def __init__(self, address: PostgresAddress) -> None:
        self._address = address

    def reading(self) -> AbstractContextManager[PostgresConnection]:
        """Open a transaction that sees one state."""
        return postgres.reading(self._address)

    @contextmanager
    def writing(self, busy_timeout_seconds: float) -> Iterator[PostgresConnection]:
        """Open a transaction that is the only one, because counts continue from what it reads."""
        with postgres.writing(self._address, busy_timeout_seconds) as connection:
            connection.execute(_ALONE, (WRITE_LOCK,))
            yield connection
        note_change(self._address)

    @contextmanager
    def counting(self, busy_timeout_seconds: float) -> Iterator[PostgresConnection]:
        """Open a transaction beside others."""
        with postgres.writing(self._address, busy_timeout_seconds) as connection:
            connection.execute("select " + _SOON_ON_DISK)
            yield connection

    def missing_tables(self) -> tuple[str, ...]:
        """Return the dashboard's tables that the schema lacks."""
        return missing_tables(self._address)

    def is_complete(self) -> bool:
        """Return whether the schema has tables, triggers and the generation."""
        return is_complete(self._address)

    def migrate(self, *, is_source: bool = True) -> None:
        """Create what is missing."""
        migrate(self._address)

    def version_reader(self) -> PostgresVersionReader:
        """Return a reader of the version that a thread of this process follows."""
        return PostgresVersionReader(self._address)
