"""Keeps the replica attached from one run to the next, for those who read it meanwhile.

One process holds the file at a time. Whoever has the run lock asks the holder to let go, and waits for a
short time only: a file that stays locked is made anew, as one that is damaged.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import duckdb

from engine.replica.sync.compact import FileSize, compact, has_grown
from engine.replica.sync.file import (
    ALIAS,
    attach_file,
    attach_memory,
    attach_usable,
    delete_replica,
    detach,
    unusable,
)

log = logging.getLogger(__name__)

FINISH_SECONDS = 0.3
"""How long those who read may go on before they are interrupted."""
CLOSE_SECONDS = 3.0
"""How long closing waits for those who read."""
AGAIN_SECONDS = 0.05


class Order(Protocol):
    """What an order says about the replica: of which source, where, and whether to keep it."""

    @property
    def db(self) -> Path:
        """Return the source."""

    @property
    def replica(self) -> Path | None:
        """Return the replica's file; None for a replica in memory."""

    @property
    def socket(self) -> Path | None:
        """Return the socket of whoever holds the replica."""

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


class ReplicaFile:
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
        self._path: Path | None = None
        self._inode: tuple[int, int] | None = None

    @property
    def order(self) -> Order | None:
        """Return the order by which the replica is open; None if it is closed."""
        return self._order

    @contextmanager
    def opened(self, order: Order) -> Iterator[None]:
        """Make the replica the connection's default database for a run. Raises ComputeError."""
        if order.replica is None:
            with self._in_memory(order):
                yield
            return
        if self._order is not None:
            self._require_current(order)
        if self._order is None:
            self._ask_neighbours(order)
            attach_file(self._connection, order.replica, order.db)
            self._note_open(order)
        self._order = order
        if order.holds and self._neighbours is not None:
            self._neighbours.announce(order)
        try:
            self._connection.execute(f"use {ALIAS}")
            yield
        finally:
            if order.holds and self._order is not None:
                self._connection.execute("use memory")
            else:
                self.close()

    @contextmanager
    def _in_memory(self, order: Order) -> Iterator[None]:
        self.close()
        attach_memory(self._connection, order.db)
        try:
            self._connection.execute(f"use {ALIAS}")
            yield
        finally:
            detach(self._connection)

    def hold(self, order: Order) -> bool:
        """Open the replica as it is, and keep it open; return whether there is one that can be used."""
        assert order.replica is not None
        if self._order is not None:
            self._require_current(order)
        if self._order is None:
            self._ask_neighbours(order)
            if not attach_usable(self._connection, order.replica, order.db):
                return False
            self._connection.execute("use memory")
            self._note_open(order)
        if self._neighbours is not None:
            self._neighbours.announce(order)
        return True

    def _ask_neighbours(self, order: Order) -> None:
        if order.socket is not None and self._neighbours is not None:
            self._neighbours.take_over(order.socket)

    def _note_open(self, order: Order) -> None:
        self._order, self._path = order, order.replica
        self._inode = _inode(order.replica)

    def _require_current(self, order: Order) -> None:
        """Close the replica if it is not the file that the order means, or no replica of its source."""
        assert order.replica is not None
        if self._path != order.replica or _inode(order.replica) != self._inode:
            log.info("the replica %s is opened again: the file is another", order.replica)
            self.close()
            return
        try:
            self._connection.execute(f"use {ALIAS}")
            reason = unusable(self._connection, order.db)
            self._connection.execute("use memory")
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
        if reason is not None:
            log.info("the replica %s is rebuilt: %s", order.replica, reason)
            self.close()
            delete_replica(order.replica)

    def tidy(self, size: FileSize) -> None:
        """After a run, replace the file by a compact copy if it has grown too large."""
        if self._path is None or self._order is None:
            return
        order, path = self._order, self._path
        if not order.holds or not size.fresh_bytes:
            # What the log holds belongs to the size of a file that is about to be closed, and of a fresh one.
            self._checkpoint()
        if not has_grown(path, size):
            return
        self.close(and_withdraw=False)
        compact(self._connection, path)
        if order.holds:
            attach_file(self._connection, path, order.db)
            self._note_open(order)

    def close(self, *, and_withdraw: bool = True) -> bool:
        """Close the file; return whether nobody reads it any more."""
        if self._order is None:
            return True
        if and_withdraw and self._neighbours is not None:
            self._neighbours.withdraw()
        is_free = self._without_readers()
        # A file that is no longer in its place has a log of the same name as the one that is.
        if self._path is not None and _inode(self._path) == self._inode:
            self._checkpoint()
        with suppress(duckdb.Error):
            detach(self._connection)
        self._order = self._path = self._inode = None
        self._is_closing = False
        return is_free

    def _checkpoint(self) -> None:
        try:
            self._connection.execute(f"checkpoint {ALIAS}")
        except duckdb.Error as error:
            log.debug("the replica's log is not emptied: %s", error)

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


def _inode(path: Path | None) -> tuple[int, int] | None:
    try:
        found = None if path is None else path.lstat()
    except OSError:
        return None
    return None if found is None else (found.st_dev, found.st_ino)
