"""Applies changes to the rows of replica tables, and records them for the rollups.

Every change of a replica table's rows goes through here, except its first copy. The temporary tables
``added_<table>`` and ``removed_<table>`` hold the new and the old versions of changed rows, if there are any.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

import duckdb

from engine.model.text.quoting import quote_identifier

# In a shorter table, rows are found as fast by their ids.
LEAST_ROWS_FOUND_BY_TIME = 500_000
# Rows that are read again are of the last hour, of a slice of the day before, or stamped far in the future.
MOST_SPANS = 3
# The alias of a table is its row as a whole, unless a column has that name; no column's has a space.
_NEW, _OLD = '"new row"', '"old row"'


@dataclass(frozen=True)
class TableChange:
    """How many rows a sync added and removed. If the table was ``reloaded``, its rows are not recorded."""

    added: int = 0
    removed: int = 0
    reloaded: bool = False

    def parts(self, name: str) -> dict[str, int]:
        """Return the tables whose rows were added (1) or removed (-1): after a reload, the table itself."""
        if self.reloaded:
            return {quote_identifier(name): 1}
        added = {f"temp.{_added(name)}": 1} if self.added else {}
        removed = {f"temp.{_removed(name)}": -1} if self.removed else {}
        return added | removed


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
        for noted in self._noted:
            self._connection.execute(f"drop table temp.{noted}")
        self._noted.clear()
        self._changes.clear()

    def remove(self, name: str, condition: str) -> int:
        """Delete the rows that meet a condition; return how many."""
        count = self._make("stale", f"select * from {quote_identifier(name)} where {condition}")
        return self._delete_stale(name, count, condition)

    def fetch(self, rows: str) -> int:
        """Store the rows of a query in ``temp.fetched``; return how many they are."""
        return self._make("fetched", rows)

    def digest_of_fetched(self) -> str:
        """Return a digest of the rows in ``temp.fetched``."""
        digest = self._connection.execute(
            f"select bit_xor(hash({_NEW})), sum(hash({_NEW}) >> 1) from temp.fetched as {_NEW}"
        ).fetchone()
        return repr(digest)

    def take_fetched(self, name: str, stamp: str | None = None) -> int:
        """Replace rows by the rows of ``temp.fetched`` with the same ids; return how many differed.

        ``stamp`` is the column with the times of the rows' changes, None if there is none.
        """
        fetched = "temp.fetched"
        if stamp is not None and self._is_long(name):
            fetched = "temp.differing"
            if not self._leave_out_alike(name, stamp):
                return 0
        # The table is searched for the ids once, because a thousand scattered ids touch all its row groups.
        ids = f"source_rowid in (select source_rowid from {fetched})"
        self._make("existing", f"select * from {quote_identifier(name)} where {ids}")
        # An id is in each of the two once at most, and a join compares rows in half the time of ``except``.
        inserted = self._make(
            "inserted",
            f"select {_NEW}.* from {fetched} as {_NEW} left join temp.existing as {_OLD}"
            f" on {_OLD}.source_rowid = {_NEW}.source_rowid where {_NEW} is distinct from {_OLD}",
        )
        if inserted:
            ids = "source_rowid in (select source_rowid from temp.inserted)"
            stale = self._make("stale", f"from temp.existing where {ids}")
            self._delete_stale(name, stale, ids)
            self._insert_new(name, inserted)
        return inserted

    def _is_long(self, name: str) -> bool:
        counted = self._connection.execute(f"select count(*) from {quote_identifier(name)}").fetchone()
        return counted is not None and counted[0] >= LEAST_ROWS_FOUND_BY_TIME

    def _leave_out_alike(self, name: str, stamp: str) -> int:
        """Store the fetched rows in ``temp.differing``, without those that are found by their times.

        Most rows that are read again are as they were, so the table has them with the same times. These lie
        in a few spans, and DuckDB reads the table's other columns only where one fits. Once a row is not
        found, the table must be searched by ids anyway. Returns how many rows are left.
        """
        spans = self._spans(stamp)
        left = self._make("differing", "from temp.fetched")
        for first, last in reversed(spans):
            within = f"{stamp} between timestamp '{first}' and timestamp '{last}'"
            ids = "source_rowid in (select source_rowid from temp.fetched)"
            alike = f"select * from {quote_identifier(name)} where {within} and {ids}"
            left = self._make("differing", f"from temp.differing except ({alike})")
            if self._connection.execute(f"select 1 from temp.differing where {within} limit 1").fetchone():
                break
        return left

    def _spans(self, stamp: str) -> list[tuple[datetime, datetime]]:
        """Return the spans in which the times of fetched rows lie, apart at the longest gaps."""
        times = f"select distinct {stamp} as later from temp.fetched where {stamp} is not null"
        pairs = f"select later, lag(later) over (order by later) as earlier from ({times})"
        gaps = self._connection.execute(
            f"select earlier, later from ({pairs}) where later - earlier > interval 1 hour"
            f" order by later - earlier desc limit {MOST_SPANS - 1}"
        ).fetchall()
        first, last = self._connection.execute(f"select min(later), max(later) from ({times})").fetchall()[0]
        edges = sorted(edge for edge in (first, last, *chain(*gaps)) if edge is not None)
        return list(zip(edges[::2], edges[1::2], strict=True))

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

    def replace_whole(self, name: str, rows: str) -> bool:
        """Replace all rows by those of a query if they differ; return whether they did.

        It is for rows without ids, of which equal ones cannot be distinguished.
        """
        self._make("fetched", rows)
        table = quote_identifier(name)
        differing = self._connection.execute(
            f"select count(*) from ((from temp.fetched except all from {table})"
            f" union all (from {table} except all from temp.fetched))"
        ).fetchone()
        if differing is None or not differing[0]:
            return False
        self._connection.execute(f"delete from {table}")
        self._connection.execute(f"insert into {table} from temp.fetched")
        self.note_reload(name)
        return True

    def _make(self, temporary: str, query: str) -> int:
        row = self._connection.execute(f"create or replace temp table {temporary} as {query}").fetchone()
        return 0 if row is None else int(row[0])

    def _insert_new(self, name: str, count: int) -> None:
        if count:
            table = quote_identifier(name)
            self._connection.execute(f"insert into {table} from temp.inserted order by source_rowid")
            self._note(name, added=count)

    def _delete_stale(self, name: str, count: int, condition: str) -> int:
        if count:
            self._connection.execute(f"delete from {quote_identifier(name)} where {condition}")
            self._note(name, removed=count)
        return count

    def _note(self, name: str, added: int = 0, removed: int = 0) -> None:
        """Count a change, and record its rows, which are in ``temp.inserted`` or ``temp.stale``."""
        change = self._changes.get(name, TableChange())
        if change.reloaded:
            return
        self._changes[name] = replace(change, added=change.added + added, removed=change.removed + removed)
        rows, noted = ("inserted", _added(name)) if added else ("stale", _removed(name))
        if noted in self._noted:
            self._connection.execute(f"insert into temp.{noted} from temp.{rows}")
        else:
            # A new name takes a third of the time of a copy.
            self._connection.execute(f"drop table if exists temp.{noted}")
            self._connection.execute(f"alter table temp.{rows} rename to {noted}")
            self._noted.add(noted)


def _added(name: str) -> str:
    return quote_identifier(f"added_{name}")


def _removed(name: str) -> str:
    return quote_identifier(f"removed_{name}")
