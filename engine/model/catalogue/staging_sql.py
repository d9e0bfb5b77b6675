"""Parses the select of a staging file: one source table, and a cast of one source column in each line."""

from __future__ import annotations

import re

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from engine.model.catalogue.sqlfile import SqlFile
from engine.model.errors import DatasetFileError, nearest
from engine.model.staging import CASTS, StagedColumn

SOURCE = "source"
_NAME = re.compile(r"[a-z_][a-z0-9_]*")


def parse_select(file: SqlFile) -> tuple[str, tuple[StagedColumn, ...]]:
    """Return the source table and the replica's columns. Raises DatasetFileError."""
    try:
        select = sqlglot.parse_one(file.body, read="duckdb")
    except SqlglotError:
        select = None
    table = _table_of(select) if isinstance(select, exp.Select) else None
    if select is None or table is None:
        raise DatasetFileError(
            file.path, "it is not one select from one source table", "write: select … from source.<table>"
        )
    columns = tuple(_parse_column(file, expression) for expression in select.expressions)
    names = [column.name for column in columns]
    for name in names:
        if names.count(name) > 1:
            raise DatasetFileError(file.path, f"column {name!r} is there twice", "rename one of them")
    return table, columns


def _table_of(select: exp.Select) -> str | None:
    """Return the source table of a select that is nothing else than columns of it."""
    parts = {name for name, part in select.args.items() if part}
    table = select.find(exp.Table)
    if parts != {"expressions", "from_"} or table is None:
        return None
    is_plain = {name for name, part in table.args.items() if part} == {"this", "db"}
    return table.name if is_plain and table.db == SOURCE else None


def _parse_column(file: SqlFile, expression: exp.Expression) -> StagedColumn:
    call = expression.this if isinstance(expression, exp.Alias) else None
    arguments = call.expressions if isinstance(call, exp.Anonymous) else []
    is_reading = len(arguments) == 1 and _is_column(arguments[0]) and _NAME.fullmatch(expression.alias)
    if call is None or not is_reading:
        part = expression if call is None else call
        written = part.sql("duckdb", normalize_functions=False)
        written += f" as {expression.alias}" if call else ""
        raise DatasetFileError(
            file.path, f"cannot read the column {written!r}", "write it as read_text(source_column) as name"
        )
    cast = str(call.this)
    if cast not in CASTS:
        raise DatasetFileError(file.path, f"unknown cast {cast!r}", nearest(cast, CASTS))
    return StagedColumn(expression.alias, cast, arguments[0].name)


def _is_column(argument: exp.Expression) -> bool:
    return isinstance(argument, exp.Column) and not argument.table
