"""Brings the replica to one snapshot of a source in PostgreSQL.

All tables are read in one snapshot, which holds up no writer. A table is copied, followed by what was written
since the last sync, or compared row by row; what cannot be followed is read whole. If anything fails, the
replica is as it was after the last sync.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace

import duckdb

from engine.model.catalogue.staging import FULL, StagedTable
from engine.model.clock import wall_clock
from engine.model.errors import SourceError
from engine.model.places.postgres_address import PostgresAddress
from engine.model.text.quoting import quote_identifier
from engine.replica.macros import create_clock_macros
from engine.replica.postgres.failures import explain_postgres_failure, is_about_the_server, server_message
from engine.replica.postgres.follow import ServerSnapshot, read_snapshot
from engine.replica.postgres.logged import NO_LOG, SourceLog, read_log
from engine.replica.postgres.rows import SourceRows
from engine.replica.postgres.source import PostgresSource, RewrittenTable, postgres_snapshot
from engine.replica.postgres.survey import PostgresTable, survey_postgres
from engine.replica.rollups import refresh_rollups
from engine.replica.source import transaction
from engine.replica.sync.changes import Changes
from engine.replica.sync.compact import FileSize, with_fresh_size
from engine.replica.sync.context import SyncContext
from engine.replica.sync.fetch import create_table_sql, replica_rows
from engine.replica.sync.plan import count_rows
from engine.replica.sync.refreshed import (
    Refreshed,
    loaded_tables,
    refresh_due_rollups,
    replicated,
    report_rollup,
    with_metadata,
)
from engine.replica.sync.source_metadata import SourceFile, load_source_metadata
from engine.replica.sync.state import (
    Identity,
    TableState,
    forget_table,
    read_identity,
    read_states,
    write_identity,
    write_states,
)
from engine.replica.sync.tables import Replica, UnreadableTable

log = logging.getLogger(__name__)

MOST_REWRITES = 5
"""A snapshot in which a table was truncated is taken again so many times."""


def sync_from_postgres(context: SyncContext, address: PostgresAddress) -> Refreshed:
    """Sync all tables. Raises SourceError."""
    connection, began = context.connection, time.perf_counter()
    broken, rewrites = dict(context.order.left_out), 0
    context.report(0.0, "reading the source")
    with transaction(connection):
        create_clock_macros(connection, context.clock, in_memory=context.order.lake is not None)
    while True:
        changes, seen_at = Changes(connection), wall_clock()
        try:
            with postgres_snapshot(connection, address) as source:
                synced = _Sync(context, source, changes).sync(broken)
                source.require_unrewritten()
        except UnreadableTable as error:
            broken[error.name] = error.reason
        except RewrittenTable as error:
            rewrites += 1
            if rewrites > MOST_REWRITES:
                raise SourceError(
                    address, f"table {error} is truncated again and again while it is read", "try again later"
                ) from None
        except duckdb.Error as error:
            if is_about_the_server(str(error)):
                raise explain_postgres_failure(address, str(error)) from None
            raise
        else:
            refresh_due_rollups(context, synced.identity, changes)
            sync_ms = (time.perf_counter() - began) * 1000
            return replace(_refreshed(synced, broken), seen_at=seen_at, sync_ms=sync_ms)


@dataclass(frozen=True)
class _Synced:
    """The tables after a sync: their states, numbers of rows, and rows that were repaired.

    ``changes_seen_in`` is the snapshot in which the change log was read, None if nothing of it can go.
    """

    tables: Mapping[StagedTable, PostgresTable]
    states: Mapping[str, TableState]
    rows: Mapping[str, int]
    repaired: Mapping[str, int]
    identity: Identity
    changes_seen_in: str | None


class _Sync:
    """One sync within one snapshot of the source."""

    def __init__(self, context: SyncContext, source: PostgresSource, changes: Changes) -> None:
        self._context, self._source, self._changes = context, source, changes
        self._connection = context.connection
        self._rows = SourceRows(context, source, changes)
        self._log = NO_LOG

    def sync(self, broken: Mapping[str, str]) -> _Synced:
        """Sync all tables that are not broken, and the rollups. Raises UnreadableTable."""
        context, connection = self._context, self._connection
        began = time.perf_counter()
        identity = read_identity(connection)
        assert identity is not None
        now = read_snapshot(self._source)
        last = None if identity.server_snapshot is None else ServerSnapshot(**identity.server_snapshot)
        states = read_states(connection)
        if last is not None and last.database != now.database:
            for name in states:
                forget_table(connection, name)
            states, last = {}, None
        readable = context.readable(broken)
        found = survey_postgres(self._source, readable)
        for staged in readable:
            if (denied := found.get(staged.name)) and denied.denied_to:
                grant = f"grant select on {denied.sql_name} to {denied.denied_to}"
                raise UnreadableTable(staged, f"this user may not; its owner allows it by `{grant}`")
        for name in set(states) - set(found):
            forget_table(connection, name)
            del states[name]
        is_compared = context.order.full_audit or (last is not None and not now.follows(last))
        if last is not None and not now.follows(last):
            log.info("all rows are compared with the source: its server was started again")
        tables = {staged: found[staged.name] for staged in readable if staged.name in found}
        is_same = last is not None and now.follows(last)
        self._log = self._read_log(tables, last.text if is_same and last is not None else None)
        for staged, table in tables.items():
            context.report(1.0, f"reading {staged.source_table}", staged.name if table.is_view else None)
            states[staged.name] = self._sync_table(
                staged, table, states.get(staged.name), now, last, is_compared=is_compared
            )
            if identity.are_rollups_due:
                self._changes.note_reload(staged.name)
        for staged, table in tables.items():
            states[staged.name] = with_metadata(
                context, staged, table.present(staged), states[staged.name], self._changes
            )
        rows = count_rows(connection, (staged.name for staged in tables))
        load_source_metadata(
            connection,
            self._file(),
            [(each.source_table, rows[each.name], states[each.name].newest_write) for each in tables],
        )
        write_states(connection, states)
        identity = replace(
            with_fresh_size(identity, context.order.replica_file, sum(rows.values())),
            syncs=identity.syncs + 1,
            own_token=uuid.uuid4().hex,
            server_snapshot=now.as_values(),
            are_rollups_due=any(change.reloaded for change in self._changes.by_table.values()),
            sync_ms=(time.perf_counter() - began) * 1000,
        )
        write_identity(connection, identity)
        if not identity.are_rollups_due:
            refresh_rollups(connection, self._changes.by_table, report_rollup(context))
        seen_in = now.text if self._log.is_prunable else None
        return _Synced(tables, states, rows, self._rows.repaired, identity, seen_in)

    def _read_log(self, tables: Mapping[StagedTable, PostgresTable], last: str | None) -> SourceLog:
        """Return the change log of the tables that can have one."""
        ids = [table.id for staged, table in tables.items() if table.key and staged.sync != FULL]
        return read_log(self._source, ids, last)

    def _sync_table(
        self,
        staged: StagedTable,
        table: PostgresTable,
        state: TableState | None,
        now: ServerSnapshot,
        last: ServerSnapshot | None,
        *,
        is_compared: bool,
    ) -> TableState:
        name = quote_identifier(staged.name)
        is_known = state is not None and state.signature == table.signature and last is not None
        if state is None or not is_known:
            forget_table(self._connection, staged.name)
            self._connection.execute(
                create_table_sql(staged, table, in_file=self._context.order.lake is None)
            )
            state = TableState(staged.name, table.signature, 0)
        try:
            if table.key is None:
                self._changes.replace_whole(staged.name, replica_rows(self._source, staged, table))
            elif not is_known or last is None:
                self._rows.copy(staged, table)
            else:
                if unread := self._log.keys_of(table.id, state.log_mark):
                    self._rows.take_logged(staged, table, unread)
                elif now.has_ids_of(last):
                    self._rows.follow(staged, table, now.written_since(last))
                if is_compared:
                    self._rows.repaired[staged.name] = self._rows.compare(staged, table)
        except duckdb.Error as error:
            if is_about_the_server(str(error)):
                raise
            raise UnreadableTable(staged, server_message(str(error))) from error
        if not is_known or is_compared or table.key is None:
            state = replace(state, verified_at=self._context.started_at)
        highest, lowest = self._connection.execute(
            f"select max(source_rowid), min(source_rowid) from {name}"
        ).fetchall()[0]
        return replace(
            state,
            is_complete=True,
            synced_at=self._context.started_at,
            watermark=highest,
            lowest=lowest,
            log_mark=self._log.marks.get(table.id),
        )

    def _file(self) -> SourceFile:
        size, page = self._source.rows(
            "select pg_database_size(current_database())::text as size, current_setting('block_size') as page"
        )[0]
        return SourceFile(size_bytes=size, page_size=page)


def _refreshed(synced: _Synced, broken: Mapping[str, str]) -> Refreshed:
    loaded = loaded_tables(synced.tables, synced.rows, synced.states)
    tables = tuple(
        replicated(
            table.name,
            table.sync_of(),
            synced.rows[staged.name],
            synced.states[staged.name],
            synced.repaired.get(staged.name, 0),
        )
        for staged, table in synced.tables.items()
    )
    identity = synced.identity
    size = FileSize(identity.fresh_bytes, identity.fresh_rows, sum(synced.rows.values()))
    replica = Replica(loaded, dict(broken))
    seen_in = synced.changes_seen_in
    return Refreshed(replica, wall_clock(), tables, None, None, size, 0.0, changes_seen_in=seen_in)
