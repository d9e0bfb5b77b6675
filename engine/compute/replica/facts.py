"""The replica's two tables about the source itself: ``source_file`` and ``source_tables``."""

from __future__ import annotations

from engine.clock import Clock
from engine.compute.replica.tables import LoadedTable
from engine.compute.source import Source, quote_identifier, size_of
from engine.results import IntegrityCheck
from engine.staging import staging


def load_facts(
    source: Source, clock: Clock, loaded: dict[str, LoadedTable], integrity: IntegrityCheck | None
) -> None:
    """Fill ``source_file`` (one row) and ``source_tables`` (one row for each table present)."""
    connection = source.connection
    connection.execute(
        "create or replace table source_file (size_bytes bigint, wal_bytes bigint, page_size bigint,"
        " pages bigint, free_pages bigint, journal_mode varchar, integrity varchar)"
    )
    pragmas = source.rows(
        "select page_size, page_count, freelist_count, journal_mode from pragma_page_size,"
        " pragma_page_count, pragma_freelist_count, pragma_journal_mode"
    )
    connection.execute(
        "insert into source_file values (?, ?, ?, ?, ?, ?, ?)",
        [
            size_of(source.db),
            size_of(source.db.with_name(source.db.name + "-wal")),
            *pragmas[0],
            None if integrity is None else integrity.finding,
        ],
    )
    connection.execute(
        "create or replace table source_tables (name varchar, rows bigint, last_write_at timestamp)"
    )
    facts = [_table_facts(loaded[name]) for name in staging() if name in loaded]
    if facts:
        connection.execute(f"insert into source_tables {' union all '.join(facts)}")


def _table_facts(table: LoadedTable) -> str:
    stamps = [column.name for column in table.present if column.reader == "read_instant"]
    replica = quote_identifier(table.staged.name)
    # Each looks at few row groups: the newest stamps are found by the highest first.
    newest = ", ".join(
        f"(select {stamp} from {replica} where {stamp} <= run_now() order by {stamp} desc limit 1)"
        for stamp in stamps
    )
    last_write_at = f"greatest({newest})" if newest else "cast(null as timestamp)"
    name = table.staged.source_table.replace("'", "''")
    return f"select '{name}', (select count(*) from {replica}), {last_write_at}"
