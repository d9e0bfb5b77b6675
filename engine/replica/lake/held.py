"""Opens the replica in a lake for runs and for readers, who may be in several processes.

The lake stays attached as long as DuckDB runs. It holds nothing that the source does not hold, so one that
another version made is emptied and filled again.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import duckdb

from engine.model.catalogue.datasets import Dataset
from engine.model.text.quoting import quote_identifier
from engine.replica.lake.copies import copied_tables
from engine.replica.lake.maintenance import maintain
from engine.replica.source import transaction
from engine.replica.sync.compact import FileSize
from engine.replica.sync.file import ALIAS, make_replica, unusable
from engine.replica.sync.held import HeldReplica, Order

log = logging.getLogger(__name__)


class LakeReplica(HeldReplica):
    """The replica in a lake that is attached to the connection."""

    def _open(self, order: Order) -> None:
        if reason := self._why_unusable():
            log.info("the replica %s is built: %s", order.lake, reason)
            _empty(self._connection)
            make_replica(self._connection, order.db)

    def _open_usable(self, order: Order) -> bool:
        return self._why_unusable() is None

    def _use(self, connection: duckdb.DuckDBPyConnection) -> None:
        # The macros of a run's clock are in memory.
        connection.execute(f"set search_path = '{ALIAS},memory'")

    @contextmanager
    def cursors(self, datasets: Collection[Dataset], count: int) -> Iterator[list[duckdb.DuckDBPyConnection]]:
        """Yield connections on which small tables that the datasets read often are found in memory."""
        assert self.claim is not None
        copied = copied_tables(self._connection, self.claim, datasets)
        with copied, super().cursors(datasets, count) as cursors:
            for cursor in cursors:
                cursor.execute(f"set search_path = 'memory,{ALIAS}'")
                # Outside of it each statement would ask the catalog for the newest state.
                cursor.execute("begin transaction read only")
            yield cursors

    def renew(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Begin another transaction in place of the one that may have failed."""
        cursor.execute("rollback")
        cursor.execute("begin transaction read only")

    def _require_current(self, order: Order) -> None:
        if self._why_unusable() is not None:
            self.close()

    def _why_unusable(self) -> str | None:
        self._connection.execute(f"use {ALIAS}")
        try:
            # Another machine has another file; the token shows whether it is the same source.
            return unusable(self._connection, None)
        except duckdb.CatalogException:
            return "it is empty"
        finally:
            self._connection.execute("use memory")

    def tidy(self, size: FileSize) -> None:
        """After a run, maintain the lake if that is due."""
        if self.claim is not None:
            maintain(self._connection, self.claim)

    def _let_go(self) -> None:
        """Keep the lake attached, because a locked DuckDB could not attach it again."""


def _empty(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop all tables and macros of a lake."""
    own = f"database_name = '{ALIAS}'"
    tables = connection.execute(f"select schema_name, table_name from duckdb_tables() where {own}").fetchall()
    macros = connection.execute(
        "select distinct schema_name, function_name, function_type = 'table_macro' from duckdb_functions()"
        f" where {own} and function_type in ('macro', 'table_macro')"
    ).fetchall()
    connection.execute(f"use {ALIAS}")
    with transaction(connection):
        for schema, name in tables:
            connection.execute(f"drop table {quote_identifier(schema)}.{quote_identifier(name)}")
        for schema, name, is_table in macros:
            kind = "macro table" if is_table else "macro"
            connection.execute(f"drop {kind} {quote_identifier(schema)}.{quote_identifier(name)}")
        connection.execute("drop schema if exists sync_state")
