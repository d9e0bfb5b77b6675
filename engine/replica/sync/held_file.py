"""Keeps the replica's file attached from one run to the next, and compact.

One process holds the file at a time. A file that stays locked is made again, as one that is damaged.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

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
from engine.replica.sync.held import HeldReplica, Neighbours, Order

log = logging.getLogger(__name__)


class ReplicaFile(HeldReplica):
    """The replica's file, or a replica in memory that ends with its order."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, neighbours: Neighbours | None = None) -> None:
        super().__init__(connection, neighbours)
        self._path: Path | None = None
        self._inode: tuple[int, int] | None = None

    @contextmanager
    def opened(self, order: Order) -> Iterator[None]:
        """Make the replica the connection's default database for a run. Raises ComputeError."""
        with self._in_memory(order) if order.replica is None else super().opened(order):
            yield

    @contextmanager
    def _in_memory(self, order: Order) -> Iterator[None]:
        self.close()
        attach_memory(self._connection, order.db)
        try:
            self._connection.execute(f"use {ALIAS}")
            yield
        finally:
            detach(self._connection)

    def _open(self, order: Order) -> None:
        assert order.replica is not None
        attach_file(self._connection, order.replica, order.db)
        self._note_open(order)

    def _open_usable(self, order: Order) -> bool:
        assert order.replica is not None
        if not attach_usable(self._connection, order.replica, order.db):
            return False
        self._note_open(order)
        return True

    def _note_open(self, order: Order) -> None:
        self._path = order.replica
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
            self._open(order)
            self._order = order

    def renew(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Do nothing: each statement of a dataset is a transaction of its own."""

    def _let_go(self) -> None:
        # A file that is no longer in its place has a log of the same name as the one that is.
        if self._path is not None and _inode(self._path) == self._inode:
            self._checkpoint()
        with suppress(duckdb.Error):
            detach(self._connection)
        self._path = self._inode = None

    def _checkpoint(self) -> None:
        try:
            self._connection.execute(f"checkpoint {ALIAS}")
        except duckdb.Error as error:
            log.debug("the replica's log is not emptied: %s", error)


def _inode(path: Path | None) -> tuple[int, int] | None:
    try:
        found = None if path is None else path.lstat()
    except OSError:
        return None
    return None if found is None else (found.st_dev, found.st_ino)
