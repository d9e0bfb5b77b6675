"""A writer that keeps to none of the rules: what a sync may miss, and the audit must find.

Each act breaks one of the assumptions that let a sync read only a part of the source.
"""

from __future__ import annotations

import random
from datetime import timedelta

from tests.engine.source_database import SCHEMA
from tests.histories.draws import TABLES, Clock
from tests.histories.history import History
from tests.histories.literals import insert, literal, update
from tests.histories.well_behaved import Act, WellBehavedWriter

HUGE_IDS = (2**31, 2**53 + 1, 2**62, 2**63 - 2, 2**63 - 1, -1, -7, -(2**62), -(2**63), 0)
DECLARED = ("", "text", "integer", "real", "blob", "numeric", "datetime")


def create_statement(table: str) -> str:
    """Return the pipeline's own statement for a table, in one line and without comments."""
    body = SCHEMA.split(f"CREATE TABLE {table} (", 1)[1].split(");", 1)[0]
    lines = [line.split("--")[0].strip() for line in body.splitlines()]
    return f"create table {table} ({' '.join(line for line in lines if line)})"


class OddWriter(WellBehavedWriter):
    """Writes transactions of which nothing can be taken for granted."""

    def __init__(self, history: History, rng: random.Random, clock: Clock, *, logged: bool = False) -> None:
        super().__init__(history, rng, clock)
        self._well_behaved = self._acts
        odd: list[tuple[Act, int]] = [
            (self._insert_old_id, 4),
            (self._insert_huge_id, 2),
            (self._update_silently, 5),
            (self._update_with_odd_stamp, 5),
            (self._set_clock_back, 1),
            (self._edit_any_cell, 6),
            (self._replace, 4),
            (self._change_id, 3),
            (self._swap_rows, 3),
            (self._insert_odd_row, 4),
            (self._delete_last_and_reuse, 3),
            (self._tamper_with_sequence, 1),
            (self._make_again, 3),
            (self._alter, 2),
            (self._drop_index, 1),
            (self._rename_table, 1),
        ]
        self._acts = (*self._well_behaved, *odd)
        self._logged = logged

    def fill(self) -> None:
        """Write the first rows, with a change log if there is to be one."""
        if self._logged:
            self.history.perform("-- change log")
        super().fill()

    def transaction(self) -> None:
        """Write one transaction; at times put an older state of the file in its place instead.

        With a change log, tables that were created again get their triggers before the next one.
        """
        if self._logged:
            super().transaction()
            self.history.perform("-- change log")
        elif self.rng.random() < 0.08:
            self.history.perform("-- backup")
        elif self.rng.random() < 0.05:
            self.history.perform(f"-- restore by {self.rng.choice(('renaming', 'copying'))}")
        else:
            super().transaction()

    def _table(self) -> str:
        return self.rng.choice((*TABLES, "sites", "outreaches", "site_status"))

    def _insert_old_id(self) -> None:
        table = self._table()
        used = {row[0] for row in self.history.ask(f"select id from {table}")}
        free = [number for number in range(-2, 60) if number not in used]
        row = {"id": self.rng.choice(free), **self._row(table)}
        self.history.perform(insert(table, row))

    def _insert_huge_id(self) -> None:
        table = self._table()
        self.history.perform(insert(table, {"id": self.rng.choice(HUGE_IDS), **self._row(table)}))

    def _update_silently(self) -> None:
        table = self.rng.choice(("sites", "outreaches"))
        if (row := self._any_id(table)) is not None:
            changes = self._row(table)
            changes.pop("updated_at", None)
            self.history.perform(update(table, changes, f"id = {row}"))

    def _update_with_odd_stamp(self) -> None:
        table = self.rng.choice(("sites", "outreaches"))
        if (row := self._any_id(table)) is not None:
            changes = self._row(table)
            changes["updated_at"] = self.draw.odd_cell(table, "updated_at")
            self.history.perform(update(table, changes, f"id = {row}"))

    def _set_clock_back(self) -> None:
        self.clock.now -= timedelta(seconds=self.rng.choice((5, 60, 3600, 5 * 86_400)))

    def _edit_any_cell(self) -> None:
        table = self._table()
        columns = [row[1] for row in self.history.ask(f"pragma table_info({table})")]
        if (row := self._any_id(table)) is not None and len(columns) > 1:
            column = str(self.rng.choice(columns[1:]))
            value = self.rng.choice((self.draw.odd_cell(table, column), self.draw.row(table).get(column)))
            self.history.perform(update(table, {column: value}, f"id = {row}"))

    def _replace(self) -> None:
        table = self._table()
        if (row := self._any_id(table)) is not None:
            self.history.perform(insert(table, {"id": row, **self._row(table)}, "insert or replace"))

    def _change_id(self) -> None:
        table = self._table()
        if (row := self._any_id(table)) is not None:
            to = self.rng.choice((str(row), "-id", "id + 1", "id + 1000", str(self.rng.choice(HUGE_IDS))))
            where = self.rng.choice(("", f" where id = {row}", f" where id = {row}"))
            self.history.perform(f"update {table} set id = {to}{where}")

    def _swap_rows(self) -> None:
        """Exchange the ids of two rows: the same rows in all, and as many."""
        table = self._table()
        one, other = self._any_id(table), self._any_id(table)
        if one is not None and other is not None and one != other:
            self.history.perform(f"update {table} set id = -777 where id = {one}")
            self.history.perform(f"update {table} set id = {one} where id = {other}")
            self.history.perform(f"update {table} set id = {other} where id = -777")

    def _insert_odd_row(self) -> None:
        table = self._table()
        for _ in range(self.rng.choice((1, 3))):
            self.history.perform(insert(table, self.draw.odd_row(table, 0.5), "insert or ignore"))

    def _delete_last_and_reuse(self) -> None:
        table = self._table()
        ids = [row[0] for row in self.history.ask(f"select max(id) from {table}")]
        if ids and isinstance(ids[0], int):
            self.history.perform(f"delete from {table} where id = {ids[0]}")
            row = self._row(table)
            self.history.perform(insert(table, row if self.rng.random() < 0.5 else {"id": ids[0], **row}))

    def _tamper_with_sequence(self) -> None:
        table = self._table()
        statements = (
            f"delete from sqlite_sequence where name = '{table}'",
            f"update sqlite_sequence set seq = 3 where name = '{table}'",
            f"update sqlite_sequence set seq = {literal('many')} where name = '{table}'",
        )
        self.history.perform(self.rng.choice(statements))

    def _make_again(self) -> None:
        """Drop a table and make it again, at times otherwise, with other rows or none."""
        table = self._table()
        self.history.perform(f"drop view if exists {table}")
        self.history.perform(f"drop table if exists {table}")
        kind = self.rng.randrange(8)
        if kind == 0:
            return
        statement = create_statement(table)
        if kind == 1:
            statement = statement.replace(" AUTOINCREMENT", "")
        elif kind == 2:
            statement = statement.replace(" PRIMARY KEY AUTOINCREMENT", "")
        elif kind == 3:
            statement = statement.replace(" AUTOINCREMENT", "") + " without rowid"
        elif kind == 4:
            statement = statement.replace(f"table {table}", f"table {table.upper()}")
        elif kind == 5:
            columns = ", ".join(f"{name} {self.rng.choice(DECLARED)}" for name in self.draw.row(table))
            statement = f"create table {table} (id integer primary key, {columns})"
        elif kind == 6:
            self._make_view(table)
            return
        self.history.perform(statement)
        if table in ("sites", "outreaches") and self.rng.random() < 0.6:
            self.history.perform(f"create index idx_{table}_updated_at on {table}(updated_at)")
        for _ in range(self.rng.choice((0, 2, 9))):
            self.history.perform(insert(table, self.draw.odd_row(table, 0.1), "insert or ignore"))

    def _make_view(self, table: str) -> None:
        kept = f"kept_{table}_{self.rng.randrange(10**6)}"
        self.history.perform(create_statement(table).replace(f"table {table}", f"table {kept}"))
        for _ in range(self.rng.choice((0, 2, 9))):
            self.history.perform(insert(kept, self.draw.row(table), "insert or ignore"))
        self.history.perform(f"create view {table} as select * from {kept}")
        if self.rng.random() < 0.1:
            self.history.perform(f"drop table {kept}")

    def _alter(self) -> None:
        table = self._table()
        column = self.rng.choice(sorted(self.draw.row(table)))
        number = self.rng.randrange(10**6)
        statements = (
            f"alter table {table} add column extra_{number} text",
            f"alter table {table} add column rowid integer",
            f"alter table {table} add column {column} text default 'added'",
            f"alter table {table} rename column {column} to old_{number}",
            f"alter table {table} drop column {column}",
            f"alter table {table} add column made_{number} text generated always as (id || 'x')",
        )
        self.history.perform(self.rng.choice(statements))

    def _drop_index(self) -> None:
        self.history.perform(
            f"drop index if exists idx_{self.rng.choice(('sites', 'outreaches'))}_updated_at"
        )

    def _rename_table(self) -> None:
        table, number = self._table(), self.rng.randrange(10**6)
        self.history.perform(f"alter table {table} rename to away_{number}")
        if self.rng.random() < 0.7:
            self.history.perform(f"alter table away_{number} rename to {table}")
