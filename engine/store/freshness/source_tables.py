"""The source's tables that can be read within microseconds, by their rows' ids or through an index.

Other tables are left out: a view, a virtual table, one whose rows have no ids. No statement here reads more
rows of a table than its limit, apart from rows that the dashboard itself wrote.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.model.catalogue.staging import INCREMENTAL, StagedTable, staging
from engine.model.job import KEY_COLUMNS, TASK_KEY
from engine.model.text.quoting import quote_identifier, quote_literal
from engine.store.sqlite.change_log import row_id_of

CAP = 10_000
"""Rows of one table are counted exactly up to here."""

_HIGHEST_ID = (1 << 63) - 1


@dataclass(frozen=True)
class CappedCount:
    """A number of rows; ``is_capped`` is True if there may be more."""

    rows: int
    is_capped: bool


@dataclass(frozen=True)
class IndexedTable:
    """One table. All names are quoted SQL, those of columns with the table's alias ``t``.

    ``is_own`` is a condition that holds for rows the dashboard itself wrote, None if it writes none.
    ``changed_at`` and its index are None if rows do not say when they changed, or if no index leads there.
    """

    name: str
    row_id: str
    is_own: str | None
    changed_at: str | None
    change_index: str | None

    def new_rows(self, connection: sqlite3.Connection, last_ids: Iterable[int]) -> dict[int, CappedCount]:
        """Return how many rows have higher ids than each of these, without the dashboard's own rows."""
        others = "" if self.is_own is None else f" and not {self.is_own}"
        sql = (
            f"select count(*) from (select 1 from {self.name} as t not indexed"
            f" where {self.row_id} > ? and {self.row_id} <= ?{others} limit ?)"
        )
        found, rows, highest = {}, 0, _HIGHEST_ID
        for last_id in sorted(set(last_ids), reverse=True):
            # Each row is counted once, and counting stops beyond the cap.
            if rows <= CAP:
                rows += connection.execute(sql, (last_id, highest, CAP + 1 - rows)).fetchone()[0]
            found[last_id], highest = CappedCount(min(rows, CAP), rows > CAP), last_id
        return found

    def changed_rows(
        self, connection: sqlite3.Connection, last_id: int, ranges: tuple[tuple[str, str], ...]
    ) -> CappedCount:
        """Return how many rows up to an id have a time of change within ranges of texts."""
        # New rows have such a time too. If they use up the limit, the number of new rows is the capped one.
        sql = (
            f"select count(*), coalesce(sum(id <= ?), 0) from (select {self.row_id} as id from {self.name}"
            f" as t indexed by {self.change_index} where {self._is_between()} limit ?)"
        )
        left, changed = 2 * (CAP + 1), 0
        for first, behind in ranges if self.change_index else ():
            read, found = connection.execute(sql, (last_id, first, behind, left)).fetchone()
            left, changed = left - read, changed + found
        return CappedCount(min(changed, CAP), left == 0 or changed > CAP)

    def _is_between(self) -> str:
        # The order of the index, because the column may have another one.
        return f"{self.changed_at} collate binary >= ? and {self.changed_at} collate binary < ?"


def indexed_tables(connection: sqlite3.Connection) -> Mapping[str, IndexedTable]:
    """Return the staged tables that can be read quickly, by their lower-cased name in the source."""
    schema: _Schema = connection.execute("select type, name, rootpage, sql from sqlite_master").fetchall()
    # The result depends on the schema alone, which is nearly always the same as the last time.
    for known, tables in _known:
        if known == schema:
            return tables
    found = _inspect(connection, schema)
    _known[:] = [(schema, found)]
    return found


_Schema = list[tuple[str, str, int, str | None]]
_known: list[tuple[_Schema, Mapping[str, IndexedTable]]] = []


def _inspect(connection: sqlite3.Connection, schema: _Schema) -> dict[str, IndexedTable]:
    # Views and virtual tables have no root page.
    names = {name.lower(): name for kind, name, page, _ in schema if kind == "table" and page}
    found: dict[str, IndexedTable] = {}
    for staged in staging().values():
        key = staged.source_table.lower()
        if key in names and key not in found:
            table = _source_table(connection, staged, names[key])
            if table is not None:
                found[key] = table
    return found


def _source_table(connection: sqlite3.Connection, staged: StagedTable, name: str) -> IndexedTable | None:
    row_id = row_id_of(connection, name)
    if row_id is None:
        return None
    columns = {
        column.lower(): f"t.{quote_identifier(column)}"
        for (column,) in connection.execute("select name from pragma_table_xinfo(?)", (name,)).fetchall()
    }
    present = {
        column.name: columns.get(column.plain.source_column.lower())
        for column in staged.columns
        if column.plain
    }
    own_key = present.get(KEY_COLUMNS.get(staged.name, ""))
    changed_at = columns.get((staged.cursor or "").lower()) if staged.sync == INCREMENTAL else None
    index = _leading_index(connection, name, staged.cursor or "") if changed_at else None
    table = IndexedTable(
        name=quote_identifier(name),
        row_id=f"t.{quote_identifier(row_id)}",
        is_own=None if own_key is None else f"({own_key} is {quote_literal(TASK_KEY)})",
        changed_at=None if index is None else changed_at,
        change_index=None if index is None else quote_identifier(index),
    )
    return table if _is_readable(connection, table) else None


def _leading_index(connection: sqlite3.Connection, table: str, column: str) -> str | None:
    """Return an index of all rows that begins with a column, in byte order; None if there is none."""
    sql = (
        "select indexes.name"
        " from pragma_index_list(?) as indexes, pragma_index_xinfo(indexes.name) as columns"
        " where not indexes.partial and columns.seqno = 0 and upper(columns.coll) = 'BINARY'"
        " and lower(columns.name) = lower(?)"
    )
    found = connection.execute(sql, (table, column)).fetchone()
    return None if found is None else found[0]


def _is_readable(connection: sqlite3.Connection, table: IndexedTable) -> bool:
    """Return whether SQLite accepts the names: rows may lack ids, a column may need an unknown function."""
    try:
        connection.execute(
            f"select {table.row_id}, {table.is_own or 0} from {table.name} as t not indexed limit 0"
        ).fetchall()
    except sqlite3.OperationalError as error:
        if str(error).startswith(("no such ", "unknown ", "unsafe ")):
            return False
        raise
    return True
