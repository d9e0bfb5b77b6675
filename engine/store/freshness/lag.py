"""How far entries lag behind the source: the rows that came or changed after they were computed.

Reading it is one short query, equally short for a source of any size. It counts rows with new ids, and rows
whose own time says that they changed. It does not count what only the audit finds, nor what the dashboard
itself writes.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import chain

from engine.model.places.postgres_address import PostgresAddress, SourceAddress
from engine.model.settings import StorePlace
from engine.model.text.stamps import text_ranges
from engine.store.backend import Connection, has_table, reading
from engine.store.freshness.server_lag import count_on_server
from engine.store.freshness.source_tables import CAP, CappedCount, IndexedTable, indexed_tables
from engine.store.freshness.watermarks import Watermark, read_watermarks
from engine.store.sqlite.database import lenient_text, open_database


@dataclass(frozen=True)
class SourceLag:
    """How many rows of the source are new or changed since a run.

    ``is_capped`` is True if a table has more of either than were counted. ``seen_at`` is the clock before the
    run read the source, None if it saw no row.
    """

    new_rows: int
    changed_rows: int
    is_capped: bool
    seen_at: datetime | None = field(default=None, compare=False)

    @property
    def rows(self) -> int:
        """Return how many rows are new or changed; at least so many if ``is_capped``."""
        return self.new_rows + self.changed_rows

    def described(self, *, is_unchanged: bool) -> str:
        """Return it in words: ``12 new and 3 changed rows pending``.

        ``is_unchanged`` says that the file is known not to have changed since. The counts alone do not show
        that, because a deleted row, a message that was read and a run that ended are in none of them.
        """
        counts = (("new", self.new_rows), ("changed", self.changed_rows))
        parts = [f"{self._number(rows)} {kind}" for kind, rows in counts if rows]
        if not parts:
            return "Up to date" if is_unchanged else "No new rows"
        noun = "row" if self.rows == 1 else "rows"
        return f"{' and '.join(parts)} {noun} pending"

    def _number(self, rows: int) -> str:
        return f"{rows:,}" + ("+" if self.is_capped and rows >= CAP else "")


@dataclass(frozen=True)
class LagReport:
    """The lag of each run that has entries in the cache, by the time they were stored."""

    by_time: Mapping[datetime, SourceLag] = field(default_factory=dict)


def read_lag(db: SourceAddress, now: datetime, store: StorePlace | None = None) -> LagReport:
    """Return how far each run lags behind the source. Raises SourceError.

    Tables that no index leads through are left out. Without watermarks there is no lag. ``store`` has the
    watermarks, None if they are in the source.
    """
    stored = None
    if store is not None and store != db:
        # Before the source is read: a row that comes in between counts as new, and none is left out.
        with reading(store) as connection:
            stored = _watermarks(connection)
    if isinstance(db, PostgresAddress):
        return LagReport(_lag_of_server(db, stored or {}, now))
    with open_database(db) as connection:
        connection.text_factory = lenient_text
        # All queries in one transaction, so that they see one state.
        connection.execute("begin")
        tables = indexed_tables(connection)
        watermarks = _watermarks(connection) if stored is None else stored
        by_time = _lag_by_time(connection, tables, watermarks, now)
        connection.rollback()
    return LagReport(by_time)


def _lag_of_server(
    address: PostgresAddress, watermarks: Mapping[datetime, tuple[Watermark, ...]], now: datetime
) -> dict[datetime, SourceLag]:
    counts = count_on_server(address, chain.from_iterable(watermarks.values()), now)
    lags = {}
    for stored_at, found in watermarks.items():
        counted = [counts[each] for each in found if each in counts]
        lags[stored_at] = _sum(
            [new for new, _ in counted],
            [changed for _, changed in counted if changed is not None],
            min((watermark.seen_at for watermark in found), default=None),
        )
    return lags


def _watermarks(connection: Connection) -> dict[datetime, tuple[Watermark, ...]]:
    return read_watermarks(connection) if has_table(connection, "dashboard_source_marks") else {}


def _lag_by_time(
    connection: sqlite3.Connection,
    tables: Mapping[str, IndexedTable],
    watermarks: Mapping[datetime, tuple[Watermark, ...]],
    now: datetime,
) -> dict[datetime, SourceLag]:
    """Return the lag behind the watermarks of each run; no row is counted twice."""
    pairs_by_time = {
        stored_at: [(tables[each.table.lower()], each) for each in found if each.table.lower() in tables]
        for stored_at, found in watermarks.items()
    }
    last_ids: defaultdict[IndexedTable, set[int]] = defaultdict(set)
    for table, watermark in chain.from_iterable(pairs_by_time.values()):
        last_ids[table].add(watermark.last_id)
    new = {table: table.new_rows(connection, ids) for table, ids in last_ids.items()}

    @cache
    def changed(table: IndexedTable, watermark: Watermark) -> CappedCount:
        return table.changed_rows(connection, watermark.last_id, text_ranges(watermark.seen_at, now))

    return {
        stored_at: _sum(
            [new[table][watermark.last_id] for table, watermark in pairs],
            [changed(table, watermark) for table, watermark in pairs if table.change_index is not None],
            min((watermark.seen_at for watermark in watermarks[stored_at]), default=None),
        )
        for stored_at, pairs in pairs_by_time.items()
    }


def _sum(new: list[CappedCount], changed: list[CappedCount], seen_at: datetime | None) -> SourceLag:
    return SourceLag(
        new_rows=sum(count.rows for count in new),
        changed_rows=sum(count.rows for count in changed),
        is_capped=any(count.is_capped for count in new + changed),
        seen_at=seen_at,
    )
