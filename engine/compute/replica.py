"""The replica: the source's tables in DuckDB, with the columns that datasets need, cleaned.

A replica table has the columns of its staging file and one more, ``unreadable``, a bit for each
column whose value is there but has no reading. Loading never fails for a value.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from engine.clock import Clock
from engine.compute.raw import raw_expression
from engine.compute.source import Source, SourceTable, quote_identifier, size_of
from engine.results import IntegrityCheck, UnreadableCount
from engine.staging import StagedColumn, StagedTable, staging


@dataclass(frozen=True)
class LoadedTable:
    """A staged table as the replica holds it: ``missing`` maps replica columns it lacks to the reason."""

    staged: StagedTable
    present: tuple[StagedColumn, ...]
    missing: dict[str, str]


def load_table(source: Source, staged: StagedTable) -> LoadedTable | None:
    """Copy one source table into the replica; None where the source has no such table.

    A table that cannot be read, such as a view that names a dropped table, is as if all its
    columns were missing. Raises DuckDB's error where the file itself is at fault.
    """
    try:
        table = source.find_table(staged.source_table)
    except duckdb.Error as error:
        return _unusable_table(source, staged, error)
    if table is None:
        return None
    present = tuple(column for column in staged.columns if column.source_column.lower() in table.columns)
    missing = {
        column.name: f"column {column.source_column} of table {staged.source_table} is missing"
        for column in staged.columns
        if column not in present
    }
    create = f"create or replace table {quote_identifier(staged.name)} as "
    source.connection.execute(create + _select(source, table, present))
    return LoadedTable(staged, present, missing)


def _unusable_table(source: Source, staged: StagedTable, error: duckdb.Error) -> LoadedTable:
    if "no such" not in str(error).lower():
        raise error
    reason = f"table {staged.source_table} cannot be read ({str(error).splitlines()[0]})"
    source.connection.execute(
        f"create or replace table {quote_identifier(staged.name)} as select 0 as unreadable where false"
    )
    return LoadedTable(staged, (), dict.fromkeys(staged.column_names(), reason))


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


def count_unreadable(connection: duckdb.DuckDBPyConnection, table: LoadedTable) -> list[UnreadableCount]:
    """Return the number of unreadable values of each column of a loaded table that has any."""
    counters = ", ".join(
        f"count(*) filter (where unreadable & {1 << index} > 0)" for index in range(len(table.present))
    )
    if not counters:
        return []
    row = connection.execute(
        f"select {counters} from {quote_identifier(table.staged.name)} where unreadable > 0"
    ).fetchone()
    counts = zip(table.present, row or (), strict=True)
    return [
        UnreadableCount(table.staged.source_table, column.source_column, count)
        for column, count in counts
        if count
    ]


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
