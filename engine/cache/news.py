"""What has come to the source since entries were computed, and whether its pipeline stands still.

One look is one short read, the same for a source of any size. It sees rows with new ids, and
changes that rows tell of themselves; what only the audit finds is no news. Nothing that the
dashboard itself writes counts.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import chain
from pathlib import Path

from engine.cache.marks import SourceMark, read_marks
from engine.cache.source_tables import CAP, AskableTable, CappedCount, askable_tables
from engine.clock import in_words
from engine.database import has_table, lenient_text, open_database
from engine.stamps import FIRST_DAY, parse_stamp, text_ranges

_SECOND, _DAY = timedelta(seconds=1), timedelta(days=1)


@dataclass(frozen=True)
class SourceNews:
    """How many rows of the source are newer than a run, or have changed since.

    ``is_capped`` where a table has more of either than were counted.
    """

    newer_rows: int
    changed_rows: int
    is_capped: bool

    @property
    def described(self) -> str:
        """Return it in words: ``12 newer and 3 changed rows not included``."""
        counts = (("newer", self.newer_rows), ("changed", self.changed_rows))
        parts = [f"{self._number(rows)} {kind}" for kind, rows in counts if rows]
        if not parts:
            return "nothing has changed since"
        noun = "row" if self.newer_rows + self.changed_rows == 1 else "rows"
        return f"{' and '.join(parts)} {noun} not included"

    def _number(self, rows: int) -> str:
        return f"{rows:,}" + ("+" if self.is_capped and rows >= CAP else "")


@dataclass(frozen=True)
class NewsReport:
    """The source as it is now: news for each time that entries were stored at.

    ``newest_row_at`` is the newest readable timestamp of rows that the pipeline has written, not
    later than now; None where there is none.
    """

    by_time: Mapping[datetime, SourceNews] = field(default_factory=dict)
    newest_row_at: datetime | None = None


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
        newest = [_newest_row_at(connection, table, now) for table in tables.values()]
        connection.rollback()
    return NewsReport(by_time, max((at for at in newest if at is not None), default=None))


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
        )
        for stored_at, pairs in asked.items()
    }


def _sum(newer: list[CappedCount], changed: list[CappedCount]) -> SourceNews:
    return SourceNews(
        newer_rows=sum(count.rows for count in newer),
        changed_rows=sum(count.rows for count in changed),
        is_capped=any(count.is_capped for count in newer + changed),
    )


def _newest_row_at(connection: sqlite3.Connection, table: AskableTable, now: datetime) -> datetime | None:
    changed_at = None if table.change_index is None else _newest_change_at(connection, table, now)
    return changed_at or _newest_of(table.newest_stamps(connection), now)


def _newest_change_at(connection: sqlite3.Connection, table: AskableTable, now: datetime) -> datetime | None:
    def newest_in(*ranges: tuple[str, str]) -> datetime | None:
        stamps = (table.last_changes(connection, first, behind) for first, behind in ranges)
        return _newest_of(chain.from_iterable(stamps), now)

    today = _midnight(now)
    if (found := newest_in(*text_ranges(today - _SECOND, now))) is not None:
        return found
    last = newest_in((FIRST_DAY, f"{today:%Y-%m-%d}"))
    if last is None:
        return None
    # What sorts last is of the last day that has any, but another spelling may be later on that day.
    day = _midnight(last)
    return newest_in(*text_ranges(day - _SECOND, day + _DAY - _SECOND)) or last


def _newest_of(stamps: Iterable[object], now: datetime) -> datetime | None:
    instants = map(parse_stamp, stamps)
    return max((instant for instant in instants if instant is not None and instant <= now), default=None)


def _midnight(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def stalled_line(newest_row_at: datetime | None, now: datetime, stalled_after_minutes: int) -> str | None:
    """Return the warning that the pipeline seems to stand still.

    None while its newest row is younger than so many minutes, or its age is not known.
    """
    if newest_row_at is None or now - newest_row_at < timedelta(minutes=stalled_after_minutes):
        return None
    age = in_words(now - newest_row_at)
    return f"The pipeline seems to stand still: its newest row is {age} old. No refresh changes that."
