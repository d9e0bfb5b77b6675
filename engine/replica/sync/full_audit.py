"""The full audit: compares every row of the replica with the source, in short reads.

Each chunk has its own snapshot, in which the table is synced first. A row that still differs is one that no
sync has noticed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import duckdb

from engine.model.catalogue.staging import FULL, StagedTable
from engine.replica.rollups import refresh_rollups
from engine.replica.source import is_beyond_a_table, source_snapshot
from engine.replica.sync.audit import FULL_AUDIT_ROWS, audit_slice, begin_pass
from engine.replica.sync.bounds import Slice, read_bounds
from engine.replica.sync.changes import Changes
from engine.replica.sync.context import SyncContext
from engine.replica.sync.plan import count_rows, read_change_log
from engine.replica.sync.snapshot import SyncSnapshot
from engine.replica.sync.state import TableState, read_states, write_states
from engine.replica.sync.survey import survey
from engine.replica.sync.table import sync_table
from engine.replica.sync.tables import with_counts


def run_full_audit(context: SyncContext, broken: Mapping[str, str]) -> dict[str, int]:
    """Compare all synced tables with the source; return how many rows were repaired, by table.

    A table that is altered meanwhile is skipped, because the next plan finds it. Raises UnreadableTable.
    """
    states = read_states(context.connection)
    tables = [
        staged
        for staged in context.readable(broken)
        if staged.sync != FULL and staged.name in states and states[staged.name].is_complete
    ]
    total = max(1, sum(count_rows(context.connection, [staged.name for staged in tables]).values()))
    repaired, done = dict.fromkeys((staged.name for staged in tables), 0), 0
    for staged in tables:
        is_begun, fast = False, True
        while True:
            context.report(min(1.0, done / total), f"comparing {staged.source_table} with the source")
            try:
                chunk = _audit_chunk(context, staged, is_begun=is_begun, fast=fast)
            except duckdb.Error as error:
                if is_beyond_a_table(error) or not fast:
                    raise
                fast = False
                continue
            if chunk is None:
                break
            state, differing = chunk
            is_begun, done = True, done + FULL_AUDIT_ROWS
            repaired[staged.name] += differing
            if state.pass_started_at is None:
                break
    return repaired


def _audit_chunk(
    context: SyncContext, staged: StagedTable, *, is_begun: bool, fast: bool
) -> tuple[TableState, int] | None:
    """Compare the next chunk; return the table's state and the rows repaired, None if it was altered."""
    connection = context.connection
    changes = Changes(connection)
    with source_snapshot(connection, context.file) as source:
        table = survey(source, [staged]).get(staged.name)
        state = read_states(connection)[staged.name]
        if table is None or table.rowid is None or table.signature != state.signature:
            return None
        after = state.audited_through if is_begun else None
        # The rows are counted with the first chunk only.
        counted = frozenset() if is_begun else frozenset([staged.name])
        bounds = read_bounds(
            source, {staged.name: table}, counted, {staged.name: Slice(after, FULL_AUDIT_ROWS)}
        )[staged.name]
        log_through = read_change_log(source).highest
        snapshot = SyncSnapshot(source, changes, context.started_at, log_through, reads_late_rows=False)
        state = sync_table(snapshot, staged, table, state, bounds)
        if not is_begun:
            state = begin_pass(state, context.started_at)
        state, repaired = audit_slice(
            snapshot, staged, table, state, until=bounds.slice_end, rows=FULL_AUDIT_ROWS, fast=fast
        )
        if changes.by_table:
            # The next sync sees no change here, so it must search the whole table for its newest stamp.
            change = changes.by_table[staged.name]
            state = with_counts(connection, staged, table.present(staged), state, change)
            state = replace(state, newest_as_of=None)
        refresh_rollups(connection, changes.by_table)
        write_states(connection, {staged.name: state})
    changes.clear()
    return state, repaired
