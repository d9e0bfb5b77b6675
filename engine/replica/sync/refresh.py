"""Brings the replica up to date for a run: opens it, copies, syncs all tables in one snapshot, audits.

Afterwards the replica equals the source at that snapshot. If anything fails, it is as it was after the last
sync.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from engine.model.catalogue.staging import FULL
from engine.model.clock import wall_clock
from engine.model.places.postgres_address import PostgresAddress
from engine.model.source_file.failures import require_file
from engine.model.values.replica_state import ReplicaToken
from engine.replica.macros import create_clock_macros
from engine.replica.postgres.sync import sync_from_postgres
from engine.replica.rollups import refresh_rollups
from engine.replica.source import Source, attached_source, source_snapshot, transaction
from engine.replica.sync.audit import audit_slice
from engine.replica.sync.changes import Changes
from engine.replica.sync.compact import FileSize, with_fresh_size
from engine.replica.sync.context import SyncContext
from engine.replica.sync.fetched import FastWayFails
from engine.replica.sync.full_audit import run_full_audit
from engine.replica.sync.plan import SyncPlan, copy_tasks, plan_sync, rows_after
from engine.replica.sync.refreshed import (
    Refreshed,
    loaded_tables,
    refresh_due_rollups,
    replicated,
    report_rollup,
    with_metadata,
)
from engine.replica.sync.snapshot import SyncSnapshot
from engine.replica.sync.source_metadata import load_source_metadata, read_source_file
from engine.replica.sync.state import Identity, TableState, write_identity, write_states
from engine.replica.sync.table import sync_table
from engine.replica.sync.tables import Replica, UnreadableTable

# If a writer adds rows faster than they are copied, the sync comes after this many copies all the same.
MOST_COPIES = 5
# If the source is altered again and again, the next run does the full audit.
MOST_FULL_AUDITS = 2


@contextmanager
def refreshed_replica(context: SyncContext) -> Iterator[Refreshed]:
    """Open the replica as the connection's default database, up to date. Raises SourceError, ComputeError."""
    connection, order = context.connection, context.order
    if isinstance(order.db, Path):
        require_file(order.db)
    with context.replica.opened(order):
        if isinstance(order.db, PostgresAddress):
            refreshed = sync_from_postgres(context, order.db)
        else:
            with attached_source(connection, order.db):
                refreshed = _bring_up_to_date(context)
        yield refreshed
        context.replica.tidy(refreshed.file_size)


def _bring_up_to_date(context: SyncContext) -> Refreshed:
    """Plan, copy, audit and sync until the replica equals the source and is not in doubt."""
    broken = dict(context.order.left_out)
    exactly: set[str] = set()
    # The rows that a full audit has repaired, by table; None before it.
    repaired: dict[str, int] | None = None
    # The rows that the audit of a sync in doubt has repaired, before the full audit that follows it.
    audited: Counter[str] = Counter()
    last: SyncPlan | None = None
    began, copies, full_audits = time.perf_counter(), 0, 0
    context.report(0.0, "reading the source")
    with transaction(context.connection):
        create_clock_macros(context.connection, context.clock, in_memory=context.order.lake is not None)
    while True:
        try:
            changes = Changes(context.connection)
            synced, seen_at = None, wall_clock()
            with source_snapshot(context.connection, context.file) as source:
                plan = plan_sync(context, source, broken, last)
                if last is not None and not plan.goes_on_from(last):
                    repaired = None
                last = plan
                is_near = not plan.tasks or copies == MOST_COPIES
                is_wanted = context.order.full_audit or plan.identity.is_in_doubt
                is_done = repaired is not None or not is_wanted or full_audits == MOST_FULL_AUDITS
                # A full audit compares only tables that a sync has completed.
                if is_near and (is_done or plan.identity.is_in_doubt):
                    is_in_doubt = plan.identity.is_in_doubt and repaired is None
                    synced = _sync(context, source, plan, changes, exactly, is_in_doubt=is_in_doubt)
            if synced is not None:
                refresh_due_rollups(context, synced.identity, changes)
                if is_done:
                    sync_ms = (time.perf_counter() - began) * 1000 - synced.audit_ms
                    before = Counter(repaired or {}) + audited
                    refreshed = _refreshed(plan, synced, broken, before, seen_at)
                    return replace(refreshed, sync_ms=sync_ms)
                audited.update(synced.repaired)
            if is_near:
                full_audits += 1
                repaired = run_full_audit(context, broken)
            else:
                copies += 1
                copy_tasks(context, plan.tasks)
        except UnreadableTable as error:
            # The failure has ended the snapshot; the next one leaves this table out.
            broken[error.name] = error.reason
        except FastWayFails as error:
            exactly.add(error.name)


@dataclass(frozen=True)
class _Synced:
    """The tables after a sync: states, numbers of rows, rows that the audit repaired; the audit's time."""

    states: Mapping[str, TableState]
    rows: Mapping[str, int]
    repaired: Mapping[str, int]
    identity: Identity
    audit_ms: float


def _sync(
    context: SyncContext,
    source: Source,
    plan: SyncPlan,
    changes: Changes,
    exactly: Set[str],
    *,
    is_in_doubt: bool,
) -> _Synced:
    """Bring all tables to one snapshot of the source, and the rollups to the same.

    ``exactly`` has the tables whose changed rows cannot be read the fast way. Raises FastWayFails.
    """
    connection, began = context.connection, time.perf_counter()
    snapshot = SyncSnapshot(
        source, changes, context.started_at, plan.log.highest, read_exactly=frozenset(exactly)
    )
    number = plan.identity.syncs + 1
    states = {}
    for staged, table in plan.tables.items():
        context.report(1.0, f"reading {staged.source_table}", staged.name if table.is_view else None)
        state, bounds = plan.states[staged.name], plan.bounds.get(staged.name)
        if not state.is_complete or plan.identity.are_rollups_due:
            changes.note_reload(staged.name)
        if bounds is not None and bounds.rows is not None:
            state = replace(state, counted_at_sync=number)
        states[staged.name] = sync_table(snapshot, staged, table, state, bounds)
    synced = time.perf_counter()
    context.report(1.0, "comparing some rows with the source")
    repaired = _audit(snapshot, plan, states)
    audited = time.perf_counter()
    for staged, table in plan.tables.items():
        states[staged.name] = with_metadata(
            context, staged, table.present(staged), states[staged.name], changes
        )
    rows = {**plan.rows, **rows_after(connection, plan.rows, changes.by_table)}
    load_source_metadata(
        connection,
        read_source_file(source, context.integrity),
        [
            (staged.source_table, rows[staged.name], states[staged.name].newest_write)
            for staged in plan.tables
        ],
    )
    write_states(connection, states)
    identity = replace(
        with_fresh_size(plan.identity, context.order.replica_file, sum(rows.values())),
        syncs=number,
        seen_token=plan.token,
        own_token=uuid.uuid4().hex,
        is_in_doubt=is_in_doubt,
        # Rebuilding rollups takes seconds, and the source's snapshot must not last that long.
        are_rollups_due=any(change.reloaded for change in changes.by_table.values()),
        sync_ms=(synced - began) * 1000,
    )
    write_identity(connection, identity)
    if not identity.are_rollups_due:
        refresh_rollups(connection, changes.by_table, report_rollup(context))
    return _Synced(states, rows, repaired, identity, (audited - synced) * 1000)


def _audit(snapshot: SyncSnapshot, plan: SyncPlan, states: dict[str, TableState]) -> dict[str, int]:
    """Compare the planned slices, except those of tables that this run has copied."""
    repaired = dict.fromkeys(states, 0)
    for staged, table in plan.tables.items():
        is_synced_full = table.sync_of(staged) == FULL
        if not is_synced_full and staged.name not in plan.slices:
            continue
        # A table is not complete before its first sync, which follows the copy.
        if plan.states[staged.name].is_complete:
            bounds = plan.bounds.get(staged.name)
            states[staged.name], repaired[staged.name] = audit_slice(
                snapshot,
                staged,
                table,
                states[staged.name],
                until=None if bounds is None else bounds.slice_end,
                rows=0 if is_synced_full else plan.slices[staged.name].rows,
                is_empty=bounds is not None and bounds.rows == 0,
            )
    return repaired


def _refreshed(
    plan: SyncPlan,
    synced: _Synced,
    broken: Mapping[str, str],
    repaired_before: Mapping[str, int],
    seen_at: datetime,
) -> Refreshed:
    loaded = loaded_tables(plan.tables, synced.rows, synced.states)
    tables = tuple(
        replicated(
            table.name,
            table.sync_of(staged),
            synced.rows[staged.name],
            synced.states[staged.name],
            synced.repaired[staged.name] + repaired_before.get(staged.name, 0),
        )
        for staged, table in plan.tables.items()
    )
    is_logged = any(table.is_logged for table in plan.tables.values())
    return Refreshed(
        replica=Replica(loaded, dict(broken)),
        seen_at=seen_at,
        tables=tables,
        token=ReplicaToken(
            synced.identity.token_name, synced.identity.own_token or "", plan.token, plan.schema_version
        ),
        changes_through=plan.log.highest if is_logged else None,
        file_size=FileSize(
            synced.identity.fresh_bytes, synced.identity.fresh_rows, sum(synced.rows.values())
        ),
        audit_ms=synced.audit_ms,
    )
