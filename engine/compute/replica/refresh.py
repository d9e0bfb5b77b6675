"""A run's replica: made or opened, brought up to date in one snapshot of all tables, audited.

Afterwards the replica is as the source was at that snapshot; or, where anything goes wrong, as it
was after the last sync.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

import duckdb

from engine.compute.derived import refresh_derived
from engine.compute.macros import create_clock_macros
from engine.compute.replica.audit import PROOF_ROWS, audit_slice, begin_pass, slice_rows
from engine.compute.replica.bounds import read_bounds
from engine.compute.replica.changes import Changes
from engine.compute.replica.facts import load_facts, with_newest_write
from engine.compute.replica.file import open_replica
from engine.compute.replica.prepare import Upkeep, copy_what_is_missing, read_change_log, source_mark
from engine.compute.replica.state import (
    Identity,
    TableState,
    read_identity,
    read_states,
    write_identity,
    write_states,
)
from engine.compute.replica.survey import SourceTable, survey
from engine.compute.replica.sync import Sitting, sync_table, tables_to_count
from engine.compute.replica.tables import Replica, UnreadableTable, loaded_table
from engine.compute.source import (
    Source,
    attached_source,
    is_about_the_source,
    quote_identifier,
    source_snapshot,
)
from engine.errors import SourceError
from engine.results import ReplicaMark, ReplicatedTable
from engine.source_errors import require_file
from engine.staging import WHOLE, StagedTable

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


class _Altered(Exception):
    """The source's tables were altered between two looks."""


@contextmanager
def refreshed_replica(upkeep: Upkeep) -> Iterator[Refreshed]:
    """Open the replica as the connection's default database, up to date. Raises SourceError, ComputeError."""
    connection, order = upkeep.connection, upkeep.order
    require_file(order.db)
    with open_replica(connection, order.replica, order.db):
        with attached_source(connection, order.db):
            refreshed = _bring_up_to_date(upkeep)
        yield refreshed


def _bring_up_to_date(upkeep: Upkeep) -> Refreshed:
    broken: dict[str, str] = {}
    repaired: dict[str, int] | None = None if upkeep.order.prove else {}
    attempts = 0
    while True:
        try:
            ticks = time.perf_counter()
            upkeep.report(0.0, "reading the source")
            copy_what_is_missing(upkeep, broken)
            if repaired is None:
                repaired = _prove(upkeep, broken)
            return _sync(upkeep, broken, repaired, ticks)
        except UnreadableTable as error:
            # Its failure has ended the snapshot; the next one is read without it.
            broken[error.name] = error.reason
        except _Altered:
            attempts += 1
            if attempts == MOST_ATTEMPTS:
                raise SourceError(
                    upkeep.order.db, "its tables are being altered all the time", "try again later"
                ) from None


def _sitting(upkeep: Upkeep, source: Source, changes: Changes) -> Sitting:
    return Sitting(source, changes, upkeep.started_at, read_change_log(source).highest)


def _surveyed(upkeep: Upkeep, source: Source, broken: Mapping[str, str]) -> dict[str, SourceTable]:
    found = survey(source, upkeep.readable(broken))
    states = read_states(source.connection)
    if {name: table.signature for name, table in found.items()} != {
        name: state.signature for name, state in states.items()
    }:
        raise _Altered
    return found


def _rows(connection: duckdb.DuckDBPyConnection, names: Iterable[str]) -> dict[str, int]:
    counts = [f"select '{name}', count(*) from {quote_identifier(name)}" for name in names]
    return dict(connection.execute(" union all ".join(counts)).fetchall()) if counts else {}


def _sync(
    upkeep: Upkeep, broken: Mapping[str, str], repaired_before: Mapping[str, int], ticks: float
) -> Refreshed:
    """Bring all tables to one snapshot of the source, and what is derived of them to the same."""
    connection = upkeep.connection
    changes = Changes(connection)
    create_clock_macros(connection, upkeep.clock)
    with source_snapshot(connection, upkeep.order.db) as source:
        began = time.perf_counter()
        found = _surveyed(upkeep, source, broken)
        identity = read_identity(connection)
        assert identity is not None
        sitting = _sitting(upkeep, source, changes)
        here = {staged: found[staged.name] for staged in upkeep.readable(broken) if staged.name in found}
        before = read_states(connection)
        states = _sync_tables(sitting, here, before, identity)
        synced = time.perf_counter()
        sizes = _rows(connection, found)
        repaired = _audit(sitting, here, before, states, slice_rows(sizes, (synced - began) * 1000))
        audit_ms = (time.perf_counter() - synced) * 1000
        if any(repaired.values()):
            sizes = _rows(connection, found)
        loaded = {
            staged.name: loaded_table(connection, staged, table.present(staged))
            for staged, table in here.items()
        }
        for staged, table in here.items():
            states[staged.name] = with_newest_write(
                connection,
                table.present(staged),
                states[staged.name],
                changes.by_table.get(staged.name),
                upkeep.clock.now,
            )
        facts = [
            (staged.source_table, sizes[staged.name], states[staged.name].newest_write) for staged in here
        ]
        load_facts(source, facts, upkeep.integrity)
        write_states(connection, states)
        identity = replace(
            identity,
            syncs=identity.syncs + 1,
            seen_mark=source_mark(source, identity),
            own_mark=str(identity.syncs + 1),
            # Deriving all anew takes seconds: the source is not read for that long.
            is_derived_due=any(change.reloaded for change in changes.by_table.values()),
        )
        write_identity(connection, identity)
        if not identity.is_derived_due:
            refresh_derived(connection, changes.by_table)
    if identity.is_derived_due:
        upkeep.report(1.0, "summing up")
        connection.execute("begin transaction")
        refresh_derived(connection, changes.by_table)
        write_identity(connection, replace(identity, is_derived_due=False))
        connection.execute("commit")
    changes.clear()
    return Refreshed(
        replica=Replica(loaded, dict(broken)),
        tables=tuple(
            _replicated(
                table.name,
                table.kept(staged),
                sizes[staged.name],
                states[staged.name],
                repaired[staged.name] + repaired_before.get(staged.name, 0),
            )
            for staged, table in here.items()
        ),
        mark=ReplicaMark(identity.mark_name, identity.own_mark or ""),
        changes_through=sitting.log_through if any(table.is_logged for table in found.values()) else None,
        sync_ms=(time.perf_counter() - ticks) * 1000 - audit_ms,
        audit_ms=audit_ms,
    )


def _sync_tables(
    sitting: Sitting,
    here: Mapping[StagedTable, SourceTable],
    before: Mapping[str, TableState],
    identity: Identity,
) -> dict[str, TableState]:
    tables = {staged.name: table for staged, table in here.items()}
    counted = tables_to_count(tables, before, _rows(sitting.connection, tables))
    bounds = read_bounds(sitting.source, tables, counted)
    states = {}
    for staged, table in here.items():
        state = before[staged.name]
        if not state.is_complete or identity.is_derived_due:
            sitting.changes.note_reload(staged.name)
        if staged.name in counted:
            state = replace(state, counted_at_sync=identity.syncs + 1)
        states[staged.name] = sync_table(sitting, staged, table, state, bounds.get(staged.name))
    return states


def _audit(
    sitting: Sitting,
    here: Mapping[StagedTable, SourceTable],
    before: Mapping[str, TableState],
    states: dict[str, TableState],
    rows: Mapping[str, int],
) -> dict[str, int]:
    """Compare a slice of each table, save for those that have just been copied."""
    repaired = dict.fromkeys(states, 0)
    for staged, table in here.items():
        if before[staged.name].proved_at != sitting.started_at:
            states[staged.name], repaired[staged.name] = audit_slice(
                sitting, staged, table, states[staged.name], rows=rows[staged.name]
            )
    return repaired


def _replicated(name: str, kept: str, rows: int, state: TableState, repaired: int) -> ReplicatedTable:
    covered = 0.0 if state.pass_started_at is None or not rows else min(1.0, state.audited_rows / rows)
    return ReplicatedTable(name, kept, rows, state.proved_at, covered, repaired)


def _prove(upkeep: Upkeep, broken: Mapping[str, str]) -> dict[str, int]:
    """Compare every row of the replica with the source; return by table how many were repaired.

    Each chunk is a snapshot of its own, in which the table is brought up to date first: what still
    differs is what no sync had noticed.
    """
    repaired: dict[str, int] = {}
    states = read_states(upkeep.connection)
    names = [staged for staged in upkeep.readable(broken) if staged.name in states]
    total = sum(_rows(upkeep.connection, [staged.name for staged in names]).values())
    done = 0
    for staged in names:
        # What this run has copied has just been read.
        if not states[staged.name].is_complete or staged.kept == WHOLE:
            continue
        is_begun, fast, repaired[staged.name] = False, True, 0
        while True:
            upkeep.report(min(1.0, done / max(1, total)), f"comparing {staged.source_table} with the source")
            try:
                state, found = _prove_chunk(upkeep, broken, staged, is_begun, fast)
            except duckdb.Error as error:
                if is_about_the_source(error) or not fast:
                    raise
                fast = False
                continue
            is_begun, done = True, done + PROOF_ROWS
            repaired[staged.name] += found
            if state.pass_started_at is None:
                break
    return repaired


def _prove_chunk(
    upkeep: Upkeep, broken: Mapping[str, str], staged: StagedTable, is_begun: bool, fast: bool
) -> tuple[TableState, int]:
    connection = upkeep.connection
    changes = Changes(connection)
    with source_snapshot(connection, upkeep.order.db) as source:
        found = _surveyed(upkeep, source, broken)
        sitting = _sitting(upkeep, source, changes)
        table = found[staged.name]
        counted = frozenset() if is_begun else frozenset([staged.name])
        bounds = read_bounds(source, {staged.name: table}, counted)
        state = sync_table(
            sitting, staged, table, read_states(connection)[staged.name], bounds.get(staged.name)
        )
        if not is_begun:
            state = begin_pass(state, upkeep.started_at)
        state, repaired = audit_slice(sitting, staged, table, state, rows=PROOF_ROWS, fast=fast)
        refresh_derived(connection, changes.by_table)
        changes.clear()
        write_states(connection, {staged.name: state})
    return state, repaired
