"""Before the sync: which tables can be brought up to date, and which have to be copied.

Afterwards the replica has exactly the source's tables, each no further behind than a sync
catches up with in one short read.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import duckdb

from engine.change_triggers import CHANGE_LOG
from engine.clock import Clock
from engine.compute.replica.bounds import read_bounds
from engine.compute.replica.copy import CopyTask, copy_tables
from engine.compute.replica.cursor import CAUTION
from engine.compute.replica.fetch import create_table_sql
from engine.compute.replica.state import (
    Identity,
    TableState,
    forget_table,
    read_identity,
    read_states,
    write_identity,
    write_states,
)
from engine.compute.replica.survey import SourceTable, survey
from engine.compute.replica.sync import SMALL_TABLE_ROWS
from engine.compute.source import Source, source_snapshot
from engine.results import IntegrityCheck, RunOrder
from engine.staging import StagedTable

# A table this far behind is brought up to date by chunks, in short reads, before the sync; one that
# has been copied before only when further behind, since all that is derived of it is then made anew.
COPIED_ABOVE_ROWS = 20_000
COPIED_AGAIN_ABOVE_ROWS = 100_000
# To read so many rows one by one takes longer than to copy the tables.
MOST_NOTES = 200_000


@dataclass(frozen=True)
class Upkeep:
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


def copy_what_is_missing(upkeep: Upkeep, broken: Mapping[str, str]) -> None:
    connection = upkeep.connection
    with source_snapshot(connection, upkeep.order.db) as source:
        found = survey(source, upkeep.readable(broken))
        _forget_another_source(source)
        states = read_states(connection)
        for name in set(states) - set(found):
            forget_table(connection, name)
        log = read_change_log(source)
        for staged in upkeep.readable(broken):
            if (table := found.get(staged.name)) and not _goes_on(states.get(staged.name), table, log):
                forget_table(connection, staged.name)
                connection.execute(create_table_sql(staged, table))
                states[staged.name] = TableState(
                    staged.name,
                    table.signature,
                    table.schema_version,
                    synced_at=upkeep.started_at - CAUTION,
                    log_through=log.highest if table.is_logged else None,
                    proved_at=upkeep.started_at,
                )
        bounds = read_bounds(source, found, frozenset())
        tasks = []
        for staged in upkeep.readable(broken):
            ends = bounds.get(staged.name)
            if ends is None or ends.highest is None or ends.lowest is None:
                continue
            copied = states[staged.name].watermark
            behind = ends.highest - (ends.lowest - 1 if copied is None else copied)
            limit = COPIED_AGAIN_ABOVE_ROWS if states[staged.name].is_complete else COPIED_ABOVE_ROWS
            if behind > limit and found[staged.name].kept(staged) == staged.kept:
                states[staged.name] = replace(states[staged.name], is_complete=False)
                tasks.append(CopyTask(staged, found[staged.name], behind))
        write_states(connection, {name: state for name, state in states.items() if name in found})
    total = sum(task.rows for task in tasks)
    if tasks:
        copy_tables(
            connection,
            upkeep.order.db,
            tasks,
            lambda rows, step: upkeep.report(min(1.0, rows / max(1, total)), step),
        )


def _forget_another_source(source: Source) -> None:
    """Empty the replica where the source does not bear the mark that it bore or was to bear."""
    connection = source.connection
    identity = read_identity(connection)
    assert identity is not None
    if identity.syncs and source_mark(source, identity) not in (identity.seen_mark, identity.own_mark):
        for name in read_states(connection):
            forget_table(connection, name)
        write_identity(
            connection, replace(identity, replica_id=uuid.uuid4().hex, syncs=0, seen_mark=None, own_mark=None)
        )


def source_mark(source: Source, identity: Identity) -> str | None:
    if not source.value("select 1 from sqlite_master where name = 'dashboard_state' and type = 'table'"):
        return None
    return source.value(f"select value from dashboard_state where name = '{identity.mark_name}'")


@dataclass(frozen=True)
class ChangeLog:
    """The lowest and highest id of the change log; 0 where it is empty or there is none."""

    lowest: int
    highest: int


def read_change_log(source: Source) -> ChangeLog:
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
