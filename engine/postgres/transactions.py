"""Transactions: ``reading`` sees one state of the database, ``writing`` stores all or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import LiteralString

import psycopg

from engine.model.places.postgres_address import PostgresAddress
from engine.postgres.connection import PostgresConnection, TimedConnection
from engine.postgres.failures import explained, is_lost
from engine.postgres.pool import MOST_CONNECTIONS, Pool, pool_of

BUSY_TIMEOUT_SECONDS = 5.0

_READ: LiteralString = "begin isolation level repeatable read read only"
_WRITE: LiteralString = "begin"
# For the transaction alone: behind a pooler the next one may come from somebody else.
_PATH: LiteralString = "; set local search_path to dashboard, pg_temp"


@contextmanager
def reading(address: PostgresAddress) -> Iterator[PostgresConnection]:
    """Yield a connection in a transaction that only reads, and sees one state. Raises SourceError."""
    with _transaction(address, _READ + _PATH) as connection:
        yield PostgresConnection(connection)


@contextmanager
def writing(
    address: PostgresAddress, busy_timeout_seconds: float = BUSY_TIMEOUT_SECONDS
) -> Iterator[PostgresConnection]:
    """Yield a connection in a transaction: all that is done in it is stored, or nothing.

    Raises SourceError, also if another transaction keeps a lock for longer than the busy timeout.
    """
    milliseconds = max(1, round(busy_timeout_seconds * 1000))
    with _transaction(address, f"{_WRITE}{_PATH}; set local lock_timeout to {milliseconds}") as connection:
        yield PostgresConnection(connection)


@contextmanager
def _transaction(address: PostgresAddress, begin: str) -> Iterator[TimedConnection]:
    pool = pool_of(address)
    try:
        connection = _begun(pool, begin)
        try:
            yield connection
            connection.execute("commit")
        except BaseException as error:
            _roll_back(connection, error)
            raise
        finally:
            pool.give_back(connection)
    except psycopg.Error as error:
        raise explained(address, error) from error


def _begun(pool: Pool, begin: str) -> TimedConnection:
    """Return a connection whose transaction has begun; one that was lost while it was idle is left out."""
    for attempt in range(MOST_CONNECTIONS + 1):
        connection = pool.take()
        try:
            connection.execute(begin)
        except psycopg.Error as error:
            connection.close()
            pool.give_back(connection)
            if not is_lost(error) or attempt == MOST_CONNECTIONS:
                raise
        else:
            return connection
    raise AssertionError


def _roll_back(connection: TimedConnection, error: BaseException) -> None:
    if isinstance(error, psycopg.Error) and is_lost(error):
        connection.close()
        return
    try:
        connection.execute("rollback")
    except psycopg.Error:
        connection.close()
