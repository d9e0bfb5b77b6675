"""Fills ``temp.fetched`` with rows of the source: the fast way, and exactly where that cannot read a value.

A read that DuckDB refuses the fast way ends the snapshot; the sync begins once more, and reads exactly.
"""

from __future__ import annotations

import duckdb

from engine.model.catalogue.staging import StagedTable
from engine.replica.source import is_beyond_a_table
from engine.replica.sync.fetch import replica_rows, rows_of
from engine.replica.sync.snapshot import SyncSnapshot
from engine.replica.sync.survey import SourceTable


class FastWayFails(Exception):
    """Changed rows of the table ``name`` cannot be read the fast way; the failure has ended the snapshot."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)


def fetch_rows(snapshot: SyncSnapshot, staged: StagedTable, table: SourceTable, rows: str) -> tuple[int, str]:
    """Store some rows in ``temp.fetched``; return how many they are, and their digest.

    Raises FastWayFails, unless the snapshot reads this table exactly, and DuckDB's own error if a file is
    at fault.
    """
    exactly = staged.name in snapshot.read_exactly
    try:
        count = snapshot.changes.fetch(replica_rows(snapshot.source, staged, table, rows, fast=not exactly))
    except duckdb.Error as error:
        if exactly or is_beyond_a_table(error):
            raise
        raise FastWayFails(staged.name) from error
    if not exactly:
        read_odd_rows_again(snapshot, staged, table)
    return count, snapshot.changes.digest_of_fetched()


def read_odd_rows_again(snapshot: SyncSnapshot, staged: StagedTable, table: SourceTable) -> None:
    """Read those rows of ``temp.fetched`` exactly that have a value which the fast way cannot read."""
    odd = snapshot.numbers("select source_rowid from temp.fetched where unreadable > 0 order by 1")
    if odd:
        snapshot.connection.execute("delete from temp.fetched where unreadable > 0")
        snapshot.connection.execute(
            f"insert into temp.fetched {replica_rows(snapshot.source, staged, table, rows_of(table, odd))}"
        )
