"""A connection that is notified of what other transactions say, and proves first that it is."""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection
from typing import Any, LiteralString

from psycopg import sql

from engine.model.places.postgres_address import PostgresAddress
from engine.postgres.connection import Parameters, PostgresConnection
from engine.postgres.failures import explaining
from engine.postgres.pool import connect
from engine.postgres.transactions import writing

NAME = "dashboard listener"
"""The name by which the server's list of sessions knows it."""
PROOF_SECONDS = 2.0
"""How long the notification that proves it may take; it takes less than a millisecond."""
ANSWER_SECONDS = 1.0
"""How long the server may take to answer: a connection that is frozen is soon replaced."""


class ListeningConnection:
    """A connection for one thread that listens on some channels, one at least. Everything raises SourceError.

    ``is_notified`` says whether notifications come: a pooler in transaction mode swallows them. ``asked_at``
    is when the server was asked last, by the clock that only goes on.
    """

    def __init__(self, address: PostgresAddress, channels: Collection[str]) -> None:
        self._address = address
        self._listened: frozenset[str] = frozenset()
        self.asked_at = time.monotonic()
        self._connection = connect(address, NAME)
        self._connection.longest_seconds = ANSWER_SECONDS
        self._plain = PostgresConnection(self._connection)
        try:
            self.listen(frozenset(channels))
            with explaining(self._address):
                self.is_notified = self._proven(min(channels))
        except BaseException:
            self._connection.close()
            raise

    def listen(self, channels: frozenset[str]) -> None:
        """Listen on those of the channels that it does not listen on yet."""
        for channel in sorted(channels - self._listened):
            with explaining(self._address):
                self._connection.execute(sql.SQL(_LISTEN).format(sql.Identifier(channel)))
        self._listened |= channels

    def _proven(self, channel: str) -> bool:
        proof = f"proof {secrets.token_hex(8)}"
        # By another connection: what a connection says to itself comes back through a pooler too.
        with writing(self._address) as connection:
            connection.execute("select pg_notify(?, ?)", (channel, proof))
        return any(found.payload == proof for found in self._connection.notifies(timeout=PROOF_SECONDS))

    def wait(self, seconds: float) -> frozenset[str]:
        """Return the channels that are notified within some seconds, as soon as there is one."""
        with explaining(self._address):
            notes = self._connection.notifies(timeout=seconds, stop_after=1)
            return frozenset(found.channel for found in notes)

    def query(self, sql: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with explaining(self._address):
            self.asked_at = time.monotonic()
            return self._plain.execute(sql, parameters).fetchall()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


_LISTEN: LiteralString = "listen {}"
