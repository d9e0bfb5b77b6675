"""Applies changes to the rows of replica tables, and records them for the rollups.

Every change of a replica table's rows goes through here, except its first copy. The temporary tables
``added_<table>`` and ``removed_<table>`` hold the new and the old versions of changed rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import duckdb

from engine.model.text.quoting import quote_identifier


@dataclass(frozen=True)
class TableChange:
    """How many rows a sync added and removed. If the table was ``reloaded``, its rows are not recorded."""

    added: int = 0
    removed: int = 0
    reloaded: bool = False


class Changes:
    """The changes of the replica's tables since the last ``clear``."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._changes: dict[str, TableChange] = {}
        self._noted: set[str] = set()

    @property
    def by_table(self) -> dict[str, TableChange]:
        """Return the change of each changed table."""
        return dict(self._changes)

    def note_reload(self, name: str) -> None:
        """Record that a table was filled as a whole."""
        self._changes[name] = TableChange(reloaded=True)

    def clear(self) -> None:
        """Forget all changes. Call it when the rollups are up to date."""
        for name in self._noted:
            self._connection.execute(f"drop table temp.{_added(name)}")
            self._connection.execute(f"drop table temp.{_removed(name)}")
        self._noted.clear()
        self._changes.clear()

    def remove(self, name: str, condition: str) -> int:
        """Delete the rows that meet a condition; return how many."""
        count = self._make("stale", f"select * from {quote_identifier(name)} where {condition}")
        return self._delete_stale(name, count, condition)

    def fetch(self, rows: str) -> tuple[int, str]:
        """Store the rows of a query in ``temp.fetched``; return how many they are, and their digest."""
        count = self._make("fetched", rows)
        digest = self._connection.execute(
            "select bit_xor(hash(fetched)), sum(hash(fetched) >> 1) from temp.fetched"
        ).fetchone()
        return count, repr(digest)

    def take_fetched(self, name: str) -> int:
        """Replace rows by the rows of ``temp.fetched`` with the same ids; return how many differed."""
        # The table is searched for the ids once, because a thousand scattered ids touch all its row groups.
        ids = "source_rowid in (select source_rowid from temp.fetched)"
        self._make("existing", f"select * from {quote_identifier(name)} where {ids}")
        inserted = self._make("inserted", "from temp.fetched except from temp.existing")
        if inserted:
            ids = "source_rowid in (select source_rowid from temp.inserted)"
            stale = self._make("stale", f"from temp.existing where {ids}")
            self._delete_stale(name, stale, ids)
            self._insert_new(name, inserted)
        return inserted

    def add(self, name: str, rows: str) -> int:
        """Add the rows of a query and return how many; the table must not have their ids."""
        inserted = self._make("inserted", rows)
        self._insert_new(name, inserted)
        return inserted

    def replace(self, name: str, rows: str, scope: str) -> int:
        """Replace the rows that meet ``scope`` by those of a query; return how many ids differed.

        Equal rows are not touched. ``scope`` is a condition on the table's columns that every row of the
        query meets.
        """
        self._make("fetched", rows)
        return self.replace_by_fetched(name, scope)

    def replace_by_fetched(self, name: str, scope: str) -> int:
        """Do the same with the rows that are already in ``temp.fetched``."""
        existing = f"select * from {quote_identifier(name)} where {scope}"
        inserted = self._make("inserted", f"from temp.fetched except {existing}")
        stale = self._make("stale", f"{existing} except from temp.fetched")
        if inserted == stale == 0:
            return 0
        ids = self._connection.execute(
            "select count(*) from"
            " (select source_rowid from temp.inserted union select source_rowid from temp.stale)"
        ).fetchone()
        condition = f"({scope}) and source_rowid in (select source_rowid from temp.stale)"
        self._delete_stale(name, stale, condition)
        self._insert_new(name, inserted)
        return 0 if ids is None else int(ids[0])

    def _make(self, temporary: str, query: str) -> int:
        row = self._connection.execute(f"create or replace temp table {temporary} as {query}").fetchone()
        return 0 if row is None else int(row[0])

    def _insert_new(self, name: str, count: int) -> None:
        if count:
            if self._note(name, added=count):
                self._connection.execute(f"insert into temp.{_added(name)} from temp.inserted")
            table = quote_identifier(name)
            self._connection.execute(f"insert into {table} from temp.inserted order by source_rowid")

    def _delete_stale(self, name: str, count: int, condition: str) -> int:
        if count:
            if self._note(name, removed=count):
                self._connection.execute(f"insert into temp.{_removed(name)} from temp.stale")
            self._connection.execute(f"delete from {quote_identifier(name)} where {condition}")
        return count

    def _note(self, name: str, added: int = 0, removed: int = 0) -> bool:
        """Count a change, and return whether its rows must be recorded too."""
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
