"""Which rows of a source table a sync reads: those that are new, and those that may have changed.

Asked as conditions that SQLite answers by its trees and indexes, one for each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from engine.compute.replica.bounds import Bounds
from engine.compute.replica.cursor import changed_since, cursor_after
from engine.compute.replica.sitting import Sitting
from engine.compute.replica.state import TableState
from engine.compute.replica.survey import SourceTable
from engine.quoting import quote_identifier
from engine.staging import CHANGED, StagedColumn, StagedTable

# More single rows than these are left to the audit, newest first asked for.
MOST_OPEN_ROWS = 50_000
MOST_RESTLESS_ROWS = 1_000


def new_rows(table: SourceTable, state: TableState, bounds: Bounds) -> Iterable[str]:
    """Yield the conditions for rows beyond the ids that have been copied."""
    if bounds.highest is None or bounds.lowest is None:
        return
    if state.watermark is None or state.lowest is None:
        yield "true"
        return
    if bounds.highest > state.watermark:
        yield f"{table.sql_rowid} > {state.watermark}"
    if bounds.lowest < state.lowest:
        yield f"{table.sql_rowid} < {state.lowest}"


def changed_rows(sitting: Sitting, staged: StagedTable, table: SourceTable, state: TableState) -> list[str]:
    """Return the conditions for rows that may have changed, by the means of the table's kind."""
    name = quote_identifier(staged.name)
    if staged.kept == CHANGED and staged.changed_at is not None:
        column = table.column(staged.changed_at)
        stamp = watched_stamp(staged, table)
        if column is None or stamp is None or state.synced_at is None:
            return []
        cursor = cursor_after(sitting.started_at, state.synced_at, state.newest_change)
        restless = sitting.numbers(
            f"select source_rowid from {name} where {stamp.name} is null limit {MOST_RESTLESS_ROWS + 1}"
        )
        again = _by_id(table, restless) if len(restless) <= MOST_RESTLESS_ROWS else []
        return [*changed_since(quote_identifier(column.name), cursor), *again]
    if staged.open is None or not _can_ask(staged.open, staged, table):
        return []
    opened = sitting.numbers(
        f"select source_rowid from {name} where {staged.open} order by 1 desc limit {MOST_OPEN_ROWS}"
    )
    closing = table.column(staged.closed_by) if staged.closed_by else None
    only = "" if closing is None else f" and {quote_identifier(closing.name)} is not null"
    return [condition + only for condition in _by_id(table, sorted(opened))]


def _by_id(table: SourceTable, ids: list[int]) -> list[str]:
    return [f"{table.sql_rowid} in ({','.join(map(str, ids))})"] if ids else []


def _can_ask(condition: str, staged: StagedTable, table: SourceTable) -> bool:
    """Tell whether the source has every column that a condition on the replica's columns names."""
    words = set(re.findall(r"\w+", condition))
    return words.isdisjoint(set(staged.column_names()) - {column.name for column in table.present(staged)})


def watched_stamp(staged: StagedTable, table: SourceTable) -> StagedColumn | None:
    """Return the replica column with the stamps of changes; None where there is none."""
    stamp = staged.change_stamp()
    return stamp if stamp in table.present(staged) else None
