"""Reads rows of the source by their ids: long texts, and whether a row is still as the replica has it.

A DuckDB instance of its own does it, beside the one of runs, so that no run waits. Both use the one SQLite
library of the scanner, so the source's locks hold. A read takes milliseconds.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from engine.model.questions import SHORT_TEXT
from engine.model.rows import RowsColumn
from engine.model.staging import StagedTable
from engine.model.text.quoting import quote_identifier
from engine.replica.macros import create_macros
from engine.replica.source import Source, connect_duckdb, open_source
from engine.replica.sync.fetch import replica_rows, rows_of
from engine.replica.sync.survey import SourceTable, survey

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


class SourceReader:
    """Reads the source for questions, one at a time; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None

    @contextmanager
    def _opened(self, db: Path) -> Iterator[Source]:
        with self._lock:
            if self._connection is None:
                self._connection = connect_duckdb(MEMORY_BYTES)
                create_macros(self._connection)
            try:
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
        db: Path,
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
            table = survey(source, [staged]).get(staged.name)
            if table is None or table.rowid is None:
                return SourceRows({}, {})
            rows = {}
            if is_compared:
                found = source.connection.execute(replica_rows(source, staged, table, rows_of(table, ids)))
                rows = {row[0]: row for row in found.fetchall()}
            present = [column for column in columns if table.column(column.source or "") is not None]
            return SourceRows(rows, _texts(source, table, ids, present))

    def text(self, db: Path, staged: StagedTable, rowid: int, column: RowsColumn) -> SourceText:
        """Return the whole of one text. Raises SourceError."""
        with self._opened(db) as source:
            table = survey(source, [staged]).get(staged.name)
            found = None if table is None else table.column(column.source or "")
            if table is None or table.rowid is None or found is None:
                return SourceText(None)
            name = quote_identifier(found.name)
            rows = source.rows(
                f"select {_hex(name, MOST_CHARACTERS)}, length({name}) > {MOST_CHARACTERS}"
                f" from {table.sql_name} {rows_of(table, [rowid])}"
            )
        if not rows:
            return SourceText(None, is_gone=True)
        return SourceText(_decoded(rows[0][0]), is_cut=rows[0][1] == "1")


def _texts(
    source: Source, table: SourceTable, ids: Sequence[int], columns: Sequence[RowsColumn]
) -> dict[int, dict[str, str | None]]:
    if not columns:
        return {}
    selected = [table.sql_rowid]
    for column in columns:
        found = table.column(column.source or "")
        assert found is not None
        selected.append(_hex(quote_identifier(found.name), SHORT_TEXT + 1))
    names = ", ".join(f"{sql} as raw_{place}" for place, sql in enumerate(selected))
    rows = source.rows(f"select {names} from {table.sql_name} {rows_of(table, ids)}")
    return {
        int(rowid or 0): {column.name: _decoded(raw) for column, raw in zip(columns, raws, strict=True)}
        for rowid, *raws in rows
    }


def _hex(name: str, characters: int) -> str:
    """Return the SQLite expression of a text's first characters in hexadecimal; null for what is no text."""
    return f"case when typeof({name}) = 'text' then 'x' || hex(substr({name}, 1, {characters})) end"


def _decoded(raw: str | None) -> str | None:
    if raw is None:
        return None
    try:
        return bytes.fromhex(raw[1:]).decode()
    except ValueError:
        return None
