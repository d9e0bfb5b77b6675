"""The engine process's DuckDB: one instance for all runs, replaced after an error.

Between runs it has no file attached or open.
"""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path

import duckdb

from engine.model.results import RunOrder
from engine.replica.source import connect_duckdb


class DuckDBSession:
    """Owns the DuckDB connection that orders are computed on."""

    def __init__(self) -> None:
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._made_for: tuple[object, ...] = ()

    def connection(self, order: RunOrder) -> duckdb.DuckDBPyConnection:
        """Return the connection; opens a new one if the memory limit or the replica differs."""
        spill_dir = self._spill_dir(order.replica)
        wanted = (order.memory_limit_bytes, spill_dir, order.replica)
        if self._connection is None or self._made_for != wanted:
            self.close()
            _delete_spilled(spill_dir)
            self._connection = connect_duckdb(*wanted)
            self._made_for = wanted
        return self._connection

    def close(self) -> None:
        """Close the instance and all its files. The next order gets a new one."""
        if self._connection is not None:
            with suppress(duckdb.Error):
                self._connection.close()
        self._connection = None

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
