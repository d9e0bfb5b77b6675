"""Takes the rows of one table from a source in PostgreSQL: all of them, what has changed, or what differs."""

from __future__ import annotations

import logging

from engine.model.catalogue.staging import StagedTable
from engine.model.text.quoting import quote_identifier
from engine.replica.postgres.logged import unread_keys
from engine.replica.postgres.source import PostgresSource
from engine.replica.postgres.survey import PostgresTable
from engine.replica.sync.changes import Changes
from engine.replica.sync.context import SyncContext
from engine.replica.sync.copy import CHUNK_ROWS
from engine.replica.sync.fetch import between, replica_rows, rows_after

log = logging.getLogger(__name__)


class SourceRows:
    """The rows of the source within one snapshot; ``repaired`` has the number that differed by table."""

    def __init__(self, context: SyncContext, source: PostgresSource, changes: Changes) -> None:
        self._context, self._source, self._changes = context, source, changes
        self._connection = context.connection
        self.repaired: dict[str, int] = {}

    def copy(self, staged: StagedTable, table: PostgresTable) -> None:
        """Copy all rows of a table, in chunks because each is reported."""
        self._changes.note_reload(staged.name)
        after, copied = None, 0
        expected = max(1, self._source.number(f"select count(*)::text as rows from {table.sql_name}"))
        while True:
            self._context.report(
                min(1.0, copied / expected), f"copying {table.name}: {copied:,} of {expected:,} rows"
            )
            rows = replica_rows(self._source, staged, table, rows_after(table, after, CHUNK_ROWS))
            inserted = self._connection.execute(
                f"insert into {quote_identifier(staged.name)} {rows}"
            ).fetchone()
            count = 0 if inserted is None else int(inserted[0])
            copied += count
            if count < CHUNK_ROWS:
                return
            after = self._number(f"select max(source_rowid) from {quote_identifier(staged.name)}")

    def take_logged(self, staged: StagedTable, table: PostgresTable, unread: str) -> None:
        """Take the rows whose keys stand unread in the change log, and delete those that are gone."""
        if unread == "false":
            return
        keys = unread_keys(unread)
        self._connection.execute(
            f"create or replace temp table logged_ids as from {self._source.query(keys)}"
        )
        rows = f"where {table.sql_rowid} = any(array({keys}))"
        count = self._changes.fetch(replica_rows(self._source, staged, table, rows))
        if count:
            self._changes.take_fetched(staged.name)
        if count < self._number("select count(*) from temp.logged_ids"):
            gone = "from temp.logged_ids where id not in (select source_rowid from temp.fetched)"
            self._changes.remove(staged.name, f"source_rowid in ({gone})")
        self._connection.execute("drop table temp.logged_ids")

    def follow(self, staged: StagedTable, table: PostgresTable, written: str) -> None:
        """Take the rows that were written since the last sync, and delete those that are gone."""
        rows = replica_rows(self._source, staged, table, f"where {written}")
        count = self._changes.fetch(rows)
        if count:
            self._changes.take_fetched(staged.name)
        # All rows of the source are in the replica now. It has others too only if it has more.
        there = self._source.number(f"select count(*)::text as rows from {table.sql_name}")
        if there == self._count(staged):
            return
        keys = self._source.query(f"select {table.sql_rowid}::bigint as id from {table.sql_name}")
        self._connection.execute(f"create or replace temp table source_ids as from {keys}")
        self._changes.remove(staged.name, "source_rowid not in (select id from temp.source_ids)")
        self._connection.execute("drop table temp.source_ids")
        if there != self._count(staged):
            repaired = self.compare(staged, table)
            self.repaired[staged.name] = self.repaired.get(staged.name, 0) + repaired

    def compare(self, staged: StagedTable, table: PostgresTable) -> int:
        """Compare all rows with the source, and repair those that differ; return how many."""
        after, repaired, done = None, 0, 0
        total = max(1, self._count(staged))
        while True:
            self._context.report(min(1.0, done / total), f"comparing {table.name} with the source")
            start = "" if after is None else f"where {table.sql_rowid} > {after} "
            ends = self._source.rows(
                "select max(id)::text as highest, count(*)::text as rows"
                f" from (select {table.sql_rowid} as id from {table.sql_name}"
                f" {start}order by {table.sql_rowid} limit {CHUNK_ROWS}) as chunk"
            )[0]
            count = int(ends[1] or 0)
            until = int(ends[0] or 0) if count == CHUNK_ROWS else None
            rows = replica_rows(
                self._source, staged, table, f"where {between(table.sql_rowid, after, until)}"
            )
            repaired += self._changes.replace(staged.name, rows, between("source_rowid", after, until))
            done += count
            if until is None:
                break
            after = until
        if repaired:
            log.warning("%d rows of %s differed from the source and were repaired", repaired, table.name)
        return repaired

    def _number(self, sql: str) -> int:
        row = self._connection.execute(sql).fetchone()
        return 0 if row is None else int(row[0])

    def _count(self, staged: StagedTable) -> int:
        return self._number(f"select count(*) from {quote_identifier(staged.name)}")
