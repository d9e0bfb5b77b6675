"""The source's tables as they can be asked within microseconds: by their rows' ids, through an index.

What cannot be asked so is left out: a view, a virtual table, one whose rows have no ids. No
statement here reads more rows of a table than its limit, save for rows that the dashboard itself
has written.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from engine.change_log import row_id_of
from engine.job import KEY_COLUMNS, TASK_KEY
from engine.quoting import quote_identifier, quote_literal
from engine.staging import CHANGED, StagedTable, staging

CAP = 10_000
"""Rows of one table are counted exactly up to here."""

NEWEST_ROWS = 20

# The pipeline's last job may lie before many runs of the dashboard's own.
NEWEST_LOG_ROWS = 500


@dataclass(frozen=True)
class CappedCount:
    """A number of rows; ``is_capped`` where there may be more."""

    rows: int
    is_capped: bool


@dataclass(frozen=True)
class SourceTable:
    """One table to ask. All names are quoted SQL, those of columns with the table's alias ``t``.

    ``is_own`` is a condition that holds for rows the dashboard itself has written, None where it
    writes none. ``changed_at`` and its index are None where rows do not say when they changed, or
    nothing leads there quickly.
    """

    name: str
    row_id: str
    stamps: tuple[str, ...]
    is_own: str | None
    changed_at: str | None
    change_index: str | None

    def newer_rows(self, connection: sqlite3.Connection, last_id: int) -> CappedCount:
        """Return how many rows have higher ids, the dashboard's own left out."""
        others = "" if self.is_own is None else f" and not {self.is_own}"
        sql = (
            f"select count(*) from (select 1 from {self.name} as t not indexed"
            f" where {self.row_id} > ?{others} limit {CAP + 1})"
        )
        (rows,) = connection.execute(sql, (last_id,)).fetchone()
        return CappedCount(min(rows, CAP), rows > CAP)

    def changed_rows(
        self, connection: sqlite3.Connection, last_id: int, ranges: tuple[tuple[str, str], ...]
    ) -> CappedCount:
        """Return how many rows up to an id say that they changed at a time within ranges of texts."""
        # New rows have such a time too. Where they fill what is read, theirs is the capped number.
        sql = (
            f"select count(*), coalesce(sum(id <= ?), 0) from (select {self.row_id} as id from {self.name}"
            f" as t indexed by {self.change_index} where {self._is_between()} limit ?)"
        )
        left, changed = 2 * (CAP + 1), 0
        for first, behind in ranges if self.change_index else ():
            read, found = connection.execute(sql, (last_id, first, behind, left)).fetchone()
            left, changed = left - read, changed + found
        return CappedCount(min(changed, CAP), left == 0 or changed > CAP)

    def last_changes(self, connection: sqlite3.Connection, first: str, behind: str) -> list[object]:
        """Return the times of change that sort last within a range of texts."""
        if self.change_index is None:
            return []
        sql = (
            f"select {self.changed_at} from {self.name} as t indexed by {self.change_index}"
            f" where {self._is_between()} order by {self.changed_at} collate binary desc limit {NEWEST_ROWS}"
        )
        return [value for (value,) in connection.execute(sql, (first, behind))]

    def newest_stamps(self, connection: sqlite3.Connection) -> list[object]:
        """Return the timestamps of the rows with the highest ids, the dashboard's own left out."""
        if not self.stamps:
            return []
        names = [f"stamp_{place}" for place in range(len(self.stamps))]
        columns = ", ".join(f"{stamp} as {name}" for stamp, name in zip(self.stamps, names, strict=True))
        rows = NEWEST_ROWS if self.is_own is None else NEWEST_LOG_ROWS
        sql = (
            f"select {', '.join(names)} from (select {columns}, {self.is_own or 0} as is_own from {self.name}"
            f" as t not indexed order by {self.row_id} desc limit {rows}) where not is_own limit {NEWEST_ROWS}"
        )
        return [value for row in connection.execute(sql) for value in row]

    def _is_between(self) -> str:
        # In the order that the index has, whatever the column's own is.
        return f"{self.changed_at} collate binary >= ? and {self.changed_at} collate binary < ?"


def source_tables(connection: sqlite3.Connection) -> dict[str, SourceTable]:
    """Return the staged tables that can be asked, by their lower-cased name in the source."""
    # Views and virtual tables have no page of their own.
    sql = "select name from sqlite_master where type = 'table' and rootpage > 0"
    names = {name.lower(): name for (name,) in connection.execute(sql).fetchall()}
    found: dict[str, SourceTable] = {}
    for staged in staging().values():
        key = staged.source_table.lower()
        if key in names and key not in found:
            table = _source_table(connection, staged, names[key])
            if table is not None:
                found[key] = table
    return found


def _source_table(connection: sqlite3.Connection, staged: StagedTable, name: str) -> SourceTable | None:
    row_id = row_id_of(connection, name)
    if row_id is None or not _has_row_ids(connection, name, row_id):
        return None
    columns = {
        column.lower(): column
        for (column,) in connection.execute("select name from pragma_table_xinfo(?)", (name,)).fetchall()
    }

    def spelled(source_column: str) -> Iterator[str]:
        if source_column.lower() in columns:
            yield f"t.{quote_identifier(columns[source_column.lower()])}"

    present = {column.name: sql for column in staged.columns for sql in spelled(column.source_column)}
    own_key = present.get(KEY_COLUMNS.get(staged.name, ""))
    changed_at = staged.changed_at if staged.kept == CHANGED else None
    index = None if changed_at is None else _leading_index(connection, name, changed_at)
    return SourceTable(
        name=quote_identifier(name),
        row_id=f"t.{quote_identifier(row_id)}",
        stamps=tuple(
            present[column.name]
            for column in staged.columns
            if column.reader == "read_instant" and column.name in present
        ),
        is_own=None if own_key is None else f"({own_key} is {quote_literal(TASK_KEY)})",
        changed_at=None if changed_at is None or index is None else next(spelled(changed_at), None),
        change_index=None if index is None else quote_identifier(index),
    )
