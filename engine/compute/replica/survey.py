"""What the source holds at this moment: its tables, their columns, how their rows can be told apart.

One look costs a few short statements, whatever the tables' size; it changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import duckdb

from engine.compute.replica.tables import UnreadableTable
from engine.compute.source import Source, is_about_the_source, quote_identifier, quote_literal
from engine.staging import WHOLE, StagedColumn, StagedTable

ROWID_NAMES = ("rowid", "_rowid_", "oid")
CHANGE_LOG = "dashboard_changes"
CHANGE_TRIGGER = "dashboard_changed_"


class Affinity(StrEnum):
    """SQLite's column affinity: which kinds of value a column's declared type lets be stored."""

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
    """A column as the source spells it; ``is_rowid`` where it is another name of the row's id."""

    name: str
    affinity: Affinity
    is_rowid: bool


@dataclass(frozen=True)
class SourceTable:
    """A table or view of the source. ``rowid`` is a name for its rows' ids, None where it has none.

    ``signature`` differs after the table has been made anew or altered; ``is_stable``: ids stay
    with their rows when the file is compacted; ``autoincrement_id`` is the highest id ever given,
    None where ids may be given again; ``is_logged``: triggers note its changes.
    """

    name: str
    columns: Mapping[str, SourceColumn]
    rowid: str | None
    signature: str
    is_stable: bool
    autoincrement_id: int | None
    is_logged: bool

    @property
    def sql_name(self) -> str:
        """Return the name, quoted."""
        return quote_identifier(self.name)

    def present(self, staged: StagedTable) -> tuple[StagedColumn, ...]:
        """Return the staged columns that it has."""
        return tuple(column for column in staged.columns if column.source_column.lower() in self.columns)

    def column(self, source_column: str) -> SourceColumn | None:
        """Return a column by its name in any case; None where there is none."""
        return self.columns.get(source_column.lower())

    def kept(self, staged: StagedTable) -> str:
        """Return how its replica is kept: as its staging file says, but whole where rows have no id."""
        return WHOLE if self.rowid is None else staged.kept


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
    logged = _logged_tables(source) if CHANGE_LOG in masters else frozenset()
    sequences = _sequences(source) if "sqlite_sequence" in masters else {}
    found: dict[str, SourceTable] = {}
    for staged in tables:
        key = staged.source_table.lower()
        if key not in masters:
            continue
        name, kind, sql, rootpage = masters[key]
        table = _describe(source, staged, name, *kinds.get(key, (kind, False)))
        made_as = (kind, sql, rootpage, repr(table.columns), "" if table.is_stable else schema_version)
        found[staged.name] = replace(
            table,
            signature=hashlib.sha256("\0".join(made_as).encode()).hexdigest(),
            # Before the first row there is no row for the table in sqlite_sequence.
            autoincrement_id=sequences.get(key, 0) if "AUTOINCREMENT" in sql.upper() else None,
            is_logged=key in logged,
        )
    return found


def _logged_tables(source: Source) -> frozenset[str]:
    rows = source.rows(
        "select lower(tbl_name) from sqlite_master where type = 'trigger'"
        f" and name like '{CHANGE_TRIGGER.replace('_', '~_')}%' escape '~' group by 1 having count(*) >= 3"
    )
    return frozenset(name or "" for (name,) in rows)


def _sequences(source: Source) -> dict[str, int]:
    rows = source.rows("select name, seq from sqlite_sequence where typeof(seq) = 'integer'")
    return {(name or "").lower(): int(seq or 0) for name, seq in rows}


def _describe(
    source: Source, staged: StagedTable, name: str, kind: str | None, without_rowid: bool
) -> SourceTable:
    try:
        # Hidden columns of virtual tables are no data; generated ones (2, 3) are.
        rows = source.rows(
            f"select name, type, pk from pragma_table_xinfo({quote_literal(name)}) where hidden <> 1"
        )
    except duckdb.Error as error:
        if is_about_the_source(error):
            raise
        raise UnreadableTable(staged, error) from error
    keys = [row for row in rows if row[2] != "0"]
    # Only a single key of exactly this type is another name of the row's id.
    alias = keys[0][0] if len(keys) == 1 and (keys[0][1] or "").upper() == "INTEGER" else None
    columns = {
        (column or "").lower(): SourceColumn(column or "", affinity_of(declared or ""), column == alias)
        for column, declared, _ in rows
    }
    is_plain = kind == "table" and not without_rowid
    rowid = next((name for name in ROWID_NAMES if name not in columns), alias) if is_plain else None
    return SourceTable(name, columns, rowid, "", alias is not None, None, False)
