"""Reads the ``[rows.<column>]`` sections of a dataset's header, and checks every name in them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from engine.model.catalogue.columns import Column
from engine.model.catalogue.counted_rows import (
    ROW_ID,
    Cell,
    CountedRows,
    RowsOfTable,
    cells_in,
    with_sample_cells,
)
from engine.model.catalogue.dataset_header import DatasetHeader, RowsHeader
from engine.model.catalogue.sqlfile import SqlFile
from engine.model.catalogue.staging import StagedTable
from engine.model.errors import DatasetFileError, nearest

_NUMBERS = ("double", "hugeint", "bigint")


def parse_counted_rows(
    file: SqlFile,
    header: DatasetHeader,
    columns: Collection[Column],
    tables: Mapping[str, StagedTable],
) -> dict[str, CountedRows]:
    """Return the rows behind each column that declares some. Raises DatasetFileError."""
    declared = _with_shared(file, header)
    names = [column.name for column in columns]
    found: dict[str, CountedRows] = {}
    for name, sections in declared.items():
        if name not in names:
            raise DatasetFileError(file.path, f"rows.{name} is of no column", nearest(name, names))
        if sections[0].same_as is None:
            found[name] = _Section(file, f"rows.{name}", names, tables).rows(sections)
    for name, sections in declared.items():
        if sections[0].same_as is not None:
            found[name] = _borrowed(file, name, sections, found, tables)
    return {name: found[name] for name in declared}


def _with_shared(file: SqlFile, header: DatasetHeader) -> dict[str, list[RowsHeader]]:
    """Return the sections, with ``rows_with`` before each ``select`` that has no ``with`` of its own."""
    if header.rows_with is None:
        return header.rows
    shared = header.rows_with.strip()

    def completed(section: RowsHeader) -> RowsHeader:
        if section.select is None or _has_with(section.select):
            return section
        return section.model_copy(update={"select": f"{shared}\n{section.select.strip()}"})

    found = {name: [completed(section) for section in sections] for name, sections in header.rows.items()}
    if found == header.rows:
        raise DatasetFileError(
            file.path, "rows_with stands before no select", "leave it out, or take the with from a select"
        )
    return found


def _has_with(select: str) -> bool:
    return select.split(maxsplit=1)[0].lower() == "with"


def _borrowed(
    file: SqlFile,
    name: str,
    sections: list[RowsHeader],
    found: Mapping[str, CountedRows],
    tables: Mapping[str, StagedTable],
) -> CountedRows:
    """Return the rows of the column that ``same_as`` names, as those behind a sum or a rate."""
    section = sections[0]
    if len(sections) > 1 or not section.model_fields_set <= {"same_as", "sum"}:
        raise DatasetFileError(file.path, f"rows.{name} has same_as and more", "keep same_as, and sum")
    other = section.same_as or ""
    if other not in found:
        raise DatasetFileError(
            file.path, f"rows.{name}.same_as names {other!r}, which declares no rows", nearest(other, found)
        )
    rows = found[other]
    for choice in rows.choices:
        _require_numbers(file, f"rows.{name}", section.sum or (), tables[choice.table])
    sums = tuple(section.sum or ())
    return CountedRows(
        rows.cells,
        tuple(replace(choice, sums=sums, counted=bool(sums)) for choice in rows.choices),
    )


def _require_numbers(file: SqlFile, place: str, names: Iterable[str], table: StagedTable) -> None:
    numbers = [column.name for column in table.columns if column.type in _NUMBERS]
    for name in names:
        if name not in numbers:
            raise DatasetFileError(
                file.path, f"{place} sums the column {name!r} of {table.name}", nearest(name, numbers)
            )


class _Section:
    """The sections of one column: their names are checked against the columns and the replica's tables."""

    def __init__(
        self, file: SqlFile, place: str, columns: Collection[str], tables: Mapping[str, StagedTable]
    ) -> None:
        self._file = file
        self._place = place
        self._columns = columns
        self._tables = tables

    def rows(self, sections: list[RowsHeader]) -> CountedRows:
        choices = tuple(self._choice(section, several=len(sections) > 1) for section in sections)
        cells = [name for choice in choices for name in (*dict(choice.when), *cells_in(choice.sql))]
        return CountedRows(tuple(dict.fromkeys(cells)), choices)

    def _choice(self, section: RowsHeader, several: bool) -> RowsOfTable:
        if section.table is None:
            raise self._mistake("has no table", 'add table = "…"')
        if section.table not in self._tables:
            raise self._mistake(
                f"names the unknown table {section.table!r}", nearest(section.table, self._tables)
            )
        if section.where is not None and section.select is not None:
            raise self._mistake("has both where and select", "keep one of them")
        if section.sum and not section.counted:
            raise self._mistake("has sum and counted = false", "keep one of them")
        table = self._tables[section.table]
        sql = self._select(section.select) if section.select else self._where(table, section.where)
        _require_numbers(self._file, self._place, section.sum or (), table)
        return RowsOfTable(
            table=table.name,
            sql=sql,
            sums=tuple(section.sum or ()),
            counted=section.counted,
            when=self._when(section.when or {}, several),
        )

    def _where(self, table: StagedTable, where: str | None) -> str:
        """Return the query of a condition; without one it is that of all rows."""
        sql = f"select {ROW_ID} from {table.name}"
        if where is None:
            return sql
        sql += f" where {where.strip()}"
        parsed = self._parsed(sql, "is no condition")
        # The names within a subquery may be those of any table; DuckDB checks them.
        valid = [ROW_ID, *table.column_names()]
        for column in parsed.find_all(exp.Column):
            if column.find_ancestor(exp.Select) is parsed and column.name not in valid:
                raise self._mistake(f"names the column {column.name!r}", nearest(column.name, valid))
        return sql

    def _select(self, select: str) -> str:
        sql = select.strip()
        parsed = self._parsed(sql, "is no query")
        if parsed.named_selects != [ROW_ID]:
            raise self._mistake("selects no ids", f"select {ROW_ID} and nothing else")
        return sql

    def _parsed(self, sql: str, mistake: str) -> exp.Query:
        for name in cells_in(sql):
            if name not in self._columns:
                raise self._mistake(f"names the cell ${name}", nearest(name, self._columns))
        try:
            parsed = sqlglot.parse_one(with_sample_cells(sql, cells_in(sql)), read="duckdb")
        except SqlglotError:
            parsed = None
        if not isinstance(parsed, exp.Query):
            raise self._mistake(mistake, "write it as DuckDB reads it")
        return parsed

    def _when(
        self, when: Mapping[str, Cell | Sequence[Cell]], several: bool
    ) -> tuple[tuple[str, tuple[Cell, ...]], ...]:
        if several and not when:
            raise self._mistake("has several sections", 'add when = { column = "…" } to each')
        for name in when:
            if name not in self._columns:
                raise self._mistake(f"names the cell {name!r} in when", nearest(name, self._columns))
        return tuple(
            (name, (value,) if isinstance(value, Cell) else tuple(value)) for name, value in when.items()
        )

    def _mistake(self, cause: str, remedy: str) -> DatasetFileError:
        return DatasetFileError(self._file.path, f"{self._place} {cause}", remedy)
