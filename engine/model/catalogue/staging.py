"""The staging files: which source columns become which replica column, and how they are read.

A staging file has a line for each replica column::

    select
        read_integer(id) as site_id,
        read_label(status) as stage,
        read_number(cost_cents) / 100 as cost_usd,
        coalesce(read_label(provider), 'openai') as provider,
        null as model
    from source.sites

A column is a cast of a source column, a constant, or an expression over casts and constants with
``+ - * /``, brackets and ``coalesce``. A column that is null says its type in the header:
``types = { model = "text" }``, one of ``TYPES``. A value that a cast cannot read is null in the expression
too, and is counted as unreadable. If the source lacks a column, the replica lacks every column that reads it.
Keys and codes may be read as text, by ``read_code``. Of two rows with the same instant the one whose key is
the greater number is the later one; a key that is not a number has an arbitrary, fixed place.

The file's name is the replica table's. This module knows no DuckDB, so the web process may load it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from engine.model.catalogue.compiled import compiled
from engine.model.catalogue.sqlfile import SQL_DIR, SqlFile, read_folder
from engine.model.errors import DatasetFileError, nearest

log = logging.getLogger(__name__)

STAGING_DIR = SQL_DIR / "staging"

CASTS: dict[str, str] = {
    "read_id": "bigint",
    "read_integer": "hugeint",
    "read_number": "double",
    "read_flag": "boolean",
    "read_text": "varchar",
    "read_code": "varchar",
    "read_label": "varchar",
    "read_instant": "timestamp",
    "is_present": "boolean",
}
"""Cast → the DuckDB type that it reads."""

TYPES: dict[str, str] = {
    "id": "bigint",
    "integer": "hugeint",
    "number": "double",
    "boolean": "boolean",
    "text": "varchar",
    "instant": "timestamp",
}
"""Name of a type in a header → the DuckDB type."""

METADATA_TABLES: dict[str, tuple[str, ...]] = {
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

APPEND, INCREMENTAL, FULL = "append", "incremental", "full"
SYNC: dict[str, frozenset[str]] = {
    APPEND: frozenset({"mutable_where", "final_when"}),
    INCREMENTAL: frozenset({"cursor"}),
    FULL: frozenset(),
}
"""How a table is synced → the header keys that say more about it."""

VISIBLE = "visible"
"""How a table is synced whose changes show in its rows' transaction ids, whatever its file says."""

OLD_KEYS = {"kept": "sync", "open": "mutable_where", "closed_by": "final_when", "changed_at": "cursor"}
OLD_SYNC = {"appended": APPEND, "changed": INCREMENTAL, "whole": FULL}
"""The spellings of earlier versions. They still load, with a warning."""


@dataclass(frozen=True)
class Reading:
    """A cast of one source column."""

    cast: str
    source_column: str

    @property
    def can_be_unreadable(self) -> bool:
        """Return whether a value can be present and the cast cannot read it."""
        return self.cast != "is_present"


@dataclass(frozen=True)
class StagedColumn:
    """One replica column: a DuckDB type, and an expression over the readings of source columns.

    ``expression`` is a format string; ``{0}`` stands for the value of the first reading.
    """

    name: str
    type: str
    readings: tuple[Reading, ...]
    expression: str = "{0}"

    @property
    def plain(self) -> Reading | None:
        """Return the reading of a column that is one cast and nothing else; None for any other column."""
        return self.readings[0] if self.expression == "{0}" else None

    @property
    def origin(self) -> str:
        """Return the names of its source columns, as people are shown them; its own name if it has none."""
        return ", ".join(reading.source_column for reading in self.readings) or self.name

    def sql(self, values: Sequence[str]) -> str:
        """Return the DuckDB expression over the values of its readings, given in their order."""
        return self.expression.format(*values)


def readings_of(columns: Iterable[StagedColumn]) -> tuple[Reading, ...]:
    """Return the readings of some columns, each once, in the order in which they first come.

    The place of a reading is that of its bit in the replica's column ``unreadable``.
    """
    return tuple(dict.fromkeys(reading for column in columns for reading in column.readings))


@dataclass(frozen=True)
class Condition:
    """A DuckDB condition on the rows of one replica table, and the columns that it names."""

    sql: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class StagedTable:
    """One replica table, the source table it is read from, and how it is synced.

    ``sync`` is APPEND (rows are added and stay as they are), INCREMENTAL (rows also change, and the
    indexed source column ``cursor`` says when) or FULL (a small table that each run reads whole).
    ``mutable_where`` holds conditions on the replica's columns: an appended row that meets one of them
    may still change. ``final_when`` holds the source columns that change then; empty means any column.
    """

    name: str
    source_table: str
    row: str
    key: str
    columns: tuple[StagedColumn, ...]
    path: Path
    sync: str
    cursor: str | None = None
    mutable_where: tuple[Condition, ...] = ()
    final_when: tuple[str, ...] = ()

    def change_stamp(self) -> StagedColumn | None:
        """Return the replica column that is read from ``cursor``; None if the table has no cursor."""
        wanted = (self.cursor or "").lower()
        for column in self.columns:
            reading = column.plain
            if reading and reading.cast == "read_instant" and reading.source_column.lower() == wanted:
                return column
        return None

    def column_names(self) -> list[str]:
        """Return the replica columns in the order of the file."""
        return [column.name for column in self.columns]


def parse_staged_table(file: SqlFile) -> StagedTable:
    """Return the table that a staging file describes. Raises DatasetFileError.

    Logs a warning if the header uses the keys of an earlier version.
    """
    # What checks headers and parses SQL takes a while to import, and `--help` reads no file.
    from engine.model.catalogue.header import read_header
    from engine.model.catalogue.staging_header import StagingHeader
    from engine.model.catalogue.staging_sql import parse_condition, parse_select

    file = _in_current_spelling(file)
    header = read_header(file, StagingHeader)
    source_table, columns = parse_select(file, header.types or {})
    names = [column.name for column in columns]
    if header.key not in names:
        raise DatasetFileError(
            file.path, f"key {header.key!r} is not one of its columns", nearest(header.key, names)
        )
    if next(column for column in columns if column.name == header.key).plain is None:
        raise DatasetFileError(
            file.path, f"key {header.key!r} is not a cast alone", "name a column that reads one source column"
        )
    _check_sync(file, header.sync)
    table = StagedTable(
        name=file.name,
        source_table=source_table,
        row=header.row,
        key=header.key,
        columns=columns,
        path=file.path,
        sync=header.sync,
        cursor=header.cursor,
        mutable_where=tuple(
            parse_condition(file, "mutable_where", text, names) for text in header.mutable_where or ()
        ),
        final_when=tuple(header.final_when or ()),
    )
    if table.sync == INCREMENTAL and table.change_stamp() is None:
        raise DatasetFileError(
            file.path,
            f"no column reads the cursor {table.cursor}",
            f"add read_instant({table.cursor}) as …",
        )
    return table


def _in_current_spelling(file: SqlFile) -> SqlFile:
    """Return the file with the current header keys and sync words. Logs the old ones it finds."""
    header: dict[str, Any] = {}
    for key, value in file.header.items():
        name = OLD_KEYS.get(key, key)
        if name in header:
            raise DatasetFileError(file.path, f"{name} is there in two spellings", f"keep {name} alone")
        header[name] = OLD_SYNC.get(value, value) if key == "kept" and isinstance(value, str) else value
        if key in OLD_KEYS:
            log.warning(
                "%s: the header key %s is now %s: write %s", file.path, key, name, _toml(name, header[name])
            )
    return replace(file, header=header)


def _toml(key: str, value: Any) -> str:
    return f"{key} = {json.dumps(value, ensure_ascii=False, default=str)}"


def _check_sync(file: SqlFile, sync: str) -> None:
    for key in sorted(frozenset().union(*SYNC.values())):
        if key in file.header and key not in SYNC[sync]:
            raise DatasetFileError(
                file.path, f"{key} does not go with sync = {sync!r}", f"remove {key}, or change sync"
            )
    if sync == INCREMENTAL and "cursor" not in file.header:
        raise DatasetFileError(
            file.path, "an incremental table needs a cursor", 'add cursor = "<source column>"'
        )


def load_staging(folder: Path = STAGING_DIR) -> dict[str, StagedTable]:
    """Return the replica's tables by name. Raises DatasetFileError."""
    return {file.name: parse_staged_table(file) for file in read_folder(folder)}


@cache
def staging() -> dict[str, StagedTable]:
    """Return the product's own staging tables, parsed once."""
    if any(file.header.keys() & OLD_KEYS.keys() for file in read_folder(STAGING_DIR)):
        # Each start says so, until the file is corrected.
        return load_staging()
    return compiled("staging", (STAGING_DIR,), load_staging)
