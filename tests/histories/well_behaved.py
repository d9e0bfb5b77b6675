"""The pipeline as it is meant to write: what every sync must follow at once.

Ids only grow; sites and outreaches say in ``updated_at`` when they changed; a message is read once and a
job's run ends once; any row may be deleted.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.histories.draws import TABLES, Clock, Draw, Row
from tests.histories.history import History
from tests.histories.literals import insert, update
from tests.hostile.rows import OUTREACH_STATUSES, STATUSES

Act = Callable[[], None]

SPARE_COLUMNS = (
    ("sites", "error_message"),
    ("outreaches", "delivered_at"),
    ("conversations", "sentiment"),
    ("cron_job_logs", "error_message"),
    ("system_metrics", "disk_percent"),
)
"""Columns that some sources may lack; the tables are kept up to date without them."""


class WellBehavedWriter:
    """Writes transactions drawn from a seed into a history's source."""

    def __init__(self, history: History, rng: random.Random, clock: Clock) -> None:
        self.history = history
        self.rng = rng
        self.clock = clock
        self.draw = Draw(rng, clock)
        self._acts: tuple[tuple[Act, int], ...] = (
            (self._insert, 10),
            (self._update_site, 8),
            (self._update_outreach, 8),
            (self._update_many, 2),
            (self._read_message, 4),
            (self._end_job_run, 4),
            (self._change_job, 2),
            (self._delete, 5),
            (self._exchange_one, 2),
            (self._maintain, 1),
        )

    def fill(self) -> None:
        """Write the rows that there are from the start; at times a table has none, or lacks a column."""
        self.history.perform("begin immediate")
        for table, column in SPARE_COLUMNS:
            if self.rng.random() < 0.1:
                self.history.perform(f"alter table {table} drop column {column}")
        for table in TABLES:
            for _ in range(self.rng.choice((0, 3, 3, 12, 12, 25, 25, 330))):
                self.history.perform(insert(table, self._row(table), "insert or ignore"))
        self.history.perform("commit")

    def transaction(self) -> None:
        """Write one transaction, or several statements that are one each."""
        kind = self.rng.random()
        if kind < 0.3:
            self.history.perform("begin immediate")
        for _ in range(self.rng.choice((1, 1, 2, 4))):
            acts, weights = zip(*self._acts, strict=True)
            self.rng.choices(acts, weights)[0]()
        if kind < 0.3:
            self.history.perform("rollback" if kind < 0.08 else "commit")

    def touch(self, late_s: int) -> None:
        """Change a site and an outreach, with stamps taken so many seconds before."""
        for table, statuses in (("sites", STATUSES), ("outreaches", OUTREACH_STATUSES)):
            if (row := self._any_id(table)) is not None:
                changes: Row = {
                    "status": self.rng.choice(statuses), "updated_at": self.clock.stamp(late_s)
                }  # fmt: skip
                self.history.perform(update(table, changes, f"id = {row}"))

    def _row(self, table: str) -> Row:
        """Return a row of the columns that the table has."""
        columns = {row[1] for row in self.history.ask(f"pragma table_xinfo({table})")}
        return {name: value for name, value in self.draw.row(table).items() if name in columns}

    def _any_id(self, table: str, condition: str = "1") -> int | None:
        ids = [row[0] for row in self.history.ask(f"select id from {table} where {condition} order by id")]
        if not ids:
            return None
        found = self.rng.choice((ids[0], ids[-1], self.rng.choice(ids), self.rng.choice(ids)))
        return found if isinstance(found, int) else None

    def _insert(self) -> None:
        table = self.rng.choice(TABLES)
        for _ in range(self.rng.choice((1, 1, 2, 5))):
            self.history.perform(insert(table, self._row(table), "insert or ignore"))

    def _update_site(self) -> None:
        if (site := self._any_id("sites")) is not None:
            row = self._row("sites")
            names = ("status", "error_message", "html_dom", "updated_at")
            self.history.perform(update("sites", {n: row[n] for n in names if n in row}, f"id = {site}"))

    def _update_outreach(self) -> None:
        if (outreach := self._any_id("outreaches")) is not None:
            row = self._row("outreaches")
            names = ("status", "sent_at", "delivered_at", "updated_at")
            self.history.perform(
                update("outreaches", {n: row[n] for n in names if n in row}, f"id = {outreach}")
            )

    def _update_many(self) -> None:
        table, statuses = self.rng.choice((("sites", STATUSES), ("outreaches", OUTREACH_STATUSES)))
        before, after = self.rng.sample(statuses, 2)
        changes: dict[str, object] = {"status": after, "updated_at": self.clock.stamp()}
        self.history.perform(update(table, dict(changes), f"status = '{before}'"))  # type: ignore[arg-type]

    def _read_message(self) -> None:
        unread = self._any_id("conversations", "direction = 'inbound' and read_at is null")
        if unread is not None:
            self.history.perform(update("conversations", {"read_at": self.clock.stamp()}, f"id = {unread}"))

    def _end_job_run(self) -> None:
        running = self._any_id("cron_job_logs", "finished_at is null")
        if running is not None:
            failed = self.rng.random() < 0.4
            ended: Row = {
                "status": "failed" if failed else "success",
                "finished_at": self.clock.stamp(),
                "error_message": "timeout" if failed else None,
            }
            columns = {row[1] for row in self.history.ask("pragma table_xinfo(cron_job_logs)")}
            changes = {name: value for name, value in ended.items() if name in columns}
            self.history.perform(update("cron_job_logs", changes, f"id = {running}"))

    def _change_job(self) -> None:
        if (job := self._any_id("cron_jobs")) is not None:
            row = self._row("cron_jobs")
            names = self.rng.sample(sorted(row), 3)
            self.history.perform(update("cron_jobs", {name: row[name] for name in names}, f"id = {job}"))

    def _delete(self) -> None:
        table = self.rng.choice(TABLES)
        if (row := self._any_id(table)) is not None:
            conditions = (f"id = {row}", f"id = {row}", f"id >= {row}", f"id % 3 = {row % 3}", "1")
            self.history.perform(f"delete from {table} where {self.rng.choice(conditions)}")

    def _exchange_one(self) -> None:
        """Delete a row and insert another: their number stays as it was."""
        table = self.rng.choice(TABLES)
        if (row := self._any_id(table)) is not None:
            self.history.perform(f"delete from {table} where id = {row}")
            self.history.perform(insert(table, self._row(table), "insert or ignore"))

    def _maintain(self) -> None:
        number = self.rng.randrange(10**9)
        statements = (
            "vacuum",
            "analyze",
            f"create table other_{number} (id integer primary key, made_at text)",
            f"create index if not exists idx_sites_domain_{number} on sites(domain)",
            f"create index if not exists idx_site_status_site_{number} on site_status(site_id)",
            "drop index if exists idx_llm_usage_created_at",
            "pragma wal_checkpoint(truncate)",
            "reindex",
        )
        self.history.perform(self.rng.choice(statements))
