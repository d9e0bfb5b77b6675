"""Fills the replica's two tables about the source itself: ``source_file`` and ``source_tables``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime

import duckdb

from engine.model.catalogue.staging import TYPES, StagedColumn
from engine.model.text.quoting import quote_identifier, value_rows
from engine.model.values.quality import IntegrityCheck
from engine.replica.source import Source, size_of
from engine.replica.sync.changes import TableChange
from engine.replica.sync.state import TableState


def create_source_metadata(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the two tables, empty."""
    connection.execute(
        "create table source_file (size_bytes bigint, wal_bytes bigint, page_size bigint, pages bigint,"
        " free_pages bigint, journal_mode varchar, integrity varchar)"
    )
    connection.execute("create table source_tables (name varchar, rows bigint, last_write_at timestamp)")


@dataclass(frozen=True)
class SourceFile:
    """What is known of the source as a whole; all values are text, None for what does not exist there."""

    size_bytes: str | None
    wal_bytes: str | None = None
    page_size: str | None = None
    pages: str | None = None
    free_pages: str | None = None
    journal_mode: str | None = None
    integrity: str | None = None


def read_source_file(source: Source, integrity: IntegrityCheck | None) -> SourceFile:
    """Return what is known of a source in SQLite."""
    pragmas = source.rows(
        "select page_size, page_count, freelist_count, journal_mode from pragma_page_size,"
        " pragma_page_count, pragma_freelist_count, pragma_journal_mode"
    )
    page_size, pages, free_pages, journal_mode = pragmas[0]
    return SourceFile(
        size_bytes=str(size_of(source.db)),
        wal_bytes=str(size_of(source.db.with_name(source.db.name + "-wal"))),
        page_size=page_size,
        pages=pages,
        free_pages=free_pages,
        journal_mode=journal_mode,
        integrity=None if integrity is None else integrity.finding,
    )


def load_source_metadata(
    connection: duckdb.DuckDBPyConnection,
    file: SourceFile,
    tables: Iterable[tuple[str, int, datetime | None]],
) -> None:
    """Fill ``source_file`` (one row), and ``source_tables`` with each table's name, rows and last write."""
    connection.execute("delete from source_file")
    connection.execute(f"insert into source_file values {value_rows([astuple(file)])}")
    connection.execute("delete from source_tables")
    if rows := value_rows(tables):
        connection.execute(f"insert into source_tables values {rows}")


def with_newest_write(
    connection: duckdb.DuckDBPyConnection,
    present: Iterable[StagedColumn],
    state: TableState,
    change: TableChange | None,
    now: datetime,
) -> TableState:
    """Return the state with the newest readable stamp that is not later than ``now``.

    It follows from the old state and the changes if possible. The whole table is searched only if its newest
    row has gone, if ``now`` is before that of the last run, or if rows have later stamps.
    """
    stamps = [column.name for column in present if column.type == TYPES["instant"]]
    if not stamps:
        return state
    is_known = (
        state.newest_as_of is not None
        and state.newest_as_of <= now
        and not state.has_later_stamps
        and not (change and change.reloaded)
    )
    if is_known and change is None:
        return replace(state, newest_as_of=now)
    if is_known and change is not None:
        newest_of = {
            sign: newest_stamp(connection, rows, stamps, now)
            for rows, sign in change.parts(state.name).items()
        }
        (added, has_later), (removed, _) = (newest_of.get(sign, (None, False)) for sign in (1, -1))
        newest = max(filter(None, (state.newest_write, added)), default=None)
        if removed is None or (newest is not None and removed < newest):
            return replace(state, newest_write=newest, newest_as_of=now, has_later_stamps=has_later)
    newest, has_later = newest_stamp(connection, quote_identifier(state.name), stamps, now)
    return replace(state, newest_write=newest, newest_as_of=now, has_later_stamps=has_later)


def newest_stamp(
    connection: duckdb.DuckDBPyConnection, table: str, stamps: Iterable[str], now: datetime
) -> tuple[datetime | None, bool]:
    """Return the newest stamp up to ``now`` (None if there is none), and whether there are later ones."""
    limit = f"timestamp '{now:%Y-%m-%d %H:%M:%S}'"
    newest = ", ".join(f"max({stamp}) filter (where {stamp} <= {limit})" for stamp in stamps)
    later = " or ".join(f"coalesce(max({stamp}) > {limit}, false)" for stamp in stamps)
    row = connection.execute(f"select greatest({newest}), {later} from {table}").fetchone()
    assert row is not None
    return (None if row[0] is None else row[0].replace(tzinfo=UTC)), bool(row[1])
