"""Makes a dataset of its SQL file: the header's keys, and the names in it that must be those of columns."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engine.model.catalogue.columns import Column
from engine.model.catalogue.counted_rows_header import parse_counted_rows
from engine.model.catalogue.dataset_header import DatasetHeader, PageGroupsHeader
from engine.model.catalogue.datasets import Dataset, Shape
from engine.model.catalogue.header import read_header
from engine.model.catalogue.page_parts import MAX_GROUPS_KEPT, PageGroups, Rate
from engine.model.catalogue.selectable import require_selectable
from engine.model.catalogue.sqlfile import SqlFile
from engine.model.catalogue.staging import METADATA_TABLES, StagedTable
from engine.model.errors import DatasetFileError, nearest


def parse_dataset(file: SqlFile, kind: str, tables: Mapping[str, StagedTable]) -> Dataset:
    """Return the dataset that a file declares. Raises DatasetFileError."""
    header = read_header(file, DatasetHeader)
    columns = tuple(
        Column(name, column.type, column.unit, column.help, column.category, column.contacts)
        for name, column in header.columns.items()
    )
    if header.page_groups is not None and header.page_rows is not None:
        raise DatasetFileError(file.path, "it has both page_groups and page_rows", "keep one of them")
    _require_reads(file, header.reads, tables)
    _require_optional(file, header)
    require_selectable(file, header)
    return Dataset(
        name=file.name,
        kind=kind,
        page=header.page,
        title=header.title,
        row=header.row,
        ttl_minutes=header.ttl_minutes,
        reads=tuple(header.reads),
        columns=columns,
        shape=_shape(file, header),
        sql=file.body,
        path=file.path,
        page_groups=_page_groups(file, header.page_groups, columns),
        page_rows=header.page_rows,
        rows=parse_counted_rows(file, header, columns, tables),
        range=header.range,
        filters=tuple(header.filters),
        optional=tuple(header.optional),
    )


def _require_reads(file: SqlFile, reads: Collection[str], tables: Mapping[str, StagedTable]) -> None:
    valid = {f"{table.name}.{column}" for table in tables.values() for column in table.column_names()}
    valid |= {f"{name}.{column}" for name, columns in METADATA_TABLES.items() for column in columns}
    for read in reads:
        if read not in valid:
            raise DatasetFileError(file.path, f"it reads the unknown column {read!r}", nearest(read, valid))


def _require_optional(file: SqlFile, header: DatasetHeader) -> None:
    read = {name.partition(".")[0] for name in header.reads}
    for table in header.optional:
        if table not in read or table in METADATA_TABLES:
            raise DatasetFileError(
                file.path, f"optional names {table!r}, which is no staging table that it reads",
                nearest(table, read - METADATA_TABLES.keys()),
            )  # fmt: skip


def _shape(file: SqlFile, header: DatasetHeader) -> Shape | None:
    if header.shape is None:
        return None
    for name in header.shape.by:
        if name not in header.columns:
            raise DatasetFileError(
                file.path, f"shape.by names the unknown column {name!r}", nearest(name, header.columns)
            )
    return Shape(header.shape.step, header.shape.count, tuple(header.shape.by))


def _page_groups(
    file: SqlFile, declared: PageGroupsHeader | None, columns: Collection[Column]
) -> PageGroups | None:
    if declared is None:
        return None
    texts = [column.name for column in columns if column.type == "text"]
    numbers = [column.name for column in columns if column.type in ("integer", "number")]
    _require_column(file, "by", declared.by, texts)
    _require_column(file, "size", declared.size, numbers)
    rates = []
    for name, (over, under) in declared.rates.items():
        _require_column(file, "rates", name, numbers)
        _require_column(file, f"rates.{name}", over, numbers)
        _require_column(file, f"rates.{name}", under, numbers)
        rates.append(Rate(name, over, under))
    above = declared.keep if declared.above is None else declared.above
    if above < declared.keep:
        raise DatasetFileError(
            file.path, f"page_groups.above = {above}",
            f"give a whole number from {declared.keep} to {MAX_GROUPS_KEPT}",
        )  # fmt: skip
    return PageGroups(declared.by, declared.size, declared.keep, above, tuple(rates))


def _require_column(file: SqlFile, key: str, name: str, valid: Collection[str]) -> None:
    if name not in valid:
        raise DatasetFileError(
            file.path, f"page_groups.{key} names the column {name!r}", nearest(name, valid)
        )
