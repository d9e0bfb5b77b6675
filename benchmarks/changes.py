"""What a pipeline does between two runs: new rows in every table that grows, changes in those that change.

A well-behaved writer: changed sites and outreaches get a new ``updated_at``, ids only grow, and no
stamp is later than the instant of the change. New rows are copies of random old ones.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from engine.model.clock import to_sqlite
from engine.store.sqlite.database import write_transaction

NEW_ROWS = CHANGED_ROWS = 1000
RECENT_SECONDS = 300

# By table, what a copy has instead of its original's value: the spelling of an instant is drawn.
_NOW, _RECENTLY = object(), object()
_COPIES: dict[str, dict[str, object]] = {
    "sites": {"created_at": _NOW, "updated_at": _NOW},
    "site_status": {"created_at": _RECENTLY},
    "outreaches": {
        "status": "pending", "error_message": None, "created_at": _NOW, "updated_at": _NOW,
        "sent_at": None, "delivered_at": None,
    },
    "conversations": {"received_at": _RECENTLY, "read_at": None},
    "llm_usage": {"created_at": _RECENTLY},
    "http_errors": {"occurred_at": _RECENTLY},
    "cron_job_logs": {
        "status": "running", "started_at": _RECENTLY, "finished_at": None, "summary": None,
        "error_message": None,
    },
    "system_metrics": {"recorded_at": _RECENTLY},
}  # fmt: skip
GROWING_TABLES = tuple(_COPIES)
_STATUSES = ("scored", "rescored", "enriched", "outreach_sent", "excluded", "failing")


def write_changes(
    db: Path, at: datetime, random: Random, *, new: int = NEW_ROWS, changed: int = CHANGED_ROWS
) -> None:
    """Change rows and add new ones in one transaction, as of an instant. Raises SourceError."""
    with write_transaction(db) as connection:
        change = _Change(connection, at, random)
        change.finish_runs(changed)
        change.read_messages(changed)
        change.move_sites(changed)
        change.deliver_outreaches(changed)
        for table in GROWING_TABLES:
            change.add_copies(table, new)


class _Change:
    def __init__(self, connection: sqlite3.Connection, at: datetime, random: Random) -> None:
        self._connection = connection
        self._at = at
        self._random = random

    def _stamp(self, at: datetime) -> str:
        text = to_sqlite(at)
        if self._random.random() < 0.5:
            return text
        return f"{text.replace(' ', 'T')}.{self._random.randrange(1000):03d}Z"

    def _some_ids(self, table: str, count: int) -> list[int]:
        highest = self._connection.execute(f"select max(id) from {table}").fetchone()[0] or 0
        return self._random.sample(range(1, highest + 1), min(count, highest))

    def add_copies(self, table: str, count: int) -> None:
        names = [row[1] for row in self._connection.execute(f"pragma table_info({table})") if row[1] != "id"]
        other = _COPIES[table]
        values = ", ".join("?" if name in other else name for name in names)
        sql = f"insert into {table} ({', '.join(names)}) select {values} from {table} where id = ?"
        ids = self._some_ids(table, count)
        replaced = [other[name] for name in names if name in other]
        originals = [ids[place % len(ids)] for place in range(count)]
        rows = [(*map(self._value, replaced), original) for original in originals]
        self._connection.executemany(sql, rows)

    def _value(self, replacement: object) -> object:
        if replacement is _NOW:
            return self._stamp(self._at)
        if replacement is _RECENTLY:
            return self._stamp(self._at - timedelta(seconds=self._random.randrange(RECENT_SECONDS)))
        return replacement

    def finish_runs(self, count: int) -> None:
        open_runs = self._connection.execute(
            "select id from cron_job_logs where finished_at is null order by id limit ?", (count,)
        ).fetchall()
        self._connection.executemany(
            "update cron_job_logs set status = ?, finished_at = ? where id = ?",
            [
                ("failed" if self._random.random() < 0.1 else "success", self._stamp(self._at), id_)
                for (id_,) in open_runs
            ],
        )

    def read_messages(self, count: int) -> None:
        unread = self._connection.execute(
            "select id from conversations where direction = 'inbound' and read_at is null limit ?", (count,)
        ).fetchall()
        self._connection.executemany(
            "update conversations set read_at = ? where id = ?",
            [(self._stamp(self._at), id_) for (id_,) in unread],
        )

    def move_sites(self, count: int) -> None:
        self._connection.executemany(
            "update sites set status = ?1, updated_at = ?2,"
            " error_message = case ?1 when 'failing' then 'Timeout after 30000 ms' end where id = ?3",
            [
                (self._random.choice(_STATUSES), self._stamp(self._at), id_)
                for id_ in self._some_ids("sites", count)
            ],
        )

    def deliver_outreaches(self, count: int) -> None:
        rows = [(self._stamp(self._at), id_) for id_ in self._some_ids("outreaches", count)]
        self._connection.executemany(
            "update outreaches set status = 'delivered', error_message = null, updated_at = ?1,"
            " sent_at = coalesce(sent_at, ?1), delivered_at = ?1 where id = ?2",
            rows,
        )
