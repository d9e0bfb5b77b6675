"""The staging files: which source column becomes which replica column, and how it is read.

A staging file renames and reads, nothing else; its grammar is one line a column::

    select
        read_integer(id) as site_id,
        read_label(status) as stage
    from source.sites

so that a line is all there is to know about a replica column. The file's name is the
replica table's. Knows no DuckDB: the web process may load it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engine.model.catalogue.sqlfile import SQL_DIR, SqlFile, read_folder
from engine.model.errors import DatasetFileError, nearest

STAGING_DIR = SQL_DIR / "staging"

READERS: dict[str, str] = {
    "read_id": "bigint",
    "read_integer": "hugeint",
    "read_number": "double",
    "read_flag": "boolean",
    "read_text": "varchar",
    "read_label": "varchar",
    "read_instant": "timestamp",
    "is_present": "boolean",
}
"""Reader → the type of the replica column it makes."""

FACT_TABLES: dict[str, tuple[str, ...]] = {
    "source_file": (
        "size_bytes",
        "wal_bytes",
        "page_size",
        "pages",
        "free_pages",
        "journal_mode",
        "integrity",
    ),
    "source_tables": ("name", "rows", "last_write_at"),
}
"""Replica tables that the engine fills itself: one row about the file, one for each table present."""

APPENDED, CHANGED, WHOLE = "appended", "changed", "whole"
KEPT: dict[str, frozenset[str]] = {
    APPENDED: frozenset({"open", "closed_by"}),
    CHANGED: frozenset({"changed_at"}),
    WHOLE: frozenset(),
}
"""How a table is kept up to date → the header keys that say more about it."""


@dataclass(frozen=True)
class StagedColumn:
    """One replica column: ``reader`` turns the raw values of ``source_column`` into it."""

    name: str
    reader: str
    source_column: str

    @property
    def type(self) -> str:
        """Return the DuckDB type of the replica column."""
        return READERS[self.reader]

    @property
    def can_be_unreadable(self) -> bool:
        """Tell whether a value can be there and yet have no reading."""
        return self.reader != "is_present"


@dataclass(frozen=True)
class StagedTable:
    """One replica table, the source table it is read from, and how it is kept up to date.

    ``kept`` is APPENDED (rows are added and stay as they are), CHANGED (rows change too, and say
    when in the indexed source column ``changed_at``) or WHOLE (a small table, read afresh).
    ``open`` has conditions on the replica's columns: appended rows that meet any of them may still
    change. ``closed_by`` has the source columns that change then, none for any.
    """

    name: str
    source_table: str
    row: str
    key: str
    columns: tuple[StagedColumn, ...]
    path: Path
    kept: str
    changed_at: str | None = None
    open: tuple[str, ...] = ()
    closed_by: tuple[str, ...] = ()

    def change_stamp(self) -> StagedColumn | None:
        """Return the replica column that is read from ``changed_at``; None where rows do not say."""
        wanted = (self.changed_at or "").lower()
        stamps = (column for column in self.columns if column.reader == "read_instant")
        return next((column for column in stamps if column.source_column.lower() == wanted), None)

    def column_names(self) -> list[str]:
        """Return the replica columns in the order of the file."""
        return [column.name for column in self.columns]


def parse_staged_table(file: SqlFile) -> StagedTable:
    """Return the table that a staging file describes. Raises DatasetFileError."""
    # What checks headers and parses SQL takes a while to import, and `--help` reads no file.
    from engine.model.catalogue.header import read_header
    from engine.model.catalogue.staging_header import StagingHeader
    from engine.model.catalogue.staging_sql import parse_select

    header = read_header(file, StagingHeader)
    source_table, columns = parse_select(file)
    names = [column.name for column in columns]
    if header.key not in names:
        raise DatasetFileError(
            file.path, f"key {header.key!r} is not one of its columns", nearest(header.key, names)
        )
    _check_kept(file, header.kept)
    table = StagedTable(
        name=file.name,
        source_table=source_table,
        row=header.row,
        key=header.key,
        columns=columns,
        path=file.path,
        kept=header.kept,
        changed_at=header.changed_at,
        open=tuple(header.open or ()),
        closed_by=tuple(header.closed_by or ()),
    )
    if table.kept == CHANGED and table.change_stamp() is None:
        raise DatasetFileError(
            file.path, f"no column reads {table.changed_at}", f"add read_instant({table.changed_at}) as …"
        )
    return table


def _check_kept(file: SqlFile, kept: str) -> None:
    for key in sorted(frozenset().union(*KEPT.values())):
        if key in file.header and key not in KEPT[kept]:
            raise DatasetFileError(
                file.path, f"{key} does not go with kept = {kept!r}", f"remove {key}, or change kept"
            )
    if kept == CHANGED and "changed_at" not in file.header:
        raise DatasetFileError(
            file.path, "a changed table needs changed_at", 'add changed_at = "<source column>"'
        )


def load_staging(folder: Path = STAGING_DIR) -> dict[str, StagedTable]:
    """Return the replica's tables by name. Raises DatasetFileError."""
    return {file.name: parse_staged_table(file) for file in read_folder(folder)}


@cache
def staging() -> dict[str, StagedTable]:
    """Return the product's own staging tables, parsed once."""
    return load_staging()
