"""The engine process's DuckDB: one instance for all runs, replaced after an error, and its replica."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from engine.model.places.lake import Lake
from engine.model.places.postgres_address import PostgresAddress
from engine.model.values.orders import HoldOrder, RunOrder
from engine.replica.postgres.source import ServerToRead
from engine.replica.source import connect_duckdb
from engine.replica.sync.file import delete_replica
from engine.replica.sync.held import HeldReplica, Neighbours
from engine.replica.sync.held_file import ReplicaFile

if TYPE_CHECKING:
    from engine.replica.lake.catalog import Claim


class DuckDBSession:
    """Owns the DuckDB connection that orders are computed on.

    Whoever uses the connection, or closes the replica, holds ``lock``; reading the replica needs none.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.neighbours: Neighbours | None = None
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._replica: HeldReplica | None = None
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._made_for: tuple[object, ...] = ()
        self._claim: Claim | None = None
        self._fence: int | None = None
        self._lake: Lake | None = None

    @property
    def replica(self) -> HeldReplica | None:
        """Return where the latest connection keeps its replica; None if there is no connection."""
        return self._replica

    @contextmanager
    def writing(self, order: RunOrder) -> Iterator[None]:
        """Have the right to write the order's replica for the block. Raises ComputeError.

        A file is its run lock's; a lake may be another machine's too.
        """
        if order.lake is None:
            yield
            return
        # What talks to PostgreSQL takes a while to import.
        from engine.replica.lake.catalog import claimed

        # The numbers of two lakes may be the same.
        own_fence = self._fence if self._lake == order.lake else None
        with claimed(order.lake, own_fence) as claim:
            self._claim = claim
            try:
                yield
            finally:
                self._claim = None

    def connection(self, order: RunOrder) -> tuple[duckdb.DuckDBPyConnection, HeldReplica]:
        """Return the connection and its replica; opens new ones if a limit or the replica differs.

        The caller is ``writing``. Raises ComputeError.
        """
        return self._opened(order, self._claim)

    def hold(self, order: HoldOrder) -> bool:
        """Open the replica as it is, and keep it open; return whether there is one that can be used."""
        claim = None
        if order.lake is not None:
            from engine.replica.lake.catalog import claim_to_read

            claim = claim_to_read(order.lake)
            if claim is None:
                return False
        _, replica = self._opened(order, claim)
        return replica.hold(order)

    def discard(self, order: RunOrder) -> None:
        """Close the replica, and delete what it consists of."""
        self.close()
        if self._claim is not None:
            self._claim.drop_tables()
        elif order.replica is not None:
            delete_replica(order.replica)

    def _opened(
        self, order: RunOrder | HoldOrder, claim: Claim | None
    ) -> tuple[duckdb.DuckDBPyConnection, HeldReplica]:
        spill_dir = self._spill_dir(order.replica)
        servers = (ServerToRead(order.db),) if isinstance(order.db, PostgresAddress) else ()
        # An open DuckDB is locked, so another number of threads takes a new one.
        has_one_thread = claim is not None and claim.has_one_thread
        wanted = (order.memory_limit_bytes, spill_dir, order.replica, order.lake, servers, has_one_thread)
        is_fenced = claim is not None and claim.fence not in (0, self._fence)
        if self._connection is None or self._replica is None or self._made_for != wanted or is_fenced:
            self.close()
            _delete_spilled(spill_dir)
            if claim is None:
                self._connection = connect_duckdb(
                    order.memory_limit_bytes, spill_dir, order.replica, *servers
                )
                self._replica = ReplicaFile(self._connection, self.neighbours)
            else:
                self._open_lake(order, spill_dir, claim, servers)
            self._made_for = wanted
        assert self._connection is not None and self._replica is not None
        self._replica.claim = claim
        return self._connection, self._replica

    def _open_lake(
        self,
        order: RunOrder | HoldOrder,
        spill_dir: Path,
        claim: Claim,
        servers: tuple[ServerToRead, ...],
    ) -> None:
        from engine.replica.lake.attach import LakeToOpen
        from engine.replica.lake.held import LakeReplica

        self._connection = connect_duckdb(
            order.memory_limit_bytes, spill_dir, order.replica, *servers, LakeToOpen(claim)
        )
        self._replica = LakeReplica(self._connection, self.neighbours)
        self._fence, self._lake = claim.fence, claim.lake
        if claim.fence:
            claim.protect()

    def close(self) -> None:
        """Close the instance and all its files. The next order gets a new one."""
        if self._replica is not None:
            self._replica.close()
        if self._connection is not None:
            with suppress(duckdb.Error):
                self._connection.close()
        self._connection = self._replica = self._fence = None

    def _spill_dir(self, replica: Path | None) -> Path:
        """Return the folder for data that does not fit into memory. DuckDB makes it when needed."""
        if replica is None:
            # Others may write beside it, but cannot guess its name.
            self._temporary = self._temporary or tempfile.TemporaryDirectory(prefix="dashboard-")
            return Path(self._temporary.name)
        folder = replica.with_name(replica.name + ".spill")
        if folder.is_symlink():
            folder.unlink()
        return folder


def _delete_spilled(folder: Path) -> None:
    """Delete what a process that was killed had spilled. The caller's run is the only one under way."""
    for path in folder.glob("duckdb_temp_*"):
        with suppress(OSError):
            path.unlink()
