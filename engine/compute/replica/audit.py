"""Compares the replica with the source, row by row, and repairs what differs.

Each run compares a slice of every table, right after the sync and in its snapshot, so that
whatever differs is what no sync had noticed. Slices follow one another by row id; a pass
that reaches the last one has proved the table as of its beginning.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import duckdb

from engine.compute.replica.fetch import replica_rows, rows_after, rows_of
from engine.compute.replica.state import TableState
from engine.compute.replica.survey import SourceTable
from engine.compute.replica.sync import Sitting
from engine.compute.replica.tables import UnreadableTable
from engine.compute.source import is_about_the_source
from engine.staging import WHOLE, StagedTable

log = logging.getLogger(__name__)

# The share of the time that a run's sync has taken which its audit may add.
AUDIT_SHARE = 0.2
MICROSECONDS_A_ROW = 5
LEAST_ROWS = 100
PROOF_ROWS = 100_000


def slice_rows(rows: Mapping[str, int], sync_ms: float) -> dict[str, int]:
    """Return how many rows of each table a run compares, after a sync that took so long.

    >>> slice_rows({"sites": 1_000, "site_status": 9_000}, sync_ms=250.0)
    {'sites': 1000, 'site_status': 9000}
    """
    budget = AUDIT_SHARE * sync_ms * 1000 / MICROSECONDS_A_ROW
    total = max(1, sum(rows.values()))
    return {name: max(LEAST_ROWS, int(budget * count / total)) for name, count in rows.items()}


def audit_slice(
    sitting: Sitting,
    staged: StagedTable,
    table: SourceTable,
    state: TableState,
    rows: int,
    *,
    fast: bool = False,
) -> tuple[TableState, int]:
    """Compare the next rows of a table; return its new state and how many ids had to be repaired.

    Raises UnreadableTable, and DuckDB's own error where the file itself is at fault.
    """
    if table.kept(staged) == WHOLE:
        return replace(state, proved_at=sitting.started_at), 0
    try:
        return _audit(sitting, staged, table, _begun(state, sitting.started_at), rows=rows, fast=fast)
    except duckdb.Error as error:
        if is_about_the_source(error) or fast:
            raise
        raise UnreadableTable(staged, error) from error


def _begun(state: TableState, at: datetime) -> TableState:
    return state if state.pass_started_at is not None else begin_pass(state, at)


def begin_pass(state: TableState, at: datetime) -> TableState:
    """Return the state in which a pass begins at the first row."""
    return replace(state, audited_through=None, audited_rows=0, pass_started_at=at)


def _audit(
    sitting: Sitting, staged: StagedTable, table: SourceTable, state: TableState, *, rows: int, fast: bool
) -> tuple[TableState, int]:
    connection = sitting.connection
    condition = rows_after(table, state.audited_through, rows)
    row = connection.execute(
        "create or replace temp table fetched as"
        f" {replica_rows(sitting.source, staged, table, condition, fast=fast)}"
    ).fetchone()
    count = 0 if row is None else int(row[0])
    if fast:
        _read_odd_rows_again(sitting, staged, table)
    is_last = count < rows
    highest = None if is_last else sitting.numbers("select max(source_rowid) from temp.fetched")[0]
    after = [] if state.audited_through is None else [f"source_rowid > {state.audited_through}"]
    until = [] if is_last else [f"source_rowid <= {highest}"]
    repaired = sitting.changes.replace_by_fetched(staged.name, " and ".join([*after, *until]) or "true")
    if repaired:
        log.warning("%d rows of %s differed from the source and were repaired", repaired, table.name)
    if is_last:
        proved = replace(
            state, proved_at=state.pass_started_at, pass_started_at=None, audited_through=None, audited_rows=0
        )
        return proved, repaired
    return replace(state, audited_through=highest, audited_rows=state.audited_rows + count), repaired


def _read_odd_rows_again(sitting: Sitting, staged: StagedTable, table: SourceTable) -> None:
    odd = sitting.numbers("select source_rowid from temp.fetched where unreadable > 0 order by 1")
    if odd:
        sitting.connection.execute("delete from temp.fetched where unreadable > 0")
        sitting.connection.execute(
            f"insert into temp.fetched {replica_rows(sitting.source, staged, table, rows_of(table, odd))}"
        )
