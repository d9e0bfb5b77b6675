"""A session that holds an advisory lock for as long as its transaction lasts.

The lock is that of a transaction, not of the session, because a pooler in transaction mode would hand a
session that holds one to somebody else. An idle transaction that has read no table holds up no vacuum.
"""

from __future__ import annotations

from typing import LiteralString

from engine.model.places.postgres_address import PostgresAddress
from engine.postgres.failures import explaining
from engine.postgres.pool import connect

ANSWER_SECONDS = 5.0

# A server notices within half a minute that the machine of a holder is gone.
_BEGIN: LiteralString = (
    "begin; set local idle_in_transaction_session_timeout to 0; set local tcp_keepalives_idle to 10;"
    " set local tcp_keepalives_interval to 5; set local tcp_keepalives_count to 3"
)


class LockSession:
    """A connection for one lock, for one thread. Everything raises SourceError."""

    def __init__(self, address: PostgresAddress, number: int) -> None:
        self._address = address
        self._number = number
        self._connection = connect(address)
        self._connection.longest_seconds = ANSWER_SECONDS

    def try_lock(self) -> bool:
        """Return whether this session has the lock now."""
        with explaining(self._address):
            self._connection.execute(_BEGIN)
            found = self._connection.execute("select pg_try_advisory_xact_lock(%s)", (self._number,))
            if found.fetchall() == [(True,)]:
                return True
            self._connection.execute("rollback")
        return False

    def require_alive(self) -> None:
        """Raise SourceError if the session has been ended, and its lock with it."""
        with explaining(self._address):
            self._connection.execute("select 1")

    def close(self) -> None:
        """End the session, and the lock with it; the next holder need not wait for the session's end."""
        try:
            with explaining(self._address):
                self._connection.execute("rollback")
        finally:
            self._connection.close()
