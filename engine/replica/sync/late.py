"""Which rows are read again because their change may have come late: after others with a newer stamp.

Jobs stamp rows with the time they began, and commit them when they end. So a sync reads again all
rows that were stamped in the hour before the last one, and a slice of those of the day before: the
next sync the next slice. Of rows stamped far in the future it reads the latest. It takes over only
the rows that differ.

A slice is a piece of the index on the change column, read from its end on. Stamps are text in
several spellings, and numbers, which the index keeps apart: each kind is a lane of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.replica.source import Source
from engine.replica.sync.cursor import changed_since, first_far_day, stamped_far_ahead
from engine.replica.sync.state import Turn
from engine.replica.sync.survey import SourceTable

WINDOW = timedelta(hours=1)
# How far back slices go.
DAY = timedelta(days=1)
# Together they are at most 50,000 rows of a table: of the last hour, of a slice, and of each kind of
# stamps far in the future.
MOST_WINDOW_ROWS = 43_000
SLICE_ROWS = 1_000
FAR_ROWS = 2_000


@dataclass(frozen=True)
class ChangeStamps:
    """The change column of a table, quoted, and the times between which a sync reads all rows anyway."""

    table: SourceTable
    column: str
    cursor: datetime
    until: datetime

    def ids(self, condition: str) -> str:
        """Return the query for the ids of the rows that meet a condition."""
        return f"select {self.table.sql_rowid} as id from {self.table.sql_name} where {condition}"

    def newest(self, condition: str, rows: int) -> str:
        """Return the query for the ids of so many of them, those with the newest stamps."""
        return f"select id from ({self.ids(condition)} order by {self.column} desc limit {rows})"


@dataclass(frozen=True)
class LateRows:
    """Queries in SQLite for the ids of rows to read again, and where the next slice begins."""

    selects: tuple[str, ...]
    turn: Turn


def late_rows(source: Source, stamps: ChangeStamps, turn: Turn) -> LateRows:
    """Return which rows are read again that are stamped before the cursor, or far in the future."""
    far = (stamps.newest(each, FAR_ROWS) for each in stamped_far_ahead(stamps.column, stamps.until))
    ids, next_turn = _next_slice(source, stamps, turn)
    of_slice = (stamps.ids(f"{stamps.table.sql_rowid} in ({','.join(map(str, ids))})"),) if ids else ()
    return LateRows((*_window(source, stamps), *far, *of_slice), next_turn)


def _window(source: Source, stamps: ChangeStamps) -> tuple[str, ...]:
    """Return queries for the rows of the hour before the cursor, the newest if they are too many."""
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
    """Return the kinds of stamps as ranges of the index, each from a day before the cursor on."""
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
