"""What has come to the source since entries were computed.

One look is one short read, the same for a source of any size. It sees rows with new ids, and
changes that rows tell of themselves; what only the audit finds is no news. Nothing that the
dashboard itself writes counts.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import chain
from pathlib import Path

from engine.model.text.stamps import text_ranges
from engine.store.freshness.source_tables import CAP, AskableTable, CappedCount, askable_tables
from engine.store.freshness.watermarks import SourceMark, read_marks
from engine.store.sqlite.database import has_table, lenient_text, open_database


@dataclass(frozen=True)
class SourceNews:
    """How many rows of the source are newer than a run, or have changed since.

    ``is_capped`` where a table has more of either than were counted. ``seen_at`` is the clock before the
    run looked at the source, None if it saw no row.
    """

    newer_rows: int
    changed_rows: int
    is_capped: bool
    seen_at: datetime | None = field(default=None, compare=False)

    def described(self, *, is_unchanged: bool) -> str:
        """Return it in words: ``12 newer and 3 changed rows not included``.

        ``is_unchanged``: the file is known not to have changed since. Counts alone cannot tell that, for
        a deleted row, a message that was read and a run that ended are in none of them.
        """
        counts = (("newer", self.newer_rows), ("changed", self.changed_rows))
        parts = [f"{self._number(rows)} {kind}" for kind, rows in counts if rows]
        if not parts:
            return "Up to date" if is_unchanged else "No newer rows"
        noun = "row" if self.newer_rows + self.changed_rows == 1 else "rows"
        return f"{' and '.join(parts)} {noun} not included"

    def _number(self, rows: int) -> str:
        return f"{rows:,}" + ("+" if self.is_capped and rows >= CAP else "")


@dataclass(frozen=True)
class NewsReport:
    """The source as it is now: news for each time that entries were stored at."""

    by_time: Mapping[datetime, SourceNews] = field(default_factory=dict)


def read_news(db: Path, now: datetime) -> NewsReport:
    """Return what has come to the source since its marks were made. Raises SourceError.

    Tables that cannot be asked quickly are left out; a source without marks has no news.
    """
    with open_database(db) as connection:
        connection.text_factory = lenient_text
        # All queries in one transaction, so that they see one state.
        connection.execute("begin")
        tables = askable_tables(connection)
        marks = read_marks(connection) if has_table(connection, "dashboard_source_marks") else {}
        by_time = _news_by_time(connection, tables, marks, now)
        connection.rollback()
    return NewsReport(by_time)


def _news_by_time(
    connection: sqlite3.Connection,
    tables: Mapping[str, AskableTable],
    marks: Mapping[datetime, tuple[SourceMark, ...]],
    now: datetime,
) -> dict[datetime, SourceNews]:
    """Return the news since the marks of each run; nothing is asked twice."""
    asked = {
        stored_at: [(tables[mark.table.lower()], mark) for mark in found if mark.table.lower() in tables]
        for stored_at, found in marks.items()
    }
    last_ids: defaultdict[AskableTable, set[int]] = defaultdict(set)
    for table, mark in chain.from_iterable(asked.values()):
        last_ids[table].add(mark.last_id)
    newer = {table: table.newer_rows(connection, ids) for table, ids in last_ids.items()}

    @cache
    def changed(table: AskableTable, mark: SourceMark) -> CappedCount:
        return table.changed_rows(connection, mark.last_id, text_ranges(mark.seen_at, now))

    return {
        stored_at: _sum(
            [newer[table][mark.last_id] for table, mark in pairs],
            [changed(table, mark) for table, mark in pairs if table.change_index is not None],
            min((mark.seen_at for mark in marks[stored_at]), default=None),
        )
        for stored_at, pairs in asked.items()
    }


def _sum(newer: list[CappedCount], changed: list[CappedCount], seen_at: datetime | None) -> SourceNews:
    return SourceNews(
        newer_rows=sum(count.rows for count in newer),
        changed_rows=sum(count.rows for count in changed),
        is_capped=any(count.is_capped for count in newer + changed),
        seen_at=seen_at,
    )
