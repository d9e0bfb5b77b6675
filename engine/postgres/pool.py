"""The pools of this process, one for each address, and connections outside a pool."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from engine.model.places.postgres_address import PostgresAddress
from engine.model.source_file.failures import locked
from engine.postgres.connection import TimedConnection, adapt
from engine.postgres.failures import explained

CONNECT_SECONDS = 5
"""How long connecting may take, and how long one waits for a connection that another thread has."""
MOST_CONNECTIONS = 16
IDLE_SECONDS = 60.0
"""A connection that is not used for so long is closed."""
_FIRST_LOOK_SECONDS = 0.05

OPTIONS: dict[str, Any] = {
    "connect_timeout": CONNECT_SECONDS,
    "application_name": "dashboard",
    "client_encoding": "utf8",
    # A pooler in transaction mode does not know what another connection has prepared.
    "prepare_threshold": None,
    "autocommit": True,
    # The end of a server that says nothing any more is noticed within some ten seconds.
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}

# The driver's own lines have its parameters of connecting, and each failure is in ours.
logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)


class Pool:
    """The connections of this process to one database, opened when they are needed; thread-safe."""

    def __init__(self, address: PostgresAddress) -> None:
        self._address = address
        self._failed: tuple[float, psycopg.Error] | None = None
        pool = self

        class Pooled(TimedConnection):
            @classmethod
            def connect(cls, conninfo: str = "", **kwargs: Any) -> Any:
                try:
                    return super().connect(conninfo, **kwargs)
                except psycopg.Error as error:
                    pool._failed = (time.monotonic(), error)
                    raise

        self._pool: ConnectionPool[Any] = ConnectionPool(
            address.url.text,
            connection_class=Pooled,
            kwargs=OPTIONS,
            configure=adapt,
            min_size=0,
            max_size=MOST_CONNECTIONS,
            max_idle=IDLE_SECONDS,
            # A failure is shown at once, and the next who asks tries again.
            reconnect_timeout=0,
            num_workers=1,
            open=False,
        )
        self._pool.open()

    def take(self) -> TimedConnection:
        """Return a connection, to be given back. Raises SourceError, with the cause of the latest failure."""
        began = time.monotonic()
        wait = _FIRST_LOOK_SECONDS
        while True:
            try:
                connection: TimedConnection = self._pool.getconn(timeout=wait)
                return connection
            except PoolTimeout:
                if self._failed is not None and self._failed[0] >= began:
                    raise explained(self._address, self._failed[1]) from None
                if time.monotonic() > began + 2 * CONNECT_SECONDS:
                    raise locked(self._address) from None
            except psycopg.Error as error:
                raise explained(self._address, error) from error
            wait = 2 * wait

    def give_back(self, connection: TimedConnection) -> None:
        """Take a connection back; one that is broken or in the middle of something is closed."""
        if connection.info.transaction_status is not psycopg.pq.TransactionStatus.IDLE:
            connection.close()
        self._pool.putconn(connection)

    def end(self) -> None:
        """Close all connections."""
        self._pool.close(timeout=1.0)


_pools: dict[str, Pool] = {}
_lock = threading.Lock()


def pool_of(address: PostgresAddress) -> Pool:
    """Return this process's pool for an address."""
    with _lock:
        pool = _pools.get(address.url.text)
        if pool is None:
            pool = _pools[address.url.text] = Pool(address)
        return pool


@atexit.register
def end_pools() -> None:
    """Close all connections of this process's pools; the next who asks opens them again."""
    with _lock:
        pools = list(_pools.values())
        _pools.clear()
    for pool in pools:
        pool.end()


def connect(address: PostgresAddress, name: str = "dashboard") -> TimedConnection:
    """Return a connection of the caller's own, in autocommit mode. Raises SourceError.

    The server's list of sessions has it by its name.
    """
    try:
        connection = TimedConnection.connect(address.url.text, **OPTIONS | {"application_name": name})
    except psycopg.Error as error:
        raise explained(address, error) from error
    adapt(connection)
    return connection
