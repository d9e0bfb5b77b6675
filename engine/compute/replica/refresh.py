"""A run's replica: made or opened, brought up to date in one snapshot of all tables, audited.

Afterwards the replica is as the source was at that snapshot; or, where anything goes wrong, as it
was after the last sync.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

import duckdb

from engine.clock import Clock
try:
    from engine.compute.derived import refresh_derived
except ImportError:
    def refresh_derived(connection, changed): ...
from engine.compute.macros import create_clock_macros
from engine.compute.replica.audit import PROOF_ROWS, audit_slice, begin_pass, slice_rows
from engine.compute.replica.bounds import read_bounds
from engine.compute.replica.changes import Changes
from engine.compute.replica.copy import CHUNK_ROWS, CopyTask, copy_tables
from engine.compute.replica.cursor import CAUTION
from engine.compute.replica.facts import load_facts
from engine.compute.replica.fetch import create_table_sql
from engine.compute.replica.file import open_replica
from engine.compute.replica.state import (
    Identity,
    TableState,
    forget_table,
    read_identity,
    read_states,
    write_identity,
    write_states,
)
from engine.compute.replica.survey import CHANGE_LOG, SourceTable, survey
from engine.compute.replica.sync import Sitting, sync_table, tables_to_count
from engine.compute.replica.tables import LoadedTable, Replica, UnreadableTable, loaded_table
from engine.compute.source import Source, attached_source, quote_identifier, source_snapshot
from engine.results import IntegrityCheck, Progress, ReplicaMark, ReplicatedTable, RunOrder
from engine.source_errors import is_about_the_file
from engine.staging import StagedTable

# A table this far behind is brought up to date by chunks, in short reads, before the sync.
COPIED_ABOVE_ROWS = 20_000
MOST_ATTEMPTS = 5


@dataclass(frozen=True)
class Refreshed:
    """A replica brought up to date: what it holds, what the run is to store of it, and what it took."""

    replica: Replica
    tables: tuple[ReplicatedTable, ...]
    mark: ReplicaMark
    changes_through: int | None
    sync_ms: float
    audit_ms: float


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


class _Altered(Exception):
    """The source's tables were altered between two looks."""


@contextmanager
def refreshed_replica(upkeep: Upkeep) -> Iterator[Refreshed]:
    """Open the replica as the connection's default database, up to date. Raises SourceError, ComputeError."""
    connection, order = upkeep.connection, upkeep.order
    with open_replica(connection, order.replica, order.db):
        with attached_source(connection, order.db):
            refreshed = _bring_up_to_date(upkeep)
        yield refreshed


def _bring_up_to_date(upkeep: Upkeep) -> Refreshed:
    broken: dict[str, str] = {}
    attempts, is_proved = 0, not upkeep.order.prove
    while True:
        try:
            ticks = time.perf_counter()
            _copy_what_is_missing(upkeep, broken)
            if not is_proved:
                _prove(upkeep, broken)
                is_proved = True
            return _sync(upkeep, broken, ticks)
        except UnreadableTable as error:
            # Its failure has ended the snapshot; the next one is read without it.
            broken[error.name] = error.reason
        except _Altered:
            attempts += 1
            if attempts == MOST_ATTEMPTS:
                raise


def _copy_what_is_missing(upkeep: Upkeep, broken: Mapping[str, str]) -> None:
    connection = upkeep.connection
    with source_snapshot(connection, upkeep.order.db) as source:
        found = survey(source, upkeep.readable(broken))
        _forget_another_source(source)
        states = read_states(connection)
        for name in set(states) - set(found):
            forget_table(connection, name)
        log = _log_bounds(source)
        for staged in upkeep.readable(broken):
            if (table := found.get(staged.name)) and not _goes_on(states.get(staged.name), table, log):
                forget_table(connection, staged.name)
                connection.execute(create_table_sql(staged, table))
                states[staged.name] = TableState(
                    staged.name,
                    table.signature,
                    synced_at=upkeep.started_at - CAUTION,
                    log_through=log.highest if table.is_logged else None,
                )
        bounds = read_bounds(source, found, frozenset())
        tasks = []
        for staged in upkeep.readable(broken):
            ends = bounds.get(staged.name)
            if ends is None or ends.highest is None or ends.lowest is None:
                continue
            copied = states[staged.name].watermark
            behind = ends.highest - (ends.lowest - 1 if copied is None else copied)
            if behind > COPIED_ABOVE_ROWS and found[staged.name].kept(staged) == staged.kept:
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
    if identity.syncs and _mark(source, identity) not in (identity.seen_mark, identity.own_mark):
        for name in read_states(connection):
            forget_table(connection, name)
        write_identity(
            connection, replace(identity, replica_id=uuid.uuid4().hex, syncs=0, seen_mark=None, own_mark=None)
        )


def _mark(source: Source, identity: Identity) -> str | None:
    if not source.value("select 1 from sqlite_master where name = 'dashboard_state' and type = 'table'"):
        return None
    return source.value(f"select value from dashboard_state where name = '{identity.mark_name}'")


@dataclass(frozen=True)
class _Log:
    """The lowest and highest id of the change log; 0 where it is empty or there is none."""

    lowest: int
    highest: int


def _log_bounds(source: Source) -> _Log:
    if not source.value(f"select 1 from sqlite_master where name = '{CHANGE_LOG}' and type = 'table'"):
        return _Log(0, 0)
    lowest, highest = source.rows(
        f"select (select min(id) from {CHANGE_LOG}), (select max(id) from {CHANGE_LOG})"
    )[0]
    return _Log(int(lowest or 0), int(highest or 0))


def _goes_on(state: TableState | None, table: SourceTable, log: _Log) -> bool:
    """Tell whether a table can be brought up to date from its state, or has to be copied anew."""
    if state is None or state.signature != table.signature:
        return False
    remade = table.autoincrement_id is not None and table.autoincrement_id < (state.watermark or 0)
    if remade:
        return False
    if not table.is_logged:
        return True
    if state.log_through is None or log.highest < state.log_through:
        return False
    return log.highest == state.log_through or log.lowest <= state.log_through + 1


def _sitting(upkeep: Upkeep, source: Source, changes: Changes) -> Sitting:
    return Sitting(source, changes, upkeep.started_at, _log_bounds(source).highest)


def _surveyed(upkeep: Upkeep, source: Source, broken: Mapping[str, str]) -> dict[str, SourceTable]:
    found = survey(source, upkeep.readable(broken))
    states = read_states(source.connection)
    if {name: table.signature for name, table in found.items()} != {
        name: state.signature for name, state in states.items()
    }:
        raise _Altered
    return found


def _rows(connection: duckdb.DuckDBPyConnection, names: Mapping[str, object]) -> dict[str, int]:
    if not names:
        return {}
    counts = connection.execute(
        "select " + ", ".join(f"(select count(*) from {quote_identifier(name)})" for name in names)
    ).fetchone()
    return dict(zip(names, counts or (), strict=True))


def _sync(upkeep: Upkeep, broken: Mapping[str, str], ticks: float) -> Refreshed:
    connection = upkeep.connection
    changes = Changes(connection)
    create_clock_macros(connection, upkeep.clock)
    with source_snapshot(connection, upkeep.order.db) as source:
        found = _surveyed(upkeep, source, broken)
        states = read_states(connection)
        sitting = _sitting(upkeep, source, changes)
        bounds = read_bounds(source, found, tables_to_count(found, states, _rows(connection, found)))
        identity = read_identity(connection)
        assert identity is not None
        here = [staged for staged in upkeep.readable(broken) if staged.name in found]
        for staged in here:
            table, state = found[staged.name], states[staged.name]
            if not state.is_complete:
                changes.note_reload(staged.name)
            counted = bounds.get(staged.name)
            states[staged.name] = sync_table(sitting, staged, table, state, counted)
            if counted is not None and counted.rows is not None:
                states[staged.name] = replace(states[staged.name], counted_at_sync=identity.syncs + 1)
        synced = time.perf_counter()
        repaired = _audit(sitting, here, found, states, (synced - ticks) * 1000)
        audited = time.perf_counter()
        refresh_derived(connection, changes.by_table)
        changes.clear()
        loaded = {staged.name: loaded_table(connection, staged, found[staged.name].present(staged)) for staged in here}
        load_facts(source, upkeep.clock, loaded, upkeep.integrity)
        write_states(connection, states)
        mark = ReplicaMark(identity.mark_name, str(identity.syncs + 1))
        write_identity(
            connection,
            replace(
                identity, syncs=identity.syncs + 1, seen_mark=_mark(source, identity), own_mark=mark.value
            ),
        )
        rows = _rows(connection, found)
    audit_ms = (audited - synced) * 1000
    return Refreshed(
        replica=Replica(loaded, dict(broken)),
        tables=tuple(
            _replicated(staged, found[staged.name], states[staged.name], rows[staged.name], repaired[staged.name])
            for staged in here
        ),
        mark=mark,
        changes_through=sitting.log_through if any(table.is_logged for table in found.values()) else None,
        sync_ms=(time.perf_counter() - ticks) * 1000 - audit_ms,
        audit_ms=audit_ms,
    )


def _audit(
    sitting: Sitting,
    here: list[StagedTable],
    found: Mapping[str, SourceTable],
    states: dict[str, TableState],
    sync_ms: float,
) -> dict[str, int]:
    wanted = slice_rows(_rows(sitting.connection, found), sync_ms)
    repaired = {}
    for staged in here:
        states[staged.name], repaired[staged.name] = audit_slice(
            sitting, staged, found[staged.name], states[staged.name], wanted[staged.name]
        )
    return repaired


def _replicated(
    staged: StagedTable, table: SourceTable, state: TableState, rows: int, repaired: int
) -> ReplicatedTable:
    covered = 0.0 if state.pass_started_at is None or not rows else min(1.0, state.audited_rows / rows)
    return ReplicatedTable(table.name, table.kept(staged), rows, state.proved_at, covered, repaired)


def _prove(upkeep: Upkeep, broken: Mapping[str, str]) -> None:
    """Compare every row of the replica with the source, in snapshots of a chunk each."""
    raise NotImplementedError
