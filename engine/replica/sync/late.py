"""Finds rows whose change may have come late, after the changes of rows with newer stamps.

A job may stamp a row with the time it began, and commit the row when it ends. So each sync reads again all
rows stamped in the hour before the last sync, the next slice of the rows stamped in the day before, and the
latest of the rows stamped far in the future.

A slice is a part of the index on the cursor column, read backwards. Stamps are text in several spellings, or
numbers, and the index sorts each kind by itself. So each kind has its own lane.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.replica.source import Source
from engine.replica.sync.cursor import changed_since, first_far_day, stamped_far_ahead
from engine.replica.sync.state import Turn
from engine.replica.sync.survey import SourceTable

WINDOW = timedelta(hours=1)
# Slices go back this far.
DAY = timedelta(days=1)
# At most 50,000 rows of a table in all: rows of the last hour, a slice, and far rows of each of three kinds.
MOST_WINDOW_ROWS = 43_000
SLICE_ROWS = 1_000
FAR_ROWS = 2_000


@dataclass(frozen=True)
class ChangeStamps:
    """The quoted cursor column of a table, and the times between which a sync reads all rows anyway."""

    table: SourceTable
    column: str
    cursor: datetime
    until: datetime

    def ids(self, condition: str) -> str:
        """Return the query for the ids of the rows that meet a condition."""
        return f"select {self.table.sql_rowid} as id from {self.table.sql_name} where {condition}"

    def newest(self, condition: str, rows: int) -> str:
        """Return the query for the ids of the ``rows`` newest rows that meet a condition."""
        return f"select id from ({self.ids(condition)} order by {self.column} desc limit {rows})"


@dataclass(frozen=True)
class LateRows:
    """Queries in SQLite for the ids of rows to read again, and where the next slice begins."""

    selects: tuple[str, ...]
    turn: Turn


def late_rows(source: Source, stamps: ChangeStamps, turn: Turn) -> LateRows:
    """Return the rows to read again that are stamped before the cursor, or far in the future."""
    far = (stamps.newest(each, FAR_ROWS) for each in stamped_far_ahead(stamps.column, stamps.until))
    ids, next_turn = _next_slice(source, stamps, turn)
    of_slice = (stamps.ids(f"{stamps.table.sql_rowid} in ({','.join(map(str, ids))})"),) if ids else ()
    return LateRows((*_window(source, stamps), *far, *of_slice), next_turn)


def _window(source: Source, stamps: ChangeStamps) -> tuple[str, ...]:
    """Return queries for the rows of the hour before the cursor; if they are too many, for so many of them.

    These are the newest of each spelling, because SQLite orders stamps of one spelling alone.
    """
    since_cursor = " or ".join(
        f"({each})" for each in changed_since(stamps.column, stamps.cursor, stamps.until)
    )
    before = [
        f"({each}) and not ({since_cursor})"
        for each in changed_since(stamps.column, stamps.cursor - WINDOW, stamps.until)
    ]
    all_ids = " union all ".join(stamps.ids(each) for each in before)
    counted = int(source.value(f"select count(*) from ({all_ids} limit {MOST_WINDOW_ROWS + 1})") or 0)
    if counted <= MOST_WINDOW_ROWS:
        return (all_ids,) if counted else ()
    newest = " union all ".join(f"select * from ({stamps.newest(each, MOST_WINDOW_ROWS)})" for each in before)
    return (f"select id from ({newest}) limit {MOST_WINDOW_ROWS}",)


def _lanes(cursor: datetime, until: datetime) -> tuple[tuple[str, str], ...]:
    """Return the lanes: for each kind of stamps a range of the index, from a day before the cursor."""
    oldest, (first_far, far_epoch) = cursor - DAY, first_far_day(until)
    epoch = int(oldest.timestamp())
    return (
        (f"'{oldest:%Y-%m-%d}'", f"'{first_far}'"),
        (f"{epoch * 1000}", f"{far_epoch * 1000}"),
        (f"{epoch}", f"{far_epoch}"),
        (f"'{epoch}'", "'2'"),
    )


def _next_slice(source: Source, stamps: ChangeStamps, turn: Turn) -> tuple[list[int], Turn]:
    """Return the ids of the next slice and where the one after it begins."""
    column, row_id = stamps.column, stamps.table.sql_rowid
    lanes = _lanes(stamps.cursor, stamps.until)
    ids: list[int] = []
    for _ in lanes:
        lowest, behind = lanes[turn.lane]
        ends = f"{column} >= {lowest} and {column} < {behind}"
        if turn.stamp is not None:
            ends += f" and {column} <= {turn.stamp} and ({column} < {turn.stamp} or {row_id} < {turn.row_id})"
        wanted = SLICE_ROWS - len(ids)
        found = source.rows(
            f"select {row_id}, quote({column}) from {stamps.table.sql_name} where {ends}"
            f" order by {column} desc, {row_id} desc limit {wanted}"
        )
        ids += [int(found_id or 0) for found_id, _ in found]
        if len(found) == wanted:
            return ids, Turn(turn.lane, found[-1][1], ids[-1])
        turn = Turn((turn.lane + 1) % len(lanes))
    return ids, turn
