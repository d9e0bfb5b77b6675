"""Knows how many rows the rollups have, without counting them: in a lake a count opens all files of a table.

It adds up what is inserted and deleted. The sizes are in the replica, and change with it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import duckdb

from engine.model.text.quoting import quote_literal, value_rows

TABLE = "rollup_sizes"


@dataclass(frozen=True)
class Size:
    """How many rows a rollup has, and how many it had when it was made or compacted."""

    rows: int
    compact_rows: int


class RollupSizes:
    """The sizes of the rollups per row and of the aggregates, during one refresh."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, *, is_made: bool) -> None:
        """Read the sizes; ``is_made`` says whether the replica has the table of them."""
        self._connection = connection
        self._is_made = is_made
        found = (
            connection.execute(f"select name, rows, compact_rows from {TABLE}").fetchall() if is_made else []
        )
        self._stored: dict[str, Size] = {name: Size(rows, compact) for name, rows, compact in found}
        self._sizes = dict(self._stored)

    def of(self, name: str) -> Size:
        """Return the size of a rollup."""
        return self._sizes[name]

    def insert(self, name: str, rows: str) -> None:
        """Insert the rows of a query into a rollup."""
        self._add(name, _count(self._connection, f"insert into {name} {rows}"))

    def delete(self, name: str, condition: str) -> None:
        """Delete the rows of a rollup that meet a condition."""
        # In a lake, searching an empty table takes as long as searching a small one.
        if self._sizes[name].rows:
            self._add(name, -_count(self._connection, f"delete from {name} where {condition}"))

    def note_made(self, name: str) -> None:
        """Note that a rollup has just been made or compacted."""
        rows = _count(self._connection, f"select count(*) from {name}")
        self._sizes[name] = Size(rows, rows)

    def forget(self, name: str) -> None:
        """Forget a rollup that is dropped."""
        self._sizes.pop(name, None)

    def store(self) -> None:
        """Store what has changed."""
        names = {name for name, _ in self._sizes.items() ^ self._stored.items()}
        if not names:
            return
        if not self._is_made:
            self._connection.execute(f"create table {TABLE} (name varchar, rows bigint, compact_rows bigint)")
        listed = ", ".join(map(quote_literal, sorted(names)))
        if names & self._stored.keys():
            self._connection.execute(f"delete from {TABLE} where name in ({listed})")
        kept = sorted(names & self._sizes.keys())
        if kept:
            rows = [(name, self._sizes[name].rows, self._sizes[name].compact_rows) for name in kept]
            self._connection.execute(f"insert into {TABLE} values {value_rows(rows)}")

    def _add(self, name: str, rows: int) -> None:
        size = self._sizes[name]
        self._sizes[name] = replace(size, rows=size.rows + rows)


def _count(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    """Return the one number that a statement gives: how many rows it has changed, or found."""
    found = connection.execute(sql).fetchone()
    assert found is not None
    return int(found[0])
