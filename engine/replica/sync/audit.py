"""Compares rows of the replica with the source, and repairs those that differ.

Each run compares slices of some tables, after the sync and in its snapshot: a row that differs then is one
that no sync has noticed. Slices follow one another by row id. A pass that reaches the last row verifies the
table as of the pass's beginning.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import duckdb

from engine.model.catalogue.staging import FULL, StagedTable
from engine.model.text.quoting import quote_identifier
from engine.replica.source import is_beyond_a_table
from engine.replica.sync.bounds import Slice
from engine.replica.sync.fetch import between, replica_rows
from engine.replica.sync.fetched import read_odd_rows_again
from engine.replica.sync.snapshot import SyncSnapshot
from engine.replica.sync.state import Identity, TableState
from engine.replica.sync.survey import SourceTable
from engine.replica.sync.tables import UnreadableTable

log = logging.getLogger(__name__)

# A run's audit may take this share of the last run's sync time, and no sync counts as longer than this.
AUDIT_SHARE = 0.1
LONGEST_SYNC_MS = 500.0
MICROSECONDS_A_ROW = 5
LEAST_ROWS = 100
# Planning the comparison of a table takes longer than comparing a few of its rows.
TABLES_A_RUN = 3
FULL_AUDIT_ROWS = 100_000


def slices_to_audit(
    states: Mapping[str, TableState], rows: Mapping[str, int], identity: Identity
) -> dict[str, Slice]:
    """Return the slices that a run compares. A larger table has a larger slice, so all passes take as long.

    Every run compares small tables whole. The other tables take turns.
    """
    small = {name for name in states if rows[name] <= LEAST_ROWS}
    names = sorted(set(states) - small)
    first = identity.syncs * TABLES_A_RUN
    chosen = {names[place % len(names)] for place in range(first, first + TABLES_A_RUN)} if names else set()
    budget = AUDIT_SHARE * min(identity.sync_ms, LONGEST_SYNC_MS) * 1000 / MICROSECONDS_A_ROW
    total = max(1, sum(rows.values()))
    turns = max(1.0, len(names) / TABLES_A_RUN)
    return {
        name: Slice(states[name].audited_through, int(turns * max(LEAST_ROWS, budget * rows[name] / total)))
        for name in sorted(chosen | small)
    }


def begin_pass(state: TableState, at: datetime) -> TableState:
    """Return the state at the beginning of a pass."""
    return replace(state, audited_through=None, audited_rows=0, pass_started_at=at)


def audit_slice(
    snapshot: SyncSnapshot,
    staged: StagedTable,
    table: SourceTable,
    state: TableState,
    *,
    until: int | None,
    rows: int,
    fast: bool = False,
    is_empty: bool = False,
) -> tuple[TableState, int]:
    """Compare a table's next rows; return its new state and how many rows were repaired.

    The slice has ``rows`` rows and ends at the id ``until``; None means at the last row. A table that
    ``is_empty`` has no rows in the source, nor in the replica, as its sync has counted. Raises
    UnreadableTable, and DuckDB's own error if the file is at fault or if the fast way fails.
    """
    if table.sync_of(staged) == FULL:
        return replace(state, verified_at=snapshot.started_at), 0
    state = state if state.pass_started_at is not None else begin_pass(state, snapshot.started_at)
    try:
        repaired = (
            0 if is_empty else _compare(snapshot, staged, table, state.audited_through, until, fast=fast)
        )
    except duckdb.Error as error:
        if is_beyond_a_table(error) or fast:
            raise
        raise UnreadableTable(staged, error) from error
    if repaired:
        log.warning("%d rows of %s differed from the source and were repaired", repaired, table.name)
    if until is not None:
        return replace(state, audited_through=until, audited_rows=state.audited_rows + rows), repaired
    return (
        replace(
            state,
            verified_at=state.pass_started_at,
            pass_started_at=None,
            audited_through=None,
            audited_rows=0,
        ),
        repaired,
    )


def _compare(
    snapshot: SyncSnapshot,
    staged: StagedTable,
    table: SourceTable,
    after: int | None,
    until: int | None,
    *,
    fast: bool,
) -> int:
    """Compare and repair the rows with ids above ``after``, up to ``until``; return how many differed."""
    scope = between("source_rowid", after, until)
    wanted = f"where {between(table.sql_rowid, after, until)}"
    rows = replica_rows(snapshot.source, staged, table, wanted, fast=fast)
    columns = ", ".join(["source_rowid", *(column.name for column in table.present(staged)), "unreadable"])
    if fast:
        snapshot.changes.fetch(rows)
        read_odd_rows_again(snapshot, staged, table)
        rows = "from temp.fetched"
    differing = snapshot.numbers(
        "select count(*) from (select 1 from"
        f" (select *, 1 as side from ({rows})"
        f" union all select *, -1 from {quote_identifier(staged.name)} where {scope})"
        f" group by {columns} having sum(side) <> 0)"
    )
    if differing == [0]:
        return 0
    if fast:
        return snapshot.changes.replace_by_fetched(staged.name, scope)
    return snapshot.changes.replace(staged.name, rows, scope)
