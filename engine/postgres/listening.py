"""A connection that is notified of what other transactions say, and proves first that it is."""

from __future__ import annotations

import secrets
from typing import Any

from engine.model.places.postgres_address import PostgresAddress
from engine.postgres.connection import Parameters, PostgresConnection
from engine.postgres.failures import explaining
from engine.postgres.pool import connect
from engine.postgres.transactions import writing

PROOF_SECONDS = 2.0
"""How long the notification that proves it may take; it takes less than a millisecond."""
ANSWER_SECONDS = 1.0
"""How long the server may take to answer: a connection that is frozen is soon replaced."""


class ListeningConnection:
    """A connection that listens on one channel, for one thread. Everything raises SourceError.

    ``is_notified`` says whether notifications come: a pooler in transaction mode swallows them.
    """

    def __init__(self, address: PostgresAddress, channel: str) -> None:
        self._address = address
        self._connection = connect(address)
        self._connection.longest_seconds = ANSWER_SECONDS
        self._plain = PostgresConnection(self._connection)
        try:
            with explaining(self._address):
                self._plain.execute(f"listen {channel}")
                self.is_notified = self._proven(channel)
        except BaseException:
            self._connection.close()
            raise

    def _proven(self, channel: str) -> bool:
        proof = f"proof {secrets.token_hex(8)}"
        # By another connection: what a connection says to itself comes back through a pooler too.
        with writing(self._address) as connection:
            connection.execute("select pg_notify(?, ?)", (channel, proof))
        return any(found.payload == proof for found in self._connection.notifies(timeout=PROOF_SECONDS))

    def wait(self, seconds: float) -> tuple[str, ...]:
        """Return what is notified within some seconds, as soon as there is something."""
        with explaining(self._address):
            return tuple(found.payload for found in self._connection.notifies(timeout=seconds, stop_after=1))

    def query(self, sql: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with explaining(self._address):
            return self._plain.execute(sql, parameters).fetchall()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
