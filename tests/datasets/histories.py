"""Histories of a replica: random rows come, change and go, noted as a sync notes them.

Times lie around a given *now*: many on the borders of quarters of an hour, hours and days, some
in the future, some missing. Numbers are of all sizes.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from engine.model.catalogue.staging import staging
from engine.model.clock import Clock
from engine.replica.macros import create_clock_macros, create_macros
from engine.replica.sync.changes import TableChange
from tests.datasets.given import create_tables, replica_types

WORDS = {
    "direction": ["inbound", "outbound", "odd"],
    "sentiment": ["positive", "neutral", "objection", "negative", "odd"],
    "channel": ["email", "form", "été"],
    "stage": ["found", "scored", "outreach_sent", "failing", "excluded"],
    "status": ["pending", "sent", "delivered", "bounced", "failed", "success", "running", "found"],
    "provider": ["a", "b"],
    "model": ["x", "y", "z"],
    "interval_unit": ["minutes", "hours", "days"],
    "error_message": [
        "timeout after 30 s",
        " HTTP 502 from https://example.com/a ",
        "",
        "id deadbeefdeadbeef",
    ],
    "job_name": ["one", "two", "three"],
    "task_key": ["one", "two", "three"],
    "name": ["One", "Two"],
}
IDS = {"site_id": 40, "outreach_id": 400}


@dataclass
class History:
    """A replica whose rows change with each step; ``seed`` decides how."""

    connection: duckdb.DuckDBPyConnection
    clock: Clock
    seed: int = 0
    next_row: int = 1

    def begin(self, rows: int) -> None:
        """Fill the staging tables with random rows."""
        create_macros(self.connection)
        create_clock_macros(self.connection, self.clock)
        create_tables(self.connection)
        for table in staging():
            self._insert(table, f"select {self.next_row} + i as row from range({rows}) as t(i)")
        self.next_row += rows

    def change(self, table: str, most: int) -> TableChange:
        """Add, change and remove up to about ``most`` rows of each kind, and note it."""
        self.seed += 1
        run = self.connection.execute
        chosen = f"hash(source_rowid * 1000003 + {self.seed})"
        count = run(f"select count(*) from {table}").fetchall()[0][0]
        run(
            f"create or replace temp table removed_{table} as"
            f" select * from {table} where {chosen} % {1 + count} < {most}"
        )
        run(f"delete from {table} where source_rowid in (select source_rowid from temp.removed_{table})")
        run(f"create or replace temp table added_{table} as from {table} limit 0")
        ids = (
            f"select source_rowid as row from temp.removed_{table} where {chosen} % 3 > 0"
            f" union all select {self.next_row} + i from range({self.seed % (most + 1)}) as t(i)"
        )
        self.next_row += most
        self._insert(f"temp.added_{table}", ids, table)
        run(f"insert into {table} from temp.added_{table}")
        counts = run(
            f"select (select count(*) from temp.added_{table}), (select count(*) from temp.removed_{table})"
        )
        return TableChange(*counts.fetchall()[0])

    def reload(self, table: str) -> TableChange:
        """Put other rows in the place of all, which is not noted row by row."""
        self.seed += 1
        rows = self.connection.execute(f"select count(*) from {table}").fetchall()[0][0]
        self.connection.execute(f"delete from {table}")
        self._insert(table, f"select {self.next_row} + i as row from range({rows}) as t(i)")
        self.next_row += rows
        return TableChange(reloaded=True)

    def _insert(self, into: str, rows: str, table: str | None = None) -> None:
        table = table or into
        values = ", ".join(
            f"row as {name}"
            if name == staging()[table].key
            else f"{self._value(name, type_, index)} as {name}"
            for index, (name, type_) in enumerate(replica_types()[table].items())
        )
        self.connection.execute(
            f"insert into {into} by name select row as source_rowid, {values} from ({rows})"
        )

    def _value(self, column: str, type_: str, index: int) -> str:
        h = f"hash(row * 1009 + {self.seed * 100 + index})"
        words = WORDS.get(column, ["w"])
        value = {
            "varchar": f"([{', '.join(repr(word) for word in words)}])[1 + ({h} % {len(words)})::integer]",
            "bigint": f"({h} % {IDS.get(column, 50)})::bigint",
            "hugeint": f"(400 + {h} % 5)::hugeint",
            "double": f"({h} % 1000003)::double / 7919 * case when {h} % 20 = 0 then 1e9 else 1 end"
            f" * case when {h} % 31 = 0 then -1 else 1 end",
            "boolean": f"{h} % 2 = 0",
            "timestamp": self._instant(h),
        }[type_]
        return f"case when hash(row * 1013 + {self.seed * 100 + index}) % 23 > 0 then {value} end"

    def _instant(self, h: str) -> str:
        now = f"timestamp '{self.clock.now:%Y-%m-%d %H:%M:%S}'"
        days_ago = f"date_trunc('hour', {now}) + to_hours(1) - to_seconds(900 * ({h} % 4000)::bigint)"
        minutes_ago = f"{now} - to_seconds(({h} % 3000)::bigint - 300)"
        second = f"to_seconds(case ({h} >> 8) % 4 when 0 then -1 when 1 then ({h} % 900)::bigint else 0 end)"
        return f"case when {h} % 5 = 0 then {minutes_ago} else {days_ago} end + {second}"
