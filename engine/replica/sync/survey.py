"""Describes the source's tables: their columns, and how their rows are identified.

A survey takes a few short statements, whatever the tables' size, and changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import duckdb

from engine.model.catalogue.staging import FULL, StagedColumn, StagedTable
from engine.model.source_file.change_triggers import (
    CHANGE_LOG,
    EXISTING_TRIGGERS,
    change_triggers,
    row_id_alias,
    row_id_name,
)
from engine.model.text.quoting import quote_identifier, quote_literal
from engine.replica.source import Source, is_beyond_a_table
from engine.replica.sync.tables import UnreadableTable


class Affinity(StrEnum):
    """SQLite's column affinity, which limits the kinds of values that a column stores."""

    INTEGER = "integer"
    TEXT = "text"
    BLOB = "blob"
    REAL = "real"
    NUMERIC = "numeric"


def affinity_of(declared_type: str) -> Affinity:
    """Return a declared type's affinity, by SQLite's own rules.

    >>> affinity_of("DATETIME").value, affinity_of("VARCHAR(20)").value, affinity_of("").value
    ('numeric', 'text', 'blob')
    """
    declared = declared_type.upper()
    for affinity, fragments in (
        (Affinity.INTEGER, ("INT",)),
        (Affinity.TEXT, ("CHAR", "CLOB", "TEXT")),
        (Affinity.BLOB, ("BLOB",)),
        (Affinity.REAL, ("REAL", "FLOA", "DOUB")),
    ):
        if any(fragment in declared for fragment in fragments):
            return affinity
    return Affinity.NUMERIC if declared else Affinity.BLOB


@dataclass(frozen=True)
class SourceColumn:
    """A column as the source spells it; ``is_rowid`` is true if it is another name of the row's id."""

    name: str
    affinity: Affinity
    is_rowid: bool


@dataclass(frozen=True)
class SourceTable:
    """A table or view of the source. ``rowid`` is the name of its rows' ids, None if they have none.

    ``signature`` changes when the table is altered, or created again in another place of the file.
    ``schema_version`` changes when any table is. ``is_stable`` says whether rows keep their ids when the file
    is compacted. ``autoincrement_id`` is the highest id ever used, None if ids may be used again.
    ``is_logged`` says whether triggers log its changes, ``has_unique_index`` whether anything else than its
    ids is unique. ``is_view`` says that reading it runs SQL of the source's owner.
    """

    name: str
    columns: Mapping[str, SourceColumn]
    rowid: str | None
    signature: str
    schema_version: int
    is_stable: bool
    autoincrement_id: int | None
    is_logged: bool
    has_unique_index: bool
    is_view: bool = False

    @property
    def sql_name(self) -> str:
        """Return the name, quoted."""
        return quote_identifier(self.name)

    @property
    def sql_rowid(self) -> str:
        """Return the name of its rows' ids, quoted; ``null`` if they have none."""
        return "null" if self.rowid is None else quote_identifier(self.rowid)

    def present(self, staged: StagedTable) -> tuple[StagedColumn, ...]:
        """Return the staged columns for which it has all source columns."""
        return tuple(
            column
            for column in staged.columns
            if all(reading.source_column.lower() in self.columns for reading in column.readings)
        )

    def column(self, source_column: str) -> SourceColumn | None:
        """Return a column by its name in any case; None if there is none."""
        return self.columns.get(source_column.lower())

    def sync_of(self, staged: StagedTable) -> str:
        """Return how it is synced: as its staging file says, but in full if its rows have no ids."""
        return FULL if self.rowid is None else staged.sync


def survey(source: Source, tables: Iterable[StagedTable]) -> dict[str, SourceTable]:
    """Return the tables that the source has, by replica table. Raises UnreadableTable."""
    kinds = {
        (name or "").lower(): (kind, without_rowid == "1")
        for name, kind, without_rowid in source.rows("select name, type, wr from pragma_table_list")
    }
    masters = {
        (name or "").lower(): (name or "", kind or "", sql or "", rootpage or "")
        for name, kind, sql, rootpage in source.rows(
            "select name, type, sql, rootpage from sqlite_master where type in ('table', 'view')"
        )
    }
    schema_version = source.value("select schema_version from pragma_schema_version") or ""
    triggers = _change_triggers(source) if CHANGE_LOG in masters else {}
    sequences = _sequences(source) if "sqlite_sequence" in masters else {}
    wanted = {staged.name: staged for staged in tables if staged.source_table.lower() in masters}
    plain = {
        key: masters[key][0]
        for staged in wanted.values()
        if (key := staged.source_table.lower()) in masters and kinds.get(key, ("", False))[0] == "table"
    }
    columns = _columns_of_tables(source, plain)
    unique = _unique_indexes(source, plain)
    found: dict[str, SourceTable] = {}
    for staged in wanted.values():
        key = staged.source_table.lower()
        name, kind, sql, rootpage = masters[key]
        rows = columns.get(key) or _columns_of_view(source, staged, name)
        table = _describe(
            name, rows, has_ids=key in plain and not kinds[key][1], has_key_index="pk" in unique.get(key, ())
        )
        made_as = (kind, sql, rootpage, repr(table.columns), "" if table.is_stable else schema_version)
        wanted_triggers = (
            {} if table.rowid is None else change_triggers(staged.source_table, name, table.rowid)
        )
        found[staged.name] = replace(
            table,
            schema_version=int(schema_version or 0),
            is_view=kind == "view",
            signature=hashlib.sha256("\0".join(made_as).encode()).hexdigest(),
            # Before a table has its first row, it has no row in sqlite_sequence.
            autoincrement_id=sequences.get(key, 0) if "AUTOINCREMENT" in sql.upper() else None,
            has_unique_index=bool(unique.get(key)),
            is_logged=bool(wanted_triggers) and wanted_triggers.items() <= triggers.items(),
        )
    return found


def _change_triggers(source: Source) -> dict[str, str]:
    return {name or "": sql or "" for name, sql in source.rows(EXISTING_TRIGGERS)}


def _unique_indexes(source: Source, tables: Mapping[str, str]) -> dict[str, set[str]]:
    """Return the origins (``pk``, ``u``, ``c``) of each table's unique indexes, by lower-cased table."""
    found: dict[str, set[str]] = {key: set() for key in tables}
    rows = source.rows(
        "select tables.name as table_name, indexes.origin"
        " from sqlite_master as tables, pragma_index_list(tables.name) as indexes"
        f" where tables.type = 'table' and tables.name in ({_literals(tables.values())})"
        ' and indexes."unique" = 1'
    )
    for table, origin in rows:
        found[(table or "").lower()].add(origin or "")
    return found


def _sequences(source: Source) -> dict[str, int]:
    rows = source.rows("select name, seq from sqlite_sequence where typeof(seq) = 'integer'")
    return {(name or "").lower(): int(seq or 0) for name, seq in rows}


_Columns = list[tuple[str, str, str]]


def _columns_of_tables(source: Source, tables: Mapping[str, str]) -> dict[str, _Columns]:
    """Return name, declared type and place in the key of each column, by lower-cased table."""
    columns: dict[str, _Columns] = {key: [] for key in tables}
    rows = source.rows(
        "select tables.name as table_name, columns.name, columns.type, columns.pk"
        " from sqlite_master as tables, pragma_table_xinfo(tables.name) as columns"
        f" where tables.type = 'table' and tables.name in ({_literals(tables.values())})"
        # Hidden columns of virtual tables are not data; generated columns (2, 3) are.
        " and columns.hidden <> 1"
    )
    for table, name, declared, key in rows:
        columns[(table or "").lower()].append((name or "", declared or "", key or ""))
    return columns


def _literals(names: Iterable[str]) -> str:
    return ", ".join(map(quote_literal, names))


def _columns_of_view(source: Source, staged: StagedTable, name: str) -> _Columns:
    try:
        rows = source.rows(
            f"select name, type, pk from pragma_table_xinfo({quote_literal(name)}) where hidden <> 1"
        )
    except duckdb.Error as error:
        if is_beyond_a_table(error):
            raise
        raise UnreadableTable(staged, error) from error
    return [(column or "", declared or "", key or "") for column, declared, key in rows]


def _describe(name: str, rows: _Columns, *, has_ids: bool, has_key_index: bool) -> SourceTable:
    keys = [(column, declared) for column, declared, key in rows if key != "0"]
    alias = row_id_alias(keys, has_key_index=has_key_index) if has_ids else None
    columns = {
        column.lower(): SourceColumn(column, affinity_of(declared), column == alias)
        for column, declared, _ in rows
    }
    rowid = row_id_name([column for column, _, _ in rows], alias) if has_ids else None
    return SourceTable(name, columns, rowid, "", 0, alias is not None, None, False, False)
