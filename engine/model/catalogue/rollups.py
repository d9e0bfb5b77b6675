"""The rollups: what each file under ``sql/rollups`` makes of the replica's staging tables.

A rollup is kept up to date from the rows that a sync adds and removes. There are three kinds.
``per_row``: at most one row for each row of one staging table. ``aggregate``: the number of rows of one
staging table and the sums of some columns, grouped by the others. ``per_key``: rows made of all rows with
one key. This module knows no DuckDB, so the web process may load it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engine.model.catalogue.compiled import compiled
from engine.model.catalogue.sqlfile import SQL_DIR, SqlFile, read_folder
from engine.model.catalogue.staging import STAGING_DIR, staging
from engine.model.errors import DatasetFileError, nearest

ROLLUP_DIR = SQL_DIR / "rollups"
PER_ROW, AGGREGATE, PER_KEY = "per_row", "aggregate", "per_key"


@dataclass(frozen=True)
class Rollup:
    """One rollup: what ``sql`` makes of staging tables.

    ``reads`` holds ``table.column`` of the staging tables. A rollup per row has the ``source_rowid`` of
    the row that each of its rows was made of. An aggregate has the columns of its SQL, and ``count``, the
    number of rows; ``sums`` (of a decimal type) are summed and all other columns are keys. ``time`` is the
    staging column whose quarter of an hour is the first key, None if there is no time. ``outlier_key`` is a
    key that is null, or, for a row that must not be summed with others, its source_rowid; None if there are
    no such rows. ``key`` is the column, of the rollup and of every table it reads, that a rollup per key
    goes by.
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
    outlier_key: str | None = None
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
        """Return the SQL with instants in place of their quarters of an hour."""
        return self.sql.replace(_quarter_of(self.time), f"{self.time}") if self.time else self.sql


def _quarter_of(column: str | None) -> str:
    return f"quarter({column})"


def parse_rollup(file: SqlFile) -> Rollup:
    """Return the rollup that a file declares. Raises DatasetFileError."""
    # What checks headers takes a while to import, and `--help` reads no file.
    from engine.model.catalogue.header import read_header
    from engine.model.catalogue.rollup_header import AggregateHeader, PerKeyHeader, RollupHeader

    headers: dict[str, type[RollupHeader]] = {
        PER_ROW: RollupHeader,
        AGGREGATE: AggregateHeader,
        PER_KEY: PerKeyHeader,
    }
    kind = str(file.header.get("kind"))
    if kind not in headers:
        raise DatasetFileError(file.path, f"unknown kind {kind!r}", nearest(kind, headers))
    header = read_header(file, headers[kind])
    declared = header.model_dump()
    rollup = Rollup(
        name=file.name,
        kind=kind,
        row=header.row,
        reads=tuple(header.reads),
        sql=file.body,
        path=file.path,
        count=declared.get("count", ""),
        sums=tuple(declared.get("sums") or ()),
        time=declared.get("time"),
        outlier_key=declared.get("outlier_key"),
        key=declared.get("key"),
    )
    _check_reads(rollup)
    _check_time(rollup)
    return rollup


def _check_reads(rollup: Rollup) -> None:
    valid = {f"{staged.name}.{column}" for staged in staging().values() for column in staged.column_names()}
    for read in rollup.reads:
        if read not in valid:
            raise DatasetFileError(rollup.path, f"it reads the unknown column {read!r}", nearest(read, valid))
    if rollup.kind != PER_KEY and len(rollup.tables) != 1:
        raise DatasetFileError(
            rollup.path, f"its kind {rollup.kind!r} is made of one table", "read one staging table only"
        )
    if rollup.kind == PER_ROW and "source_rowid" not in rollup.sql:
        raise DatasetFileError(
            rollup.path, "its rows do not name the rows they are made of", "select source_rowid"
        )
    for name in rollup.tables if rollup.key else ():
        if f"{name}.{rollup.key}" not in rollup.reads:
            raise DatasetFileError(
                rollup.path, f"it does not read {name}.{rollup.key}", "read the key from every table"
            )


def _check_time(rollup: Rollup) -> None:
    if rollup.time is not None and f"{_quarter_of(rollup.time)} as {rollup.time}" not in rollup.sql:
        raise DatasetFileError(
            rollup.path, f"it keeps no quarter of {rollup.time}",
            f"select {_quarter_of(rollup.time)} as {rollup.time}",
        )  # fmt: skip


def load_rollups(folder: Path = ROLLUP_DIR) -> dict[str, Rollup]:
    """Return the rollups by name. Raises DatasetFileError."""
    return {file.name: parse_rollup(file) for file in read_folder(folder)}


@cache
def rollups() -> dict[str, Rollup]:
    """Return the product's own rollups, parsed once."""
    return compiled("rollups", (STAGING_DIR, ROLLUP_DIR), load_rollups)
