"""Computes one dataset on the replica: runs its SQL, shapes the result, and checks its columns' types.

A value has exactly the columns of the header, in their order. All columns have the same length, at most
``MAX_ROWS``, and hold only JSON's own types.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

import duckdb
import polars as pl

from engine.model.catalogue.columns import Column
from engine.model.catalogue.datasets import Dataset
from engine.model.catalogue.page_parts import MAX_ROWS
from engine.model.clock import Clock
from engine.model.errors import DatasetFileError, nearest
from engine.model.selections.run_macros import dataset_window
from engine.model.values.payload import Columns
from engine.replica.page_values import page_frame
from engine.replica.selections import selecting
from engine.replica.shapes import shape_frame
from engine.replica.stand_ins import standing_in, without_counts_of

_POLARS_TYPES: dict[str, type[pl.DataType] | pl.DataType] = {
    "text": pl.String,
    "integer": pl.Int64,
    "number": pl.Float64,
    "boolean": pl.Boolean,
    "instant": pl.Datetime("us"),
    "day": pl.Date,
}
_DUCKDB_TYPES: dict[str, frozenset[str]] = {
    "text": frozenset({"VARCHAR"}),
    "integer": frozenset({"BIGINT", "INTEGER", "SMALLINT", "TINYINT", "UBIGINT", "UINTEGER"}),
    "number": frozenset({"DOUBLE"}),
    "boolean": frozenset({"BOOLEAN"}),
    "instant": frozenset({"TIMESTAMP"}),
    "day": frozenset({"DATE"}),
}


MAX_FETCHED_ROWS = 1_000_000
"""The most rows that are read of a result, because a larger one could take all memory."""

_CHUNK_ROWS = 50_000


@dataclass(frozen=True)
class DatasetValues:
    """A dataset's values as columns: all rows, and the part that pages get; None if pages get all rows.

    ``rows_found`` is the number of rows before the cut at ``MAX_ROWS``.
    """

    whole: Columns
    for_pages: Columns | None
    rows_found: int


def evaluate(connection: duckdb.DuckDBPyConnection, dataset: Dataset, clock: Clock) -> Columns:
    """Return the dataset's value at the clock's *now*, as columns of JSON values.

    Raises DatasetFileError if the SQL's columns are not those of the header, DashboardError for a range that
    ends after today, and DuckDB's own error if the SQL fails.
    """
    return evaluate_values(connection, dataset, clock).whole


def evaluate_values(
    connection: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    clock: Clock,
    without: Collection[str] = (),
) -> DatasetValues:
    """Return the dataset's value and the part that pages get. Raises the errors of ``evaluate``.

    ``without`` are the replica tables that it has to do without.
    """
    with selecting(connection, dataset, clock), standing_in(connection, without):
        frame = query_frame(connection, dataset)
    if dataset.shape is not None:
        frame = shape_frame(frame, dataset.shape, clock, dataset_window(dataset, clock))
    # This comes before the cut, because the sums cover all rows.
    part = page_frame(frame, dataset)
    return DatasetValues(
        whole=without_counts_of(_columns(frame.head(MAX_ROWS), dataset), dataset, without),
        for_pages=None if part is None else without_counts_of(_columns(part, dataset), dataset, without),
        rows_found=frame.height,
    )


def _columns(frame: pl.DataFrame, dataset: Dataset) -> Columns:
    return {column.name: _json_values(frame[column.name], column) for column in dataset.columns}


def query_frame(connection: duckdb.DuckDBPyConnection, dataset: Dataset) -> pl.DataFrame:
    """Return the rows of the dataset's SQL as a frame with the header's columns and types."""
    result = connection.execute(dataset.sql)
    found = {name: str(type_) for name, type_, *_ in result.description or []}
    for column in dataset.columns:
        if column.name not in found:
            raise DatasetFileError(
                dataset.path, f"the SQL gives no column {column.name!r}", nearest(column.name, found)
            )
        if found[column.name] not in _DUCKDB_TYPES[column.type]:
            raise DatasetFileError(
                dataset.path,
                f"column {column.name!r} is {found[column.name]}, the header says {column.type}",
                "cast it in the SQL, or correct the header",
            )
    for name in found:
        if name not in {column.name for column in dataset.columns}:
            raise DatasetFileError(
                dataset.path, f"column {name!r} is not in the header", "add it under [columns]"
            )
    schema = {name: _POLARS_TYPES[_column(dataset, name).type] for name in found}
    chunks = [pl.DataFrame(result.fetchmany(_CHUNK_ROWS), schema=schema, orient="row")]
    while chunks[-1].height == _CHUNK_ROWS and len(chunks) * _CHUNK_ROWS < MAX_FETCHED_ROWS:
        chunks.append(pl.DataFrame(result.fetchmany(_CHUNK_ROWS), schema=schema, orient="row"))
    return pl.concat(chunks)


def _column(dataset: Dataset, name: str) -> Column:
    return next(column for column in dataset.columns if column.name == name)


def _json_values(series: pl.Series, column: Column) -> list[object]:
    values = series.to_list()
    if column.type == "instant":
        return [None if value is None else _iso(value) for value in values]
    if column.type == "day":
        return [None if value is None else _iso_day(value) for value in values]
    return values


def _iso(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds") + "Z"


def _iso_day(day: date) -> str:
    return day.isoformat()
