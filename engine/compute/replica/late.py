"""Which rows are read again because their change may have come late: after others with a newer stamp.

Jobs stamp rows with the time they began, and commit them when they end. So a sync reads again all
rows that were stamped in the hour before the last one, and of the day before, and of the future, a
slice: the next sync the next slice. It takes over only those that differ.

A slice is a piece of the index on the change column, read from its end on. Stamps are text in
several spellings, and numbers, which the index keeps apart: each kind is a lane of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.compute.replica.cursor import changed_since
from engine.compute.replica.survey import SourceTable
from engine.compute.source import Source

WINDOW = timedelta(hours=1)
# How far back, and how far ahead of the clock, slices go.
DAY = timedelta(days=1)
# At most so many rows of a table are read again for being late, and of them so many in a slice.
MOST_LATE_ROWS = 50_000
MOST_WINDOW_ROWS = 45_000
SLICE_ROWS = 1_000


@dataclass(frozen=True)
class Turn:
    """Where the last slice ended: in which lane, and at which stamp (an SQL literal) and row id there.

    ``stamp`` and ``row_id`` are None where a lane begins.
    """

    lane: int = 0
    stamp: str | None = None
    row_id: int | None = None


FIRST_TURN = Turn()


@dataclass(frozen=True)
class LateRows:
    """Queries in SQLite for the ids of rows to read again, and where the next slice begins."""

    selects: tuple[str, ...]
    turn: Turn


def late_rows(source: Source, table: SourceTable, column: str, cursor: datetime, turn: Turn) -> LateRows:
    """Return which rows stamped before ``cursor``, and in the future, are read again.

    ``column`` is the change column, quoted. All rows from ``cursor`` on are read besides.
    """
    window = _window(source, table, column, cursor)
    ids, next_turn = _next_slice(source, table, column, cursor, turn)
    selects = (*window, _by_ids(table, ids)) if ids else window
    return LateRows(selects, next_turn)


def _window(source: Source, table: SourceTable, column: str, cursor: datetime) -> tuple[str, ...]:
    """Return queries for the rows of the hour before a cursor, newest first where they are too many."""
    conditions = changed_since(column, cursor - WINDOW)
    since_cursor = " or ".join(f"({condition})" for condition in changed_since(column, cursor))
    before = [f"({condition}) and not ({since_cursor})" for condition in conditions]
    rows = " union all ".join(f"select 1 from {table.sql_name} where {condition}" for condition in before)
    counted = source.value(f"select count(*) from (select 1 from ({rows}) limit {MOST_WINDOW_ROWS + 1})")
    if counted == "0":
        return ()
    if int(counted or 0) <= MOST_WINDOW_ROWS:
        return tuple(f"select {table.sql_rowid} from {table.sql_name} where {each}" for each in before)
    newest = " union all ".join(
        f"select * from (select {table.sql_rowid} as id from {table.sql_name} where {condition}"
        f" order by {column} desc limit {MOST_WINDOW_ROWS})"
        for condition in before
    )
    return (f"select id from ({newest}) limit {MOST_WINDOW_ROWS}",)


def _lanes(cursor: datetime) -> tuple[tuple[str, str], ...]:
    """Return the kinds of stamps as ranges of the index, each from a day before the cursor on."""
    oldest = cursor - DAY
    epoch = int(oldest.timestamp())
    return (
        (f"'{oldest:%Y-%m-%d}'", "'3'"),
        (f"{epoch * 1000}", "''"),
        (f"{epoch}", "100000000000"),
        (f"'{epoch}'", "'2'"),
    )


def _next_slice(
    source: Source, table: SourceTable, column: str, cursor: datetime, turn: Turn
) -> tuple[list[int], Turn]:
    """Return the ids of the next slice and where the one after it begins."""
    lanes = _lanes(cursor)
    ids: list[int] = []
    for _ in lanes:
        lowest, behind = lanes[turn.lane]
        ends = f"{column} >= {lowest} and {column} < {behind}"
        if turn.stamp is not None:
            ends += (
                f" and {column} <= {turn.stamp}"
                f" and ({column} < {turn.stamp} or {table.sql_rowid} < {turn.row_id})"
            )
        wanted = SLICE_ROWS - len(ids)
        found = source.rows(
            f"select {table.sql_rowid}, quote({column}) from {table.sql_name} where {ends}"
            f" order by {column} desc, {table.sql_rowid} desc limit {wanted}"
        )
        ids += [int(row_id or 0) for row_id, _ in found]
        if len(found) == wanted:
            return ids, Turn(turn.lane, found[-1][1], ids[-1])
        turn = Turn((turn.lane + 1) % len(lanes))
    return ids, turn


def _by_ids(table: SourceTable, ids: Iterable[int]) -> str:
    wanted = ",".join(map(str, ids))
    return f"select {table.sql_rowid} from {table.sql_name} where {table.sql_rowid} in ({wanted})"
