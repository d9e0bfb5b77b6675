"""The files of ``sql/rows``: how the rows of each replica table are shown.

A file's name is that of the table, and its body selects ``source_rowid`` and the columns that come from the
table itself. The header says of every column its label and type, and of those that are not in the body where
they come from: ``lookup = "sites.domain", by = "site_id"`` is the column of the row of another table whose
key is the row's ``site_id``; ``source = "message_body"`` is a text of the source that the replica has not.
Knows no DuckDB, so the web process may load it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engine.model.catalogue.compiled import compiled
from engine.model.catalogue.sqlfile import SQL_DIR, SqlFile, read_folder
from engine.model.catalogue.staging import STAGING_DIR, StagedTable, staging
from engine.model.errors import DashboardError, DatasetFileError, nearest
from engine.model.questions import RowColumn

ROWS_DIR = SQL_DIR / "rows"


@dataclass(frozen=True)
class Lookup:
    """A column of another table, of the row whose key is this row's ``by``."""

    table: str
    column: str
    by: str


@dataclass(frozen=True)
class RowsColumn:
    """A column as it is shown, and where it comes from: the body, a lookup, or the source's column."""

    shown: RowColumn
    lookup: Lookup | None = None
    source: str | None = None

    @property
    def name(self) -> str:
        """Return the column's name."""
        return self.shown.name

    @property
    def is_own(self) -> bool:
        """Return whether the body selects it."""
        return self.lookup is None and self.shown.is_sortable


@dataclass(frozen=True)
class RowsTable:
    """How the rows of one replica table are shown; ``sql`` selects ``source_rowid`` and its own columns."""

    name: str
    label: str
    columns: tuple[RowsColumn, ...]
    sql: str
    path: Path

    def column(self, name: str) -> RowsColumn:
        """Return a column by its name. Raises DashboardError."""
        for column in self.columns:
            if column.name == name:
                return column
        names = [column.name for column in self.columns]
        raise DashboardError(f"{self.name}.{name}", "no such column", nearest(name, names))


def parse_rows_table(file: SqlFile, tables: Mapping[str, StagedTable]) -> RowsTable:
    """Return what a file declares. Raises DatasetFileError."""
    from engine.model.catalogue.header import read_header
    from engine.model.catalogue.rows_header import RowsColumnHeader, RowsFileHeader

    if file.name not in tables:
        raise DatasetFileError(file.path, f"{file.name} is no table", nearest(file.name, tables))
    header = read_header(file, RowsFileHeader)

    def column(name: str, declared: RowsColumnHeader) -> RowsColumn:
        if (declared.lookup is None) != (declared.by is None) or (declared.lookup and declared.source):
            raise DatasetFileError(
                file.path,
                f"column {name!r} does not say where it comes from",
                "give lookup and by, or source alone",
            )
        shown = RowColumn(
            name=name,
            label=declared.label,
            type=declared.type,
            unit=declared.unit,
            help=declared.help,
            contacts=declared.contacts,
            long=declared.long,
            link=declared.link,
            is_sortable=declared.source is None,
        )
        lookup = None if not declared.lookup else _lookup(file, declared.lookup, declared.by or "", tables)
        source = declared.source
        if source is None and declared.long:
            # The whole of a long text is read from the source.
            own = [each for each in tables[file.name].columns if each.name == name and each.plain]
            source = own[0].readings[0].source_column if own else None
        return RowsColumn(shown, lookup, source)

    columns = tuple(column(name, declared) for name, declared in header.columns.items())
    return RowsTable(file.name, header.label, columns, file.body, file.path)


def _lookup(file: SqlFile, written: str, by: str, tables: Mapping[str, StagedTable]) -> Lookup:
    table, _, column = written.partition(".")
    valid = [f"{name}.{each}" for name, staged in tables.items() for each in staged.column_names()]
    if written not in valid:
        raise DatasetFileError(
            file.path, f"it looks up the unknown column {written!r}", nearest(written, valid)
        )
    own = tables[file.name].column_names()
    if by not in own:
        raise DatasetFileError(file.path, f"it looks up by the unknown column {by!r}", nearest(by, own))
    return Lookup(table, column, by)


def load_rows_tables(folder: Path = ROWS_DIR) -> dict[str, RowsTable]:
    """Return every table by name. Raises DatasetFileError."""
    return {file.name: parse_rows_table(file, staging()) for file in read_folder(folder)}


@cache
def rows_tables() -> dict[str, RowsTable]:
    """Return the product's own tables, parsed once."""
    return compiled("rows", (STAGING_DIR, ROWS_DIR), load_rows_tables)


def rows_table(name: str) -> RowsTable:
    """Return a table by its name. Raises DashboardError."""
    found = rows_tables().get(name)
    if found is None:
        raise DashboardError(name, "no such table of rows", nearest(name, rows_tables()))
    return found
