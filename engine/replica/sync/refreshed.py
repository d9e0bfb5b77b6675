"""What a sync of any source leaves: the state of its tables, and the rollups that follow them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from engine.model.catalogue.staging import StagedColumn, StagedTable
from engine.model.values.replica_state import ReplicatedTable, ReplicaToken
from engine.replica.postgres.survey import PostgresTable
from engine.replica.rollups import refresh_rollups
from engine.replica.source import transaction
from engine.replica.sync.changes import Changes
from engine.replica.sync.compact import FileSize
from engine.replica.sync.context import SyncContext
from engine.replica.sync.source_metadata import with_newest_write
from engine.replica.sync.state import Identity, TableState, write_identity
from engine.replica.sync.survey import SourceTable
from engine.replica.sync.tables import LoadedTable, Replica, loaded_table, with_counts


@dataclass(frozen=True)
class Refreshed:
    """A replica that is up to date: its tables, what the run stores about it, and the time it took.

    ``seen_at`` is the clock just before the snapshot. ``token`` is None if the source is recognised by other
    means.
    """

    replica: Replica
    seen_at: datetime
    tables: tuple[ReplicatedTable, ...]
    token: ReplicaToken | None
    changes_through: int | None
    file_size: FileSize
    audit_ms: float
    sync_ms: float = 0.0
    changes_seen_in: str | None = None


def refresh_due_rollups(context: SyncContext, identity: Identity, changes: Changes) -> None:
    """Rebuild the rollups that a sync has left, in a transaction of their own; forget the changes."""
    connection = context.connection
    if identity.are_rollups_due:
        with transaction(connection):
            refresh_rollups(connection, changes.by_table, report_rollup(context))
            write_identity(connection, replace(identity, are_rollups_due=False))
    changes.clear()


def report_rollup(context: SyncContext) -> Callable[[str], None]:
    """Return what reports the rollup that is updated next."""
    return lambda name: context.report(1.0, f"updating {name}")


def with_metadata(
    context: SyncContext,
    staged: StagedTable,
    present: tuple[StagedColumn, ...],
    state: TableState,
    changes: Changes,
) -> TableState:
    """Return the state with the counts and the newest write of the table's present columns."""
    change = changes.by_table.get(staged.name)
    if change is not None:
        state = with_counts(context.connection, staged, present, state, change)
    return with_newest_write(context.connection, present, state, change, context.clock.now)


def loaded_tables(
    tables: Mapping[StagedTable, SourceTable | PostgresTable],
    rows: Mapping[str, int],
    states: Mapping[str, TableState],
) -> dict[str, LoadedTable]:
    """Return what the replica holds of each table; ``rows`` and ``states`` are those after the sync."""
    return {
        staged.name: loaded_table(
            staged,
            table.present(staged),
            rows[staged.name],
            states[staged.name].unreadable,
            states[staged.name].unrecognised or (),
            source_columns=table.columns,
        )
        for staged, table in tables.items()
    }


def replicated(name: str, sync: str, rows: int, state: TableState, repaired: int) -> ReplicatedTable:
    """Return what a run stores about a table."""
    covered = 0.0 if state.pass_started_at is None or not rows else min(1.0, state.audited_rows / rows)
    return ReplicatedTable(name, sync, rows, state.verified_at, covered, repaired, state.watermark)
