"""Reads rows of the source by their ids: long texts, and whether a row is still as the replica has it.

A DuckDB instance of its own does it, beside the one of runs, so that no run waits. Both use the one SQLite
library of the scanner, so the locks of a source's file hold. A read takes milliseconds.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import duckdb

from engine.model.catalogue.rows import RowsColumn
from engine.model.catalogue.staging import StagedTable
from engine.model.places.postgres_address import PostgresAddress, SourceAddress
from engine.model.questions import SHORT_TEXT
from engine.model.text.quoting import quote_identifier
from engine.replica.macros import create_macros
from engine.replica.postgres.expressions import text_start
from engine.replica.postgres.source import PostgresSource, ServerToRead, open_postgres
from engine.replica.postgres.survey import PostgresColumn, PostgresTable, survey_postgres
from engine.replica.source import Source, connect_duckdb, open_source
from engine.replica.sync.fetch import replica_rows, rows_of
from engine.replica.sync.survey import SourceColumn, SourceTable, survey

MEMORY_BYTES = 128 << 20
MOST_CHARACTERS = 200_000
"""The longest text that an answer has."""


@dataclass(frozen=True)
class SourceRows:
    """Rows of one source table by id: each as the replica would have it, and its texts by column."""

    staged: Mapping[int, tuple[Any, ...]]
    texts: Mapping[int, Mapping[str, str | None]]


@dataclass(frozen=True)
class SourceText:
    """One text; None if it is null or unreadable. ``is_gone``: there is no such row."""

    text: str | None
    is_cut: bool = False
    is_gone: bool = False


def _connected(server: PostgresAddress | None) -> duckdb.DuckDBPyConnection:
    attached = () if server is None else (ServerToRead(server),)
    return connect_duckdb(MEMORY_BYTES, None, None, *attached)


class SourceReader:
    """Reads the source for questions, one at a time; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._server: PostgresAddress | None = None

    @contextmanager
    def _opened(self, db: SourceAddress) -> Iterator[Source | PostgresSource]:
        with self._lock:
            server = db if isinstance(db, PostgresAddress) else None
            if self._connection is None or self._server != server:
                self._connection, self._server = _connected(server), server
                create_macros(self._connection)
            try:
                if isinstance(db, PostgresAddress):
                    with open_postgres(self._connection, db) as server_source:
                        yield server_source
                else:
                    with open_source(self._connection, db) as source:
                        yield source
            except BaseException:
                # After an error the file might stay attached.
                connection, self._connection = self._connection, None
                with suppress(duckdb.Error):
                    connection.close()
                raise

    def rows(
        self,
        db: SourceAddress,
        staged: StagedTable,
        ids: Sequence[int],
        columns: Sequence[RowsColumn],
        *,
        is_compared: bool = True,
    ) -> SourceRows:
        """Return the rows with these ids, and the texts of some columns, cut. Raises SourceError.

        The rows as the replica would have them are left out if nothing is compared with them.
        """
        if not ids:
            return SourceRows({}, {})
        with self._opened(db) as source:
            table = _table(source, staged)
            if table is None:
                return SourceRows({}, {})
            rows = {}
            if is_compared:
                found = source.connection.execute(replica_rows(source, staged, table, rows_of(table, ids)))
                rows = {row[0]: row for row in found.fetchall()}
            present = [column for column in columns if table.column(column.source or "") is not None]
            return SourceRows(rows, _texts(source, table, ids, present))

    def text(self, db: SourceAddress, staged: StagedTable, rowid: int, column: RowsColumn) -> SourceText:
        """Return the whole of one text. Raises SourceError."""
        with self._opened(db) as source:
            table = _table(source, staged)
            found = None if table is None else table.column(column.source or "")
            if table is None or found is None:
                return SourceText(None)
            start = _hex(found, MOST_CHARACTERS + 1)
            rows = source.rows(f"select {start} as start from {table.sql_name} {rows_of(table, [rowid])}")
        if not rows:
            return SourceText(None, is_gone=True)
        text = _decoded(rows[0][0])
        is_cut = text is not None and len(text) > MOST_CHARACTERS
        return SourceText(text if text is None else text[:MOST_CHARACTERS], is_cut=is_cut)


def _table(source: Source | PostgresSource, staged: StagedTable) -> SourceTable | PostgresTable | None:
    """Return a table by whose ids rows can be read; None if there is none."""
    if isinstance(source, PostgresSource):
        found = survey_postgres(source, [staged]).get(staged.name)
        return None if found is None or found.key is None else found
    table = survey(source, [staged]).get(staged.name)
    return None if table is None or table.rowid is None else table


def _texts(
    source: Source | PostgresSource,
    table: SourceTable | PostgresTable,
    ids: Sequence[int],
    columns: Sequence[RowsColumn],
) -> dict[int, dict[str, str | None]]:
    if not columns:
        return {}
    selected = [table.sql_rowid]
    for column in columns:
        found = table.column(column.source or "")
        assert found is not None
        selected.append(_hex(found, SHORT_TEXT + 1))
    names = ", ".join(f"{sql} as raw_{place}" for place, sql in enumerate(selected))
    rows = source.rows(f"select {names} from {table.sql_name} {rows_of(table, ids)}")
    return {
        int(rowid or 0): {column.name: _decoded(raw) for column, raw in zip(columns, raws, strict=True)}
        for rowid, *raws in rows
    }


def _hex(column: SourceColumn | PostgresColumn, characters: int) -> str:
    """Return the source's expression of a text's first characters in hexadecimal; null for no text."""
    name = quote_identifier(column.name)
    if isinstance(column, PostgresColumn):
        return text_start(column.kind, name, characters)
    return f"case when typeof({name}) = 'text' then 'x' || hex(substr({name}, 1, {characters})) end"


def _decoded(raw: str | None) -> str | None:
    if raw is None:
        return None
    try:
        return bytes.fromhex(raw[1:]).decode()
    except ValueError:
        return None
