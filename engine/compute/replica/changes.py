"""Brings rows of a replica table to what the source holds, and notes what that changed.

Every change of a replica table's rows goes through here, save for its first filling. The
temporary tables ``added_<table>`` and ``removed_<table>`` hold the new versions of rows and the
old ones: the rows before, less the removed, with the added, are the rows now.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import duckdb

from engine.compute.source import quote_identifier


@dataclass(frozen=True)
class TableChange:
    """How many rows a sync added to a table and removed from it; ``reloaded``: the rows are not noted."""

    added: int = 0
    removed: int = 0
    reloaded: bool = False


class Changes:
    """What has been changed in the replica's tables since the last ``clear``."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._changes: dict[str, TableChange] = {}
        self._noted: set[str] = set()

    @property
    def by_table(self) -> dict[str, TableChange]:
        """Return the tables that were changed."""
        return dict(self._changes)

    def note_reload(self, name: str) -> None:
        """Note that a table was filled as a whole."""
        self._changes[name] = TableChange(reloaded=True)

    def clear(self) -> None:
        """Forget all changes, once all that is made of the tables has followed them."""
        for name in self._noted:
            self._connection.execute(f"drop table temp.{_added(name)}")
            self._connection.execute(f"drop table temp.{_removed(name)}")
        self._noted.clear()
        self._changes.clear()

    def add(self, name: str, rows: str) -> int:
        """Insert the rows of a query, none of which the table has; return how many."""
        self._make("novel", rows)
        return self._insert_novel(name)

    def remove(self, name: str, condition: str) -> int:
        """Delete the rows that meet a condition; return how many."""
        self._make("stale", f"select * from {quote_identifier(name)} where {condition}")
        return self._delete_stale(name, condition)

    def replace(self, name: str, rows: str, scope: str) -> int:
        """Make the rows that meet ``scope`` those of a query; return how many ids had others.

        Rows that are as they should be are left alone. ``scope`` is a condition on the table's
        columns that holds for each row of the query; it may name ``temp.fetched``, which holds them.
        """
        self._make("fetched", rows)
        return self.replace_by_fetched(name, scope)

    def replace_by_fetched(self, name: str, scope: str) -> int:
        """Do the same with the rows that ``temp.fetched`` holds already."""
        table = quote_identifier(name)
        self._make("existing", f"select rowid as replica_rowid, * from {table} where {scope}")
        self._make("novel", "from temp.fetched except select * exclude (replica_rowid) from temp.existing")
        self._make("stale", "select * exclude (replica_rowid) from temp.existing except from temp.fetched")
        ids = self._connection.execute(
            "select count(*) from"
            " (select source_rowid from temp.novel union select source_rowid from temp.stale)"
        ).fetchone()
        if ids is None or ids[0] == 0:
            return 0
        self._delete_stale(
            name,
            "rowid in (select replica_rowid from temp.existing"
            " where source_rowid in (select source_rowid from temp.stale))",
        )
        self._insert_novel(name)
        return int(ids[0])

    def _make(self, temporary: str, query: str) -> None:
        self._connection.execute(f"create or replace temp table {temporary} as {query}")

    def _count(self, temporary: str) -> int:
        row = self._connection.execute(f"select count(*) from temp.{temporary}").fetchone()
        return 0 if row is None else int(row[0])

    def _insert_novel(self, name: str) -> int:
        if count := self._count("novel"):
            if self._note(name, added=count):
                self._connection.execute(f"insert into temp.{_added(name)} from temp.novel")
            self._connection.execute(
                f"insert into {quote_identifier(name)} from temp.novel order by source_rowid"
            )
        return count

    def _delete_stale(self, name: str, condition: str) -> int:
        if count := self._count("stale"):
            if self._note(name, removed=count):
                self._connection.execute(f"insert into temp.{_removed(name)} from temp.stale")
            self._connection.execute(f"delete from {quote_identifier(name)} where {condition}")
        return count

    def _note(self, name: str, added: int = 0, removed: int = 0) -> bool:
        """Count a change, and tell whether its rows are to be noted too."""
        change = self._changes.get(name, TableChange())
        if change.reloaded:
            return False
        if name not in self._noted:
            for which in (_added(name), _removed(name)):
                self._make(which, f"select * from {quote_identifier(name)} limit 0")
            self._noted.add(name)
        self._changes[name] = replace(change, added=change.added + added, removed=change.removed + removed)
        return True


def _added(name: str) -> str:
    return quote_identifier(f"added_{name}")


def _removed(name: str) -> str:
    return quote_identifier(f"removed_{name}")
