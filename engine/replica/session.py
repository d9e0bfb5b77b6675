"""The engine process's DuckDB: one instance for all runs, replaced after an error, and its replica."""

from __future__ import annotations

import tempfile
import threading
from contextlib import suppress
from pathlib import Path

import duckdb

from engine.model.results import HoldOrder, RunOrder
from engine.replica.source import connect_duckdb
from engine.replica.sync.held import Neighbours, ReplicaFile


class DuckDBSession:
    """Owns the DuckDB connection that orders are computed on.

    Whoever uses the connection, or closes the replica, holds ``lock``; reading the replica needs none.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.neighbours: Neighbours | None = None
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._replica: ReplicaFile | None = None
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._made_for: tuple[object, ...] = ()

    @property
    def replica(self) -> ReplicaFile | None:
        """Return where the latest connection keeps its replica; None if there is no connection."""
        return self._replica

    def connection(self, order: RunOrder | HoldOrder) -> tuple[duckdb.DuckDBPyConnection, ReplicaFile]:
        """Return the connection and its replica; opens new ones if the limit or the replica differs."""
        spill_dir = self._spill_dir(order.replica)
        wanted = (order.memory_limit_bytes, spill_dir, order.replica)
        if self._connection is None or self._replica is None or self._made_for != wanted:
            self.close()
            _delete_spilled(spill_dir)
            self._connection = connect_duckdb(*wanted)
            self._replica = ReplicaFile(self._connection, self.neighbours)
            self._made_for = wanted
        return self._connection, self._replica

    def close(self) -> None:
        """Close the instance and all its files. The next order gets a new one."""
        if self._replica is not None:
            self._replica.close()
        if self._connection is not None:
            with suppress(duckdb.Error):
                self._connection.close()
        self._connection = self._replica = None

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
