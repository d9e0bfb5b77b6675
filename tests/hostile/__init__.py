"""Owns the making of hostile databases: small source databases full of edge cases and unreadable values.

The same arguments always make the same rows. The real schema's NOT NULL is left out, so nulls occur in
every column, and a share of the databases declares other column types.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Collection
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from .draw import Draw
from .rows import ROWS, Row
from .schema import TABLES, create_statements
from .values import RawText

__all__ = ["HOSTILE_MOMENTS", "TABLES", "make_hostile_database"]

HOSTILE_MOMENTS: tuple[tuple[datetime, str], ...] = (
    (datetime(2026, 11, 23, 20, 0, 0, tzinfo=UTC), "UTC"),
    (datetime(2026, 11, 23, 0, 0, 0, tzinfo=UTC), "UTC"),
    # Adelaide is 9:30 or 10:30 ahead; its clocks go back at 16:30 UTC on 4 April, forward on 3 October.
    (datetime(2026, 4, 4, 17, 10, 0, tzinfo=UTC), "Australia/Adelaide"),
    (datetime(2026, 4, 6, 3, 17, 41, tzinfo=UTC), "Australia/Adelaide"),
    (datetime(2026, 10, 4, 13, 29, 59, tzinfo=UTC), "Australia/Adelaide"),
    (datetime(2026, 10, 29, 13, 30, 0, tzinfo=UTC), "Australia/Adelaide"),
    # New York's clocks go forward at 7:00 UTC on 8 March, back at 6:00 UTC on 1 November.
    (datetime(2026, 3, 9, 4, 0, 0, tzinfo=UTC), "America/New_York"),
    (datetime(2026, 11, 1, 6, 30, 0, tzinfo=UTC), "America/New_York"),
    (datetime(2026, 11, 2, 4, 59, 59, tzinfo=UTC), "America/New_York"),
    (datetime(2026, 12, 31, 18, 20, 5, tzinfo=UTC), "Asia/Kathmandu"),
    # Santiago's clocks go forward at its midnight: 6 September begins at 01:00 there.
    (datetime(2026, 9, 7, 2, 0, 0, tzinfo=UTC), "America/Santiago"),
)
"""Instants and time zones worth computing at: clock changes within days of now, hours that begin at :30."""


def make_hostile_database(
    path: Path,
    seed: int,
    now: datetime,
    *,
    time_zone: str,
    without: Collection[str] = (),
    disputed: bool = True,
) -> None:
    """Creates a database at `path`, in WAL mode with an empty log, of a few hundred rows a table.

    `without` names tables to leave out. Every fourth seed leaves one table empty. `disputed=False` leaves
    out the values whose reading the rules do not settle, so that what remains has one right answer.
    `path` must not exist; ValueError for an unknown table in `without`.
    """
    unknown = set(without) - set(TABLES)
    if unknown:
        raise ValueError(f"no such source table: {', '.join(sorted(unknown))}")
    rng = random.Random(seed)
    draw = Draw(rng, now, ZoneInfo(time_zone), disputed, quiet=rng.random() < 0.5)
    empty = rng.choice(list(TABLES)) if seed % 4 == 3 else None
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("pragma journal_mode = wal")
        for statement in create_statements(rng, tuple(without)):
            connection.execute(statement)
        connection.execute("insert into unrelated (created_at) values ('2026-01-01')")
        for table, rows in ROWS.items():
            drawn = list(rows(draw))
            if table not in without and table != empty:
                for row in drawn:
                    _insert(connection, table, row)
        if draw.quiet:
            _write_last(connection, draw, [table for table in TABLES if table not in without])


def _write_last(connection: sqlite3.Connection, draw: Draw, tables: list[str]) -> None:
    """Gives the newest stamp that is not later than now to one timestamp column, any of all there are."""
    stamps = [(table, name) for table in tables for name, kind in TABLES[table].items() if kind == "DATETIME"]
    table, column = draw.rng.choice(stamps)
    newest = datetime.fromtimestamp(draw.now_s - draw.rng.randrange(1, 60), tz=UTC)
    text = newest.strftime("%Y-%m-%d %H:%M:%S")
    connection.execute(f"update {table} set {column} = ? where id = (select max(id) from {table})", [text])


def _insert(connection: sqlite3.Connection, table: str, row: Row) -> None:
    # Only a cast gives bytes that are not UTF-8 the storage class of text.
    places = ", ".join("cast(? as text)" if isinstance(cell, RawText) else "?" for cell in row.values())
    cells = [cell.data if isinstance(cell, RawText) else cell for cell in row.values()]
    connection.execute(f"insert into {table} ({', '.join(row)}) values ({places})", cells)
