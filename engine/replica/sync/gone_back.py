"""Whether an older state of the source was written into its file, as ``cp`` and rsync do.

The token shows it if it is in the source. If the token is in a store apart, the rows must: the source has
lost what a sync has seen. It looks the same if the newest row of all was deleted; then every row is
compared once, and all are as they were.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import duckdb

from engine.model.catalogue.staging import APPEND, INCREMENTAL, StagedTable
from engine.model.text.quoting import quote_identifier
from engine.replica.source import Source, is_beyond_a_table
from engine.replica.sync.candidates import watched_stamp
from engine.replica.sync.cursor import FURTHEST_AHEAD, changed_since
from engine.replica.sync.state import TableState, read_states, write_states
from engine.replica.sync.survey import SourceTable
from engine.replica.sync.tables import UnreadableTable


def has_gone_back(
    source: Source, tables: Mapping[StagedTable, SourceTable], states: Mapping[str, TableState]
) -> bool:
    """Return whether a table of the source has no longer what the last sync has seen: its ids, its stamps.

    It asks for the highest id of the tables that are appended to, and for the newest stamp of the others.
    Raises UnreadableTable.
    """
    for staged, table in tables.items():
        state = states.get(staged.name)
        if state is None or not state.is_complete or table.is_view:
            continue
        if (table.autoincrement_id or 0) < (state.autoincrement_id or 0):
            return True
        try:
            if any(source.value(f"select {lost}") == "1" for lost in _losses(staged, table, state)):
                return True
        except duckdb.Error as error:
            if is_beyond_a_table(error):
                raise
            raise UnreadableTable(staged, error) from error
    return False


def forget_newest_changes(connection: duckdb.DuckDBPyConnection) -> None:
    """Have the next sync look for each table's newest stamp again, as what was seen may be lost for good."""
    states = read_states(connection)
    write_states(connection, {name: replace(state, newest_change=None) for name, state in states.items()})


def _losses(staged: StagedTable, table: SourceTable, state: TableState) -> Iterator[str]:
    """Yield SQL that is 1 if the table has lost its newest rows."""
    if staged.sync == APPEND and table.rowid is not None and state.watermark is not None:
        yield f"coalesce(max({table.sql_rowid}), 0) < {state.watermark} from {table.sql_name}"
    column = table.column(staged.cursor) if staged.cursor else None
    if staged.sync != INCREMENTAL or column is None or watched_stamp(staged, table) is None:
        return
    if state.newest_change is not None:
        until = max(filter(None, (state.newest_change, state.synced_at))) + FURTHEST_AHEAD
        quoted = quote_identifier(column.name)
        exists = (
            f"exists (select 1 from {table.sql_name} where {condition})"
            for condition in changed_since(quoted, state.newest_change, until)
        )
        yield f"not ({' or '.join(exists)})"
