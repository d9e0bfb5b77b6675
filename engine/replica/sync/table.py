"""Syncs one replica table within one snapshot, at a cost that follows the changes.

Afterwards the table equals the source's if the writer appends ids in order, stamps its changes by the clock,
and changes appended rows only while they are open. Other changes are noticed here if the lowest or highest id
or the number of rows shows them, and by the audit otherwise.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import duckdb

from engine.model.catalogue.staging import FULL, INCREMENTAL, StagedTable
from engine.model.source_file.change_triggers import CHANGE_LOG
from engine.model.text.quoting import quote_identifier, quote_literal
from engine.replica.source import is_beyond_a_table
from engine.replica.sync.bounds import Bounds
from engine.replica.sync.candidates import RowsToRead, changed_rows, new_rows, watched_stamp
from engine.replica.sync.fetch import EVERY_ROW, raw_digest, replica_rows, rows_of, rows_of_any
from engine.replica.sync.fetched import fetch_rows
from engine.replica.sync.snapshot import SyncSnapshot
from engine.replica.sync.source_metadata import newest_stamp
from engine.replica.sync.state import TableState
from engine.replica.sync.survey import SourceTable
from engine.replica.sync.tables import UnreadableTable

# A statement with more ids would be too long for SQLite.
IDS_A_STATEMENT = 50_000
# So few rows are compared inside SQLite first, because they are often the same as at the last sync.
MOST_DIGESTED_ROWS = 200


def sync_table(
    snapshot: SyncSnapshot, staged: StagedTable, table: SourceTable, state: TableState, bounds: Bounds | None
) -> TableState:
    """Sync one table and return its new state.

    Raises UnreadableTable, FastWayFails, and DuckDB's own error if the file itself is at fault.
    """
    try:
        if bounds is None:
            _sync_full(snapshot, staged, table)
            return replace(
                state, schema_version=table.schema_version, is_complete=True, synced_at=snapshot.started_at
            )
        return _sync_by_id(snapshot, staged, table, state, bounds)
    except duckdb.Error as error:
        if is_beyond_a_table(error):
            raise
        raise UnreadableTable(staged, error) from error


def _sync_full(snapshot: SyncSnapshot, staged: StagedTable, table: SourceTable) -> None:
    """Read all of a table whose rows have no ids, because equal rows cannot be distinguished."""
    snapshot.changes.replace_whole(staged.name, replica_rows(snapshot.source, staged, table))


def _sync_by_id(
    snapshot: SyncSnapshot, staged: StagedTable, table: SourceTable, state: TableState, bounds: Bounds
) -> TableState:
    read = replace(state, digest=None, rows_read=0)
    # A table that has no rows, and had none, is not asked for those that have changed.
    if bounds.rows != 0 or state.watermark is not None:
        read = _read_changes(snapshot, staged, table, state, bounds)
    if bounds.rows is not None and bounds.rows != _count(snapshot, staged):
        _reconcile(snapshot, staged, table)
    return replace(
        read,
        schema_version=table.schema_version,
        autoincrement_id=table.autoincrement_id,
        watermark=bounds.highest,
        lowest=bounds.lowest,
        is_complete=True,
        synced_at=snapshot.started_at,
        newest_change=_newest_change(snapshot, staged, table, state),
        log_through=snapshot.log_through if table.is_logged else None,
    )


def _read_changes(
    snapshot: SyncSnapshot, staged: StagedTable, table: SourceTable, state: TableState, bounds: Bounds
) -> TableState:
    """Read the rows that are new or may have changed, delete those beyond the ends; return the new state."""
    _remove_beyond(snapshot, staged, state, bounds)
    only_new = wanted = RowsToRead(tuple(new_rows(table, state, bounds)))
    if table.is_logged:
        _sync_logged(snapshot, staged, table, state)
    elif staged.sync != FULL:
        changed, state = changed_rows(snapshot, staged, table, state)
        wanted = RowsToRead((*wanted.conditions, *changed.conditions), changed.selects)
    if wanted.conditions and wanted == only_new and not table.is_logged and staged.sync != FULL:
        # The replica has no row with these ids.
        rows = rows_of_any(table, wanted.conditions)
        snapshot.changes.add(staged.name, replica_rows(snapshot.source, staged, table, rows))
    elif wanted.conditions or wanted.selects or staged.sync == FULL:
        rows = EVERY_ROW if staged.sync == FULL else rows_of_any(table, wanted.conditions, wanted.selects)
        return _take_rows(snapshot, staged, table, state, rows)
    return replace(state, digest=None, rows_read=0)


def _take_rows(
    snapshot: SyncSnapshot, staged: StagedTable, table: SourceTable, state: TableState, rows: str
) -> TableState:
    """Read and store rows unless they equal those of the last sync; return the state with their digest."""
    # If the last sync read many rows, a digest of a few would be useless.
    if state.rows_read <= MOST_DIGESTED_ROWS:
        digest = raw_digest(snapshot.source, staged, table, rows, MOST_DIGESTED_ROWS)
        if digest is not None and digest == state.digest:
            return state
    else:
        digest = None
    count, of_fetched = fetch_rows(snapshot, staged, table, rows)
    if of_fetched != state.digest:
        if staged.sync == FULL:
            snapshot.changes.replace_by_fetched(staged.name, "true")
        else:
            stamp = watched_stamp(staged, table) if staged.sync == INCREMENTAL else None
            snapshot.changes.take_fetched(staged.name, None if stamp is None else stamp.name)
    return replace(state, digest=digest or of_fetched, rows_read=count)


def _count(snapshot: SyncSnapshot, staged: StagedTable) -> int:
    return snapshot.numbers(f"select count(*) from {quote_identifier(staged.name)}")[0]


def _remove_beyond(snapshot: SyncSnapshot, staged: StagedTable, state: TableState, bounds: Bounds) -> None:
    if bounds.highest is None or bounds.lowest is None:
        if state.watermark is not None:
            snapshot.changes.remove(staged.name, "true")
        return
    if state.watermark is not None and bounds.highest < state.watermark:
        snapshot.changes.remove(staged.name, f"source_rowid > {bounds.highest}")
    if state.lowest is not None and bounds.lowest > state.lowest:
        snapshot.changes.remove(staged.name, f"source_rowid < {bounds.lowest}")


def _sync_logged(snapshot: SyncSnapshot, staged: StagedTable, table: SourceTable, state: TableState) -> None:
    """Read again the rows that the change log names; delete those that are gone."""
    noted = snapshot.source.rows(
        f"select distinct row_id from {CHANGE_LOG} where id > {state.log_through or 0}"
        f" and table_name = {quote_literal(staged.source_table)} order by row_id"
    )
    _read_rows(snapshot, staged, table, [int(rowid or 0) for (rowid,) in noted])


def _read_rows(snapshot: SyncSnapshot, staged: StagedTable, table: SourceTable, ids: list[int]) -> None:
    for start in range(0, len(ids), IDS_A_STATEMENT):
        some = ids[start : start + IDS_A_STATEMENT]
        rows = replica_rows(snapshot.source, staged, table, rows_of(table, some))
        snapshot.changes.replace(staged.name, rows, f"source_rowid in ({','.join(map(str, some))})")


def _reconcile(snapshot: SyncSnapshot, staged: StagedTable, table: SourceTable) -> None:
    """Compare all ids of the source with the replica's; read the missing rows and delete the others."""
    name = quote_identifier(staged.name)
    ids = snapshot.source.query(f"select {table.sql_rowid} as id from {table.sql_name}")
    snapshot.connection.execute(
        f"create or replace temp table source_ids as select cast(id as bigint) as id from {ids}"
    )
    snapshot.changes.remove(staged.name, "source_rowid not in (select id from temp.source_ids)")
    unseen = snapshot.numbers(
        f"select id from temp.source_ids where id not in (select source_rowid from {name}) order by 1"
    )
    snapshot.connection.execute("drop table temp.source_ids")
    _read_rows(snapshot, staged, table, unseen)


def _newest_change(
    snapshot: SyncSnapshot, staged: StagedTable, table: SourceTable, state: TableState
) -> datetime | None:
    """Return the newest stamp seen that is not later than the clock; None if there is none."""
    stamp = watched_stamp(staged, table)
    change = snapshot.changes.by_table.get(staged.name)
    if stamp is None:
        return None
    is_known = state.is_complete and state.newest_change is not None
    if is_known and not (change and change.added):
        return state.newest_change
    # Before the first sync no changes are recorded, so the whole table is searched.
    added, whole = quote_identifier(f"added_{staged.name}"), quote_identifier(staged.name)
    rows = f"temp.{added}" if is_known else whole
    newest, _ = newest_stamp(snapshot.connection, rows, [stamp.name], snapshot.started_at)
    return max(filter(None, (newest, state.newest_change)), default=None)
