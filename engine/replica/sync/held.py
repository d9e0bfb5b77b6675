"""Keeps the replica open from one run to the next, for those who read it meanwhile.

One process holds it at a time. Whoever has the run lock asks the holder to let go, and waits for a short time
only. How a replica is opened and closed is different for a file and for DuckLake.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import duckdb

from engine.model.catalogue.datasets import Dataset
from engine.model.places.lake import Lake
from engine.model.places.postgres_address import SourceAddress
from engine.replica.sync.compact import FileSize
from engine.replica.sync.file import ALIAS

if TYPE_CHECKING:
    from engine.replica.lake.catalog import Claim

FINISH_SECONDS = 0.3
"""How long those who read may go on before they are interrupted."""
CLOSE_SECONDS = 3.0
"""How long closing waits for those who read."""
AGAIN_SECONDS = 0.05


class Order(Protocol):
    """What an order says about the replica: of which source, where, and whether to keep it."""

    @property
    def db(self) -> SourceAddress:
        """Return the source."""

    @property
    def replica(self) -> Path | None:
        """Return the replica's file; None for a replica in memory."""

    @property
    def socket(self) -> Path | None:
        """Return the socket of whoever holds the replica."""

    @property
    def lake(self) -> Lake | None:
        """Return where the replica is if it is in DuckLake."""

    @property
    def holds(self) -> bool:
        """Return whether this process holds the replica from now on."""


class Neighbours(Protocol):
    """What a replica's holder says to other processes."""

    def take_over(self, socket: Path) -> None:
        """Ask whoever holds the replica to let go of it."""

    def announce(self, order: Order) -> None:
        """Answer questions from now on."""

    def withdraw(self) -> None:
        """Answer no more questions."""


class ReplicaClosed(Exception):
    """The replica is not open here, or is being closed."""


class HeldReplica(ABC):
    """The replica of one DuckDB instance: opened for runs, and kept open for readers between them.

    Runs, ``hold`` and ``close`` come one at a time; ``reading`` is for any thread, at any time.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, neighbours: Neighbours | None = None) -> None:
        self._connection = connection
        self._neighbours = neighbours
        self._condition = threading.Condition()
        self._readers: list[duckdb.DuckDBPyConnection] = []
        self._is_closing = False
        self._order: Order | None = None
        self.claim: Claim | None = None
        """The right to write a lake, for the run under way; a file needs none."""

    @property
    def order(self) -> Order | None:
        """Return the order by which the replica is open; None if it is closed."""
        return self._order

    @abstractmethod
    def _require_current(self, order: Order) -> None:
        """Close the open replica if it is not the one that the order means, or cannot be used."""

    @abstractmethod
    def _open(self, order: Order) -> None:
        """Open the replica, made again if it cannot be used. Raises ComputeError."""

    @abstractmethod
    def _open_usable(self, order: Order) -> bool:
        """Open the replica if it can be used as it is; return whether it is open."""

    @abstractmethod
    def _let_go(self) -> None:
        """Let go of the open replica, which nobody reads any more."""

    @abstractmethod
    def tidy(self, size: FileSize) -> None:
        """After a run, see to it that the replica does not grow without end."""

    def _use(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make the open replica the default database of a connection."""
        connection.execute(f"use {ALIAS}")

    @contextmanager
    def cursors(self, datasets: Collection[Dataset], count: int) -> Iterator[list[duckdb.DuckDBPyConnection]]:
        """Yield connections to the open replica, for threads that compute these datasets in a run."""
        with ExitStack() as opened:
            cursors = [opened.enter_context(self._connection.cursor()) for _ in range(count)]
            for cursor in cursors:
                self._use(cursor)
            yield cursors

    @abstractmethod
    def renew(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Make one of the ``cursors`` usable after a dataset has failed on it."""

    @contextmanager
    def opened(self, order: Order) -> Iterator[None]:
        """Make the replica the connection's default database for a run. Raises ComputeError."""
        if self._order is not None:
            self._require_current(order)
        if self._order is None:
            self._ask_neighbours(order)
            self._open(order)
        self._order = order
        if order.holds and self._neighbours is not None:
            self._neighbours.announce(order)
        try:
            self._use(self._connection)
            yield
        finally:
            if order.holds and self._order is not None:
                self._connection.execute("use memory")
            else:
                self.close()

    def hold(self, order: Order) -> bool:
        """Open the replica as it is, and keep it open; return whether there is one that can be used."""
        if self._order is not None:
            self._require_current(order)
        if self._order is None:
            self._ask_neighbours(order)
            if not self._open_usable(order):
                return False
            self._connection.execute("use memory")
            self._order = order
        if self._neighbours is not None:
            self._neighbours.announce(order)
        return True

    def _ask_neighbours(self, order: Order) -> None:
        if order.socket is not None and self._neighbours is not None:
            self._neighbours.take_over(order.socket)

    def close(self, *, and_withdraw: bool = True) -> bool:
        """Close the replica; return whether nobody reads it any more."""
        if self._order is None:
            return True
        if and_withdraw and self._neighbours is not None:
            self._neighbours.withdraw()
        is_free = self._without_readers()
        self._let_go()
        self._order = None
        self._is_closing = False
        return is_free

    def _without_readers(self) -> bool:
        """Wait until nobody reads, and interrupt those who do; return whether that was so in time."""
        began = time.monotonic()
        with self._condition:
            self._is_closing = True
            while self._readers and time.monotonic() - began < CLOSE_SECONDS:
                if time.monotonic() - began >= FINISH_SECONDS:
                    for reader in self._readers:
                        reader.interrupt()
                self._condition.wait(AGAIN_SECONDS)
            return not self._readers

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield a cursor on the replica as it is committed, in one transaction. Raises ReplicaClosed."""
        with self._condition:
            if self._order is None or self._is_closing:
                raise ReplicaClosed
            cursor = self._connection.cursor()
            self._readers.append(cursor)
        try:
            cursor.execute(f"use {ALIAS}")
            cursor.execute("begin transaction read only")
            yield cursor
        finally:
            with suppress(duckdb.Error):
                cursor.close()
            with self._condition:
                # Connections compare by identity.
                self._readers.remove(cursor)
                self._condition.notify_all()
