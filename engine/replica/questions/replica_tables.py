"""What a question needs to know of the replica's tables: whether they are whole, of when, their columns."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import duckdb

from engine.model.catalogue.staging import staging
from engine.model.errors import DashboardError
from engine.model.text.quoting import quote_identifier
from engine.replica.sync.state import TableState, read_identity, read_states


class ReplicaTables:
    """The tables of the replica as one cursor's transaction sees them."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self.cursor = cursor
        self._states = read_states(cursor)
        self._columns: dict[str, list[str]] = {}
        self._are_rollups_due: bool | None = None

    def state(self, name: str) -> TableState:
        """Return the state of a staged table. Raises DashboardError if it is not there, or not whole yet."""
        state = self._states.get(name)
        if state is None:
            source_table = staging()[name].source_table
            raise DashboardError(f"table {source_table}", "it is missing, or not read yet", "try again later")
        if not state.is_complete:
            raise DashboardError(f"table {name}", "it is being copied", "try again when the run has ended")
        return state

    def has(self, *names: str) -> bool:
        """Return whether some tables are there as a whole."""
        return all(name in self._states and self._states[name].is_complete for name in names)

    def as_of(self, *names: str) -> datetime | None:
        """Return the clock just before the snapshot that the named tables are of; None for no table."""
        times = [state.synced_at for name in names if (state := self._states.get(name)) and state.synced_at]
        return min(times, default=None)

    def are_rollups_due(self) -> bool:
        """Return whether the rollups do not include the last sync."""
        if self._are_rollups_due is None:
            identity = read_identity(self.cursor)
            self._are_rollups_due = identity is None or identity.are_rollups_due
        return self._are_rollups_due

    def require_rollups(self) -> None:
        """Raise DashboardError while the rollups do not include the last sync."""
        if self.are_rollups_due():
            raise DashboardError(
                "the replica", "a run is bringing it up to date", "try again when it has ended"
            )

    def have_ids(self, name: str) -> bool:
        """Return whether all rows of a staged table have an id."""
        return not self.rows(
            f"select 1 from main.{quote_identifier(name)} where source_rowid is null limit 1"
        )

    def columns(self, name: str) -> list[str]:
        """Return the columns of a staged table that the replica has."""
        if name not in self._columns:
            described = self.cursor.execute(f"from main.{quote_identifier(name)} limit 0").description or []
            self._columns[name] = [column for column, *_ in described]
        return self._columns[name]

    def whole(self, name: str) -> str:
        """Return the query of a staged table with all its columns; those that the source lacks are null."""
        self.state(name)
        present = self.columns(name)
        absent = "".join(
            f", cast(null as {column.type}) as {column.name}"
            for column in staging()[name].columns
            if column.name not in present
        )
        return f"select *{absent} from main.{quote_identifier(name)}"

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self.cursor.execute(sql).fetchall()

    def number(self, sql: str) -> int:
        """Return the one number of a query."""
        return int(self.rows(sql)[0][0])
