"""The replica: the source's tables in DuckDB, with the columns that datasets need, cleaned.

A replica table has the columns of its staging file and one more, ``unreadable``, a bit for each
column whose value is there but has no reading. Loading never fails for a value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from engine.clock import Clock
from engine.compute.raw import raw_expression
from engine.compute.source import Source, SourceTable, open_source, quote_identifier, size_of
from engine.datasets import Dataset
from engine.results import IntegrityCheck, UnreadableCount
from engine.source_errors import is_about_the_file
from engine.staging import FACT_TABLES, StagedColumn, StagedTable, staging


@dataclass(frozen=True)
class LoadedTable:
    """A staged table as the replica holds it: ``missing`` maps replica columns it lacks to the reason."""

    staged: StagedTable
    present: tuple[StagedColumn, ...]
    missing: dict[str, str]
    unreadable: tuple[UnreadableCount, ...]


@dataclass(frozen=True)
class Replica:
    """The tables of one snapshot by name; ``broken`` has the reason for each that cannot be read."""

    loaded: dict[str, LoadedTable]
    broken: dict[str, str]

    def reason_without(self, dataset: Dataset) -> str | None:
        """Return which table or column a dataset lacks here; None where it has all it reads."""
        for read in dataset.reads:
            name, _, column = read.partition(".")
            if name in FACT_TABLES:
                continue
            if name in self.broken:
                return self.broken[name]
            if name not in self.loaded:
                return f"table {staging()[name].source_table} is missing"
            if column in self.loaded[name].missing:
                return self.loaded[name].missing[column]
        return None


class UnreadableTable(Exception):
    """A source table that SQLite cannot read, such as a view that names a dropped table."""

    def __init__(self, staged: StagedTable, error: duckdb.Error) -> None:
        self.name = staged.name
        message = " ".join(str(error).splitlines()[0].split())
        self.reason = f"table {staged.source_table} cannot be read ({message})"
        super().__init__(self.reason)


def build_replica(
    connection: duckdb.DuckDBPyConnection,
    db: Path,
    tables: tuple[StagedTable, ...],
    *,
    clock: Clock,
    integrity: IntegrityCheck | None,
    report: Callable[[int, str], None],
) -> Replica:
    """Copy the tables, all from one snapshot, and the facts about the file. Raises SourceError.

    ``report`` is told the number of tables done and what comes next.
    """
    broken: dict[str, str] = {}
    while True:
        try:
            with open_source(connection, db) as source:
                loaded: dict[str, LoadedTable] = {}
                for done, staged in enumerate(tables):
                    report(done, f"reading {staged.source_table}")
                    if staged.name not in broken and (table := load_table(source, staged)):
                        loaded[staged.name] = table
                load_facts(source, clock, loaded, integrity)
                return Replica(loaded, broken)
        except UnreadableTable as error:
            # Its failure has ended the snapshot; the next one is read without it.
            broken[error.name] = error.reason


def load_table(source: Source, staged: StagedTable) -> LoadedTable | None:
    """Copy one source table into the replica; None where the source has no such table.

    Raises UnreadableTable, which ends the snapshot it happens in, and DuckDB's own error where
    the file itself is at fault.
    """
    try:
        table = source.find_table(staged.source_table)
        if table is None:
            return None
        present = tuple(column for column in staged.columns if column.source_column.lower() in table.columns)
        source.connection.execute(
            f"create or replace table {quote_identifier(staged.name)} as {_select(source, table, present)}"
        )
    except duckdb.Error as error:
        if is_about_the_file(str(error)):
            raise
        raise UnreadableTable(staged, error) from error
    missing = {
        column.name: f"column {column.source_column} of table {staged.source_table} is missing"
        for column in staged.columns
        if column not in present
    }
    return LoadedTable(staged, present, missing, _count_unreadable(source.connection, staged, present))


def _select(source: Source, table: SourceTable, columns: tuple[StagedColumn, ...]) -> str:
    fetched = ", ".join(
        f"{raw_expression(column.reader, quote_identifier(table.columns[column.source_column.lower()]))}"
        f" as raw_{index}"
        for index, column in enumerate(columns)
    )
    raw = source.query(f"select {fetched or 'null as raw_0'} from {quote_identifier(table.name)}")
    read = ", ".join(
        f"{column.reader}(raw_{index}) as {column.name}, raw_{index} is not null as given_{index}"
        for index, column in enumerate(columns)
    )
    bits = " + ".join(
        f"case when given_{index} and {column.name} is null then {1 << index} else 0 end"
        for index, column in enumerate(columns)
        if column.can_be_unreadable
    )
    names = "".join(f"{column.name}, " for column in columns)
    return (
        f"select {names}cast({bits or '0'} as integer) as unreadable from (select {read or '1'} from {raw})"
    )


def _count_unreadable(
    connection: duckdb.DuckDBPyConnection, staged: StagedTable, columns: tuple[StagedColumn, ...]
) -> tuple[UnreadableCount, ...]:
    if not columns:
        return ()
    counters = ", ".join(
        f"count(*) filter (where unreadable & {1 << index} > 0)" for index in range(len(columns))
    )
    row = connection.execute(
        f"select {counters} from {quote_identifier(staged.name)} where unreadable > 0"
    ).fetchone()
    return tuple(
        UnreadableCount(staged.source_table, column.source_column, count)
        for column, count in zip(columns, row or (), strict=True)
        if count
    )


def load_facts(
    source: Source, clock: Clock, loaded: dict[str, LoadedTable], integrity: IntegrityCheck | None
) -> None:
    """Fill ``source_file`` (one row) and ``source_tables`` (one row for each table present)."""
    connection = source.connection
    connection.execute(
        "create or replace table source_file (size_bytes bigint, wal_bytes bigint, page_size bigint,"
        " pages bigint, free_pages bigint, journal_mode varchar, integrity varchar)"
    )
    connection.execute(
        "insert into source_file values (?, ?, ?, ?, ?, ?, ?)",
        [
            size_of(source.db),
            size_of(source.db.with_name(source.db.name + "-wal")),
            source.value("select page_size from pragma_page_size"),
            source.value("select page_count from pragma_page_count"),
            source.value("select freelist_count from pragma_freelist_count"),
            source.value("select journal_mode from pragma_journal_mode"),
            None if integrity is None else integrity.finding,
        ],
    )
    connection.execute(
        "create or replace table source_tables (name varchar, rows bigint, last_write_at timestamp)"
    )
    for name in staging():
        if name in loaded:
            connection.execute(f"insert into source_tables {_table_facts(loaded[name])}")


def _table_facts(table: LoadedTable) -> str:
    stamps = [column.name for column in table.present if column.reader == "read_instant"]
    newest = ", ".join(f"max({stamp}) filter (where {stamp} <= run_now())" for stamp in stamps)
    last_write_at = f"greatest({newest})" if newest else "cast(null as timestamp)"
    name = table.staged.source_table.replace("'", "''")
    return f"select '{name}', count(*), {last_write_at} from {quote_identifier(table.staged.name)}"
