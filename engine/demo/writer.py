"""Writes the demo's tables, then rows in batches, then the indexes; turns WAL mode on last."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from importlib import resources
from pathlib import Path

Row = tuple[object, ...]
Progress = Callable[[int, int], None]
"""Called with the rows written so far, and with those expected."""
OddValue = tuple[str, str, float, str]  # table, column, how far into the table (0 to 1), the value

BATCH_ROWS = 4000


class Writer:
    """The only connection to a new database file, with a buffer of rows for each table.

    The file is not yet worth anything until `finish` has returned: it is written without a journal,
    which is the fastest way and safe only because a failed file is thrown away.
    """

    def __init__(self, path: Path, rows_expected: int, progress: Progress | None) -> None:
        self._tables, self._indexes = _schema_statements()
        self._expected = rows_expected
        self._progress = progress
        self.rows_written = dict.fromkeys(self._tables, 0)
        self._buffers: dict[str, list[Row]] = {name: [] for name in self._tables}
        self._inserts: dict[str, str] = {}
        self._connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode = off", "synchronous = off", "cache_size = -65536"):
            self._connection.execute(f"pragma {pragma}")
        for name, statement in self._tables.items():
            self._connection.execute(statement)
            columns = self._connection.execute(f"select * from {name}").description
            self._inserts[name] = f"insert into {name} values ({', '.join('?' * len(columns))})"
        self._connection.execute("begin")

    def rows(self, table: str) -> Callable[[Row], None]:
        """Return a function that takes one row of the table, complete and in column order."""
        return self._buffers[table].append

    def flush(self, *, at_least: int = BATCH_ROWS) -> None:
        """Insert the buffers that hold at least a number of rows, and report the progress."""
        inserted = False
        for name, buffer in self._buffers.items():
            if buffer and len(buffer) >= at_least:
                self._connection.executemany(self._inserts[name], buffer)
                self.rows_written[name] += len(buffer)
                buffer.clear()
                inserted = True
        if inserted:
            self._report(self._expected)

    def finish(self, odd_values: Iterable[OddValue]) -> None:
        """Insert what is left, make a few values odd, create the indexes, and leave a file in WAL mode."""
        self.flush(at_least=1)
        for table, column, position, value in odd_values:
            self._spoil(table, column, position, value)
        self._connection.execute("commit")
        for statement in self._indexes:
            self._connection.execute(statement)
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma wal_checkpoint(truncate)")
        self._report(0)

    def close(self) -> None:
        """Close the file, finished or not. The last connection to close removes the log beside it."""
        self._connection.close()

    def _report(self, expected: int) -> None:
        if self._progress is not None:
            done = sum(self.rows_written.values())
            self._progress(done, max(done, expected))

    def _spoil(self, table: str, column: str, position: float, value: str) -> None:
        """Replace one value that is not null, at a fraction 0 to 1 of the table's ids."""
        self._connection.execute(
            f"update {table} set {column} = ? where id = (select min(id) from {table}"
            f" where {column} is not null and id >= (select max(id) from {table}) * ?)",
            (value, position),
        )


def tables_of_schema() -> tuple[str, ...]:
    """Return the names of the demo's tables."""
    return tuple(_schema_statements()[0])


def _schema_statements() -> tuple[dict[str, str], list[str]]:
    """Return the schema's tables by name, and its indexes, each as the statement that SQLite recorded."""
    script = resources.files("engine.demo").joinpath("schema.sql").read_text(encoding="utf-8")
    scratch = sqlite3.connect(":memory:")
    try:
        scratch.executescript(script)
        objects = scratch.execute(
            "select type, name, sql from sqlite_master"
            " where sql is not null and name not like 'sqlite~_%' escape '~' order by rowid"
        ).fetchall()
    finally:
        scratch.close()
    tables = {name: sql for kind, name, sql in objects if kind == "table"}
    return tables, [sql for kind, _, sql in objects if kind == "index"]
