"""The derived tables: what each file under ``sql/rollups`` makes of the replica's staging tables.

A table of *rows* has at most one for each row of a staging table. A *tally* counts the rows that
a query of one staging table gives, and adds up some of their columns, by the others. A *keyed*
table has rows that are made of all rows with one key. So a changed row tells what it changes
here. Knows no DuckDB: the web process may load it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engine.model.catalogue.sqlfile import SQL_DIR, SqlFile, read_folder
from engine.model.errors import DatasetFileError, nearest
from engine.model.staging import staging

DERIVED_DIR = SQL_DIR / "rollups"
ROWS, TALLY, KEYED = "rows", "tally", "keyed"


@dataclass(frozen=True)
class DerivedTable:
    """One derived table: what ``sql`` makes of staging tables.

    ``reads`` holds ``table.column`` of the staging tables. A table of rows has the ``source_rowid``
    of the row that each was made of. A tally has the columns of its SQL, which
    are its keys save for the ``sums`` (of a decimal type), and ``count``, the number of rows.
    ``time`` is the staging column whose quarter of an hour is its first key, None where it
    keeps no time; ``apart`` the key that is null save for rows which are not to be added up with
    others: then it is their source_rowid; None where there are none. ``key`` is the column, of
    the derived and of every table read, that a keyed table goes by.
    """

    name: str
    kind: str
    row: str
    reads: tuple[str, ...]
    sql: str
    path: Path
    count: str = ""
    sums: tuple[str, ...] = ()
    time: str | None = None
    apart: str | None = None
    key: str | None = None

    @property
    def tables(self) -> tuple[str, ...]:
        """Return the staging tables it is made of, by name."""
        return tuple(sorted({read.partition(".")[0] for read in self.reads}))

    def columns_of(self, table: str) -> tuple[str, ...]:
        """Return the columns it reads of a staging table."""
        return tuple(read.partition(".")[2] for read in self.reads if read.partition(".")[0] == table)

    @property
    def sql_by_instant(self) -> str:
        """Return the SQL that keeps instants in place of their quarters of an hour."""
        return self.sql.replace(_quarter_of(self.time), f"{self.time}") if self.time else self.sql


def _quarter_of(column: str | None) -> str:
    return f"quarter({column})"


def parse_derived_table(file: SqlFile) -> DerivedTable:
    """Return the table that a file declares. Raises DatasetFileError."""
    # What checks headers takes a while to import, and `--help` reads no file.
    from engine.model.catalogue.header import read_header
    from engine.model.catalogue.rollup_header import KeyedHeader, RowsHeader, TallyHeader

    headers: dict[str, type[RowsHeader]] = {ROWS: RowsHeader, TALLY: TallyHeader, KEYED: KeyedHeader}
    kind = str(file.header.get("kind"))
    if kind not in headers:
        raise DatasetFileError(file.path, f"unknown kind {kind!r}", nearest(kind, headers))
    header = read_header(file, headers[kind])
    declared = header.model_dump()
    table = DerivedTable(
        name=file.name,
        kind=kind,
        row=header.row,
        reads=tuple(header.reads),
        sql=file.body,
        path=file.path,
        count=declared.get("count", ""),
        sums=tuple(declared.get("sums") or ()),
        time=declared.get("time"),
        apart=declared.get("apart"),
        key=declared.get("key"),
    )
    _check_reads(table)
    _check_time(table)
    return table


def _check_reads(table: DerivedTable) -> None:
    valid = {f"{staged.name}.{column}" for staged in staging().values() for column in staged.column_names()}
    for read in table.reads:
        if read not in valid:
            raise DatasetFileError(table.path, f"it reads the unknown column {read!r}", nearest(read, valid))
    if table.kind != KEYED and len(table.tables) != 1:
        raise DatasetFileError(
            table.path, f"its kind {table.kind!r} is made of one table", "read one staging table only"
        )
    if table.kind == ROWS and "source_rowid" not in table.sql:
        raise DatasetFileError(table.path, "its rows do not say what they are made of", "select source_rowid")
    for name in table.tables if table.key else ():
        if f"{name}.{table.key}" not in table.reads:
            raise DatasetFileError(
                table.path, f"it does not read {name}.{table.key}", "read the key from every table"
            )


def _check_time(table: DerivedTable) -> None:
    if table.time is not None and f"{_quarter_of(table.time)} as {table.time}" not in table.sql:
        raise DatasetFileError(
            table.path, f"it keeps no quarter of {table.time}",
            f"select {_quarter_of(table.time)} as {table.time}",
        )  # fmt: skip


def load_derived_tables(folder: Path = DERIVED_DIR) -> dict[str, DerivedTable]:
    """Return the derived tables by name. Raises DatasetFileError."""
    return {file.name: parse_derived_table(file) for file in read_folder(folder)}


@cache
def derived_tables() -> dict[str, DerivedTable]:
    """Return the product's own derived tables, parsed once."""
    return load_derived_tables()
