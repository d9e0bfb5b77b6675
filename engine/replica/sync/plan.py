"""Before the sync: a look at which tables can be brought up to date, and which have to be copied first.

After it the replica has exactly the source's tables, with their columns.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import duckdb

from engine.model.clock import Clock
from engine.model.results import IntegrityCheck, RunOrder
from engine.model.source_file.change_triggers import CHANGE_LOG
from engine.model.staging import StagedTable
from engine.model.text.quoting import quote_identifier
from engine.replica.source import Source
from engine.replica.sync.audit import slices_to_audit
from engine.replica.sync.bounds import SMALL_TABLE_ROWS, Bounds, Slice, read_bounds, tables_to_count
from engine.replica.sync.copy import CopyTask, copy_tables
from engine.replica.sync.cursor import CAUTION
from engine.replica.sync.fetch import create_table_sql
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

# A table this far behind is brought up to date by chunks, in short reads, before the sync; one that
# has been copied before only when further behind, because its rollups are then made anew.
COPIED_ABOVE_ROWS = 20_000
COPIED_AGAIN_ABOVE_ROWS = 100_000
# To read so many rows one by one takes longer than to copy the tables.
MOST_NOTES = 200_000


@dataclass(frozen=True)
class SyncContext:
    """One run's work on the replica: the order, the tables it wants, its clock, whom to tell.

    ``report`` is told how much of the work is done, as a share of 1, and what comes next.
    """

    connection: duckdb.DuckDBPyConnection
    order: RunOrder
    tables: tuple[StagedTable, ...]
    clock: Clock
    started_at: datetime
    integrity: IntegrityCheck | None
    report: Callable[[float, str], None]

    def readable(self, broken: Mapping[str, str]) -> tuple[StagedTable, ...]:
        """Return the tables that have not been found to be unreadable."""
        return tuple(staged for staged in self.tables if staged.name not in broken)


@dataclass(frozen=True)
class ChangeLog:
    """The lowest and highest id of the change log; 0 where it is empty or there is none."""

    lowest: int
    highest: int


@dataclass(frozen=True)
class SyncPlan:
    """What one look at the source and the replica found: both as of one snapshot.

    ``tasks`` are the tables that have to be copied first; only without any is the replica near
    enough to the source for a sync. ``token`` is what the source bears for this replica, None for
    none; ``schema_version`` changes with any table's making, and when SQLite restores a backup.
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
        """Tell whether the source shows no sign of having been restored since an earlier look."""
        return (self.token, self.schema_version) == (earlier.token, earlier.schema_version)


def plan_sync(
    context: SyncContext, source: Source, broken: Mapping[str, str], last: SyncPlan | None
) -> SyncPlan:
    """Compare what the replica has with what the source has; make the replica tables that are missing.

    ``last`` is what this run's look before found, None at its first. Raises UnreadableTable.
    """
    connection = context.connection
    found = survey(source, context.readable(broken))
    schema_version = int(source.value("select schema_version from pragma_schema_version") or 0)
    identity, token = _identity_of_this_source(source, is_first_plan=last is None)
    states = read_states(connection)
    for name in set(states) - set(found):
        forget_table(connection, name)
        del states[name]
    tables = {staged: found[staged.name] for staged in context.readable(broken) if staged.name in found}
    log = read_change_log(source)
    made = {}
    for staged, table in tables.items():
        if not _goes_on(states.get(staged.name), table, log):
            forget_table(connection, staged.name)
            connection.execute(create_table_sql(staged, table))
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
    """Return about how many rows have to be copied; 0 where a sync catches up with them."""
    if ends is None or ends.highest is None or ends.lowest is None:
        return 0
    behind = ends.highest - (ends.lowest - 1 if state.watermark is None else state.watermark)
    limit = COPIED_AGAIN_ABOVE_ROWS if state.is_complete else COPIED_ABOVE_ROWS
    return behind if behind > limit else 0


def copy_tasks(context: SyncContext, tasks: Collection[CopyTask]) -> None:
    """Copy what a look has found to be missing. Raises UnreadableTable."""
    total = max(1, sum(task.rows for task in tasks))
    copy_tables(
        context.connection,
        context.order.db,
        tasks,
        lambda rows, step: context.report(min(1.0, rows / total), step),
    )


def count_rows(connection: duckdb.DuckDBPyConnection, names: Iterable[str]) -> dict[str, int]:
    """Return the number of rows of replica tables."""
    counts = [f"select '{name}', count(*) from {quote_identifier(name)}" for name in names]
    return dict(connection.execute(" union all ".join(counts)).fetchall()) if counts else {}


def _identity_of_this_source(source: Source, *, is_first_plan: bool) -> tuple[Identity, str | None]:
    """Return the replica's identity and the token that the source bears for it.

    The source is the one that the replica follows if it bears the token of the last run. If it
    bears the token before that, either that run could not be stored, or a backup made before it has
    been restored: then the replica is in doubt. With any other token the replica is emptied.
    """
    connection = source.connection
    identity = read_identity(connection)
    assert identity is not None
    token = _source_token(source, identity)
    if identity.syncs > 0 and token not in (identity.own_token, identity.seen_token):
        for name in read_states(connection):
            forget_table(connection, name)
        identity = replace(identity, syncs=0, seen_token=None, own_token=None, is_in_doubt=False)
        write_identity(connection, identity)
    elif is_first_plan and not identity.is_in_doubt:
        # A first build that was cut short has left no token to know the source by.
        is_doubtful = token != identity.own_token if identity.syncs else bool(read_states(connection))
        if is_doubtful:
            identity = replace(identity, is_in_doubt=True)
            write_identity(connection, identity)
    return identity, token


def _source_token(source: Source, identity: Identity) -> str | None:
    """Return the token that the source bears for this replica; None where it bears none."""
    if not source.value("select 1 from sqlite_master where name = 'dashboard_state' and type = 'table'"):
        return None
    return source.value(f"select value from dashboard_state where name = '{identity.token_name}'")


def read_change_log(source: Source) -> ChangeLog:
    """Return the ends of the source's change log."""
    if not source.value(f"select 1 from sqlite_master where name = '{CHANGE_LOG}' and type = 'table'"):
        return ChangeLog(0, 0)
    lowest, highest = source.rows(
        f"select (select min(id) from {CHANGE_LOG}), (select max(id) from {CHANGE_LOG})"
    )[0]
    return ChangeLog(int(lowest or 0), int(highest or 0))


def _goes_on(state: TableState | None, table: SourceTable, log: ChangeLog) -> bool:
    """Tell whether a table can be brought up to date from its state, or has to be copied anew."""
    if state is None or state.signature != table.signature:
        return False
    # Ids are given again: the table has been emptied together with the memory of its ids.
    if (table.autoincrement_id or 0) < (state.autoincrement_id or 0):
        return False
    # A table that was dropped may have been made anew in the same place, with the same ids.
    ids = (state.watermark or 0) - (state.lowest or 0)
    if state.schema_version != table.schema_version and ids <= SMALL_TABLE_ROWS:
        return False
    if not table.is_logged:
        return True
    if state.log_through is None or not 0 <= log.highest - state.log_through <= MOST_NOTES:
        return False
    return log.highest == state.log_through or log.lowest <= state.log_through + 1
