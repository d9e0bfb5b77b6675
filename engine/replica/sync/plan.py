"""Plans the sync: which tables can be synced, and which must be copied first.

Planning also creates and drops replica tables: afterwards the replica has exactly the source's tables, with
their columns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

import duckdb

from engine.model.catalogue.staging import StagedTable
from engine.model.source_file.change_triggers import CHANGE_LOG
from engine.model.text.quoting import quote_identifier
from engine.model.values.replica_state import source_place
from engine.replica.source import Source
from engine.replica.sync.audit import slices_to_audit
from engine.replica.sync.bounds import SMALL_TABLE_ROWS, Bounds, Slice, read_bounds, tables_to_count
from engine.replica.sync.changes import TableChange
from engine.replica.sync.context import SyncContext
from engine.replica.sync.copy import WORKERS, CopyTask, copy_tables
from engine.replica.sync.cursor import CAUTION
from engine.replica.sync.fetch import create_table_sql
from engine.replica.sync.gone_back import forget_newest_changes, has_gone_back
from engine.replica.sync.state import (
    Identity,
    TableState,
    forget_table,
    read_identity,
    read_states,
    write_identity,
    write_states,
)
from engine.replica.sync.survey import SourceTable, survey

# A table that is further behind than this is copied in chunks before the sync. For a table that was copied
# before the limit is higher, because its rollups are then rebuilt.
COPIED_ABOVE_ROWS = 20_000
COPIED_AGAIN_ABOVE_ROWS = 100_000
# If the change log names more rows than this, copying the tables is faster.
MOST_NOTES = 200_000


@dataclass(frozen=True)
class ChangeLog:
    """The lowest and highest id of the change log; 0 if it is empty or does not exist."""

    lowest: int
    highest: int


@dataclass(frozen=True)
class SyncPlan:
    """What one snapshot of the source and the replica show, and what is to be done.

    ``tasks`` are the tables to copy first; a sync follows when there are none. ``token`` is this replica's
    token as it is stored, None if there is none. ``schema_version`` changes when a table is created or
    altered, and when SQLite restores a backup.
    """

    tables: Mapping[StagedTable, SourceTable]
    states: Mapping[str, TableState]
    identity: Identity
    token: str | None
    schema_version: int
    log: ChangeLog
    bounds: Mapping[str, Bounds]
    slices: Mapping[str, Slice]
    rows: Mapping[str, int]
    tasks: tuple[CopyTask, ...]

    def goes_on_from(self, earlier: SyncPlan) -> bool:
        """Return whether nothing shows that the source was restored since an earlier plan."""
        return (self.token, self.schema_version) == (earlier.token, earlier.schema_version)


def plan_sync(
    context: SyncContext, source: Source, broken: Mapping[str, str], last: SyncPlan | None
) -> SyncPlan:
    """Compare the replica's tables with the source's; create those that are missing, and return the plan.

    ``last`` is the run's plan before this one, None if this is the first. Raises UnreadableTable.
    """
    connection = context.connection
    found = survey(source, context.readable(broken))
    schema_version = int(source.value("select schema_version from pragma_schema_version") or 0)
    identity = read_identity(connection)
    assert identity is not None
    token, is_moved = _token(context, source, identity, schema_version)
    tables = {staged: found[staged.name] for staged in context.readable(broken) if staged.name in found}
    if context.order.tokens is not None and last is None and not is_moved:
        is_moved = has_gone_back(source, tables, read_states(connection))
        if is_moved:
            forget_newest_changes(connection)
    identity = _of_this_source(connection, identity, token, is_moved=is_moved, is_first_plan=last is None)
    states = read_states(connection)
    for name in set(states) - set(found):
        forget_table(connection, name)
        del states[name]
    log = read_change_log(source)
    made = {}
    for staged, table in tables.items():
        if not _goes_on(states.get(staged.name), table, log):
            forget_table(connection, staged.name)
            connection.execute(create_table_sql(staged, table, in_file=context.order.lake is None))
            made[staged.name] = TableState(
                staged.name,
                table.signature,
                table.schema_version,
                synced_at=context.started_at - CAUTION,
                log_through=log.highest if table.is_logged else None,
                verified_at=context.started_at,
            )
    states |= made
    rows = count_rows(connection, found)
    slices = slices_to_audit(states, rows, identity)
    bounds = read_bounds(source, found, tables_to_count(found, states, rows), slices)
    behind = {
        staged: count
        for staged, table in tables.items()
        if table.sync_of(staged) == staged.sync
        and (count := _rows_behind(states[staged.name], bounds.get(staged.name)))
    }
    for staged in behind:
        states[staged.name] = made[staged.name] = replace(states[staged.name], is_complete=False)
    write_states(connection, made)
    tasks = tuple(CopyTask(staged, tables[staged], count) for staged, count in behind.items())
    plan = SyncPlan(tables, states, identity, token, schema_version, log, bounds, slices, rows, tasks)
    if last is not None and not plan.goes_on_from(last) and not identity.is_in_doubt:
        plan = replace(plan, identity=replace(identity, is_in_doubt=True))
        write_identity(connection, plan.identity)
    return plan


def _rows_behind(state: TableState, ends: Bounds | None) -> int:
    """Return about how many rows must be copied; 0 if a sync is enough."""
    if ends is None or ends.highest is None or ends.lowest is None:
        return 0
    behind = ends.highest - (ends.lowest - 1 if state.watermark is None else state.watermark)
    limit = COPIED_AGAIN_ABOVE_ROWS if state.is_complete else COPIED_ABOVE_ROWS
    return behind if behind > limit else 0


def copy_tasks(context: SyncContext, tasks: Collection[CopyTask]) -> None:
    """Copy the tables of a plan's tasks. Raises UnreadableTable."""
    total = max(1, sum(task.rows for task in tasks))
    copy_tables(
        context.connection,
        context.file,
        tasks,
        lambda rows, step: context.report(min(1.0, rows / total), step),
        # Two transactions of a lake cannot both change the table of states.
        workers=WORKERS if context.order.lake is None else 1,
    )


def count_rows(connection: duckdb.DuckDBPyConnection, names: Iterable[str]) -> dict[str, int]:
    """Return the number of rows of replica tables."""
    counts = [f"select '{name}', count(*) from {quote_identifier(name)}" for name in names]
    return dict(connection.execute(" union all ".join(counts)).fetchall()) if counts else {}


def rows_after(
    connection: duckdb.DuckDBPyConnection, before: Mapping[str, int], changed: Mapping[str, TableChange]
) -> dict[str, int]:
    """Return the number of rows of changed replica tables; those that were not reloaded are not counted."""
    reloaded = [name for name, change in changed.items() if change.reloaded]
    return count_rows(connection, reloaded) | {
        name: before[name] + change.added - change.removed
        for name, change in changed.items()
        if not change.reloaded
    }


def _of_this_source(
    connection: duckdb.DuckDBPyConnection,
    identity: Identity,
    token: str | None,
    *,
    is_moved: bool,
    is_first_plan: bool,
) -> Identity:
    """Return the replica's identity as it is for this source, and store it if it differs.

    If the token is that of the last run, the replica follows the source. If it is the token before that,
    either the last run could not be stored, or a backup from before it was restored: then the replica is in
    doubt, as it is if the source ``is_moved``. With any other token the replica is emptied.
    """
    if identity.syncs > 0 and token not in (identity.own_token, identity.seen_token):
        for name in read_states(connection):
            forget_table(connection, name)
        identity = replace(identity, syncs=0, seen_token=None, own_token=None, is_in_doubt=False)
        write_identity(connection, identity)
    elif is_first_plan and not identity.is_in_doubt:
        # An interrupted first build has stored no token in the source.
        is_doubtful = token != identity.own_token if identity.syncs else bool(read_states(connection))
        if is_doubtful or is_moved:
            identity = replace(identity, is_in_doubt=True)
            write_identity(connection, identity)
    return identity


def _token(
    context: SyncContext, source: Source, identity: Identity, schema_version: int
) -> tuple[str | None, bool]:
    """Return this replica's token, None if there is none, and whether it was stored for another place."""
    if context.order.tokens is None:
        return _source_token(source, identity), False
    token, _, place = context.order.tokens.get(identity.token_name, "").partition(" ")
    return token or None, bool(token) and place != source_place(context.file, schema_version)


def _source_token(source: Source, identity: Identity) -> str | None:
    """Return this replica's token in the source; None if there is none."""
    if not source.value("select 1 from sqlite_master where name = 'dashboard_state' and type = 'table'"):
        return None
    return source.value(f"select value from dashboard_state where name = '{identity.token_name}'")


def read_change_log(source: Source) -> ChangeLog:
    """Return the lowest and highest id of the source's change log."""
    if not source.value(f"select 1 from sqlite_master where name = '{CHANGE_LOG}' and type = 'table'"):
        return ChangeLog(0, 0)
    lowest, highest = source.rows(
        f"select (select min(id) from {CHANGE_LOG}), (select max(id) from {CHANGE_LOG})"
    )[0]
    return ChangeLog(int(lowest or 0), int(highest or 0))


def _goes_on(state: TableState | None, table: SourceTable, log: ChangeLog) -> bool:
    """Return whether a table can be synced from its state; otherwise it must be copied from the start."""
    if state is None or state.signature != table.signature:
        return False
    # Ids are used again, because the table was emptied and its sequence with it.
    if (table.autoincrement_id or 0) < (state.autoincrement_id or 0):
        return False
    # A dropped table may have been created again in the same place, with the same ids.
    ids = (state.watermark or 0) - (state.lowest or 0)
    if state.schema_version != table.schema_version and ids <= SMALL_TABLE_ROWS:
        return False
    if not table.is_logged:
        return True
    if state.log_through is None or not 0 <= log.highest - state.log_through <= MOST_NOTES:
        return False
    return log.highest == state.log_through or log.lowest <= state.log_through + 1
