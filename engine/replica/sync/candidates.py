"""Finds the candidates of a sync: the rows of a source table that are new or may have changed.

They are described by conditions that SQLite answers from the table's tree or one index each.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from engine.model.catalogue.staging import INCREMENTAL, StagedColumn, StagedTable
from engine.model.text.quoting import quote_identifier
from engine.replica.sync.bounds import Bounds
from engine.replica.sync.cursor import FURTHEST_AHEAD, changed_since, cursor_after
from engine.replica.sync.late import ChangeStamps, late_rows
from engine.replica.sync.open_rows import open_rows
from engine.replica.sync.snapshot import SyncSnapshot
from engine.replica.sync.state import TableState
from engine.replica.sync.survey import SourceTable

# If more rows than these have no readable stamp, the audit compares them.
MOST_UNSTAMPED_ROWS = 1_000


@dataclass(frozen=True)
class RowsToRead:
    """Rows of a source table that meet one of the conditions, or whose ids one of the selects returns."""

    conditions: tuple[str, ...] = ()
    selects: tuple[str, ...] = ()


def new_rows(table: SourceTable, state: TableState, bounds: Bounds) -> Iterable[str]:
    """Yield the conditions for rows whose ids lie outside the range of the ids already copied."""
    if bounds.highest is None or bounds.lowest is None:
        return
    if state.watermark is None or state.lowest is None:
        yield "true"
        return
    if bounds.highest > state.watermark:
        yield f"{table.sql_rowid} > {state.watermark}"
    if bounds.lowest < state.lowest:
        yield f"{table.sql_rowid} < {state.lowest}"


def changed_rows(
    snapshot: SyncSnapshot, staged: StagedTable, table: SourceTable, state: TableState
) -> tuple[RowsToRead, TableState]:
    """Return the rows that may have changed, by the table's ``sync``, and the state after reading them."""
    name = quote_identifier(staged.name)
    if staged.sync == INCREMENTAL and staged.cursor is not None:
        column = table.column(staged.cursor)
        stamp = watched_stamp(staged, table)
        if column is None or stamp is None or state.synced_at is None:
            return RowsToRead(), state
        cursor = cursor_after(snapshot.started_at, state.synced_at, state.newest_change)
        unstamped = snapshot.numbers(
            f"select source_rowid from {name} where {stamp.name} is null limit {MOST_UNSTAMPED_ROWS + 1}"
        )
        again = _by_id(table, unstamped) if len(unstamped) <= MOST_UNSTAMPED_ROWS else []
        quoted = quote_identifier(column.name)
        until = max(snapshot.started_at, state.synced_at) + FURTHEST_AHEAD
        conditions = (*changed_since(quoted, cursor, until), *again)
        if not snapshot.reads_late_rows:
            return RowsToRead(conditions), state
        late = late_rows(snapshot.source, ChangeStamps(table, quoted, cursor, until), state.late_turn)
        return RowsToRead(conditions, late.selects), replace(state, late_turn=late.turn)
    opened, below = open_rows(snapshot, staged, table, state.open_below)
    return RowsToRead(tuple(_resolved(snapshot, table, opened))), replace(state, open_below=below)


def _resolved(snapshot: SyncSnapshot, table: SourceTable, conditions: Iterable[str]) -> list[str]:
    """Return the condition for the rows that meet one of several, found once because that takes a while."""
    found = " union all ".join(
        f"select {table.sql_rowid} from {table.sql_name} where {condition}" for condition in conditions
    )
    return _by_id(table, [int(rowid or 0) for (rowid,) in snapshot.source.rows(found)]) if found else []


def _by_id(table: SourceTable, ids: list[int]) -> list[str]:
    return [f"{table.sql_rowid} in ({','.join(map(str, ids))})"] if ids else []


def watched_stamp(staged: StagedTable, table: SourceTable) -> StagedColumn | None:
    """Return the replica column with the stamps of changes; None if there is none."""
    stamp = staged.change_stamp()
    return stamp if stamp in table.present(staged) else None
