"""Parses the select of a staging file: one source table, and an expression over casts in each line.

An expression is a cast of a source column, a constant (``'openai'``, ``5``, ``1.5``, ``true``, ``null``), or
made of these with ``+ - * /``, brackets and ``coalesce``. Arithmetic is done on doubles; a result that is not
finite is null. The parser turns each column into DuckDB's SQL, so nothing else of SQL gets through.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from engine.model.catalogue.sqlfile import SqlFile
from engine.model.catalogue.staging import CASTS, TYPES, Condition, Reading, StagedColumn
from engine.model.errors import DatasetFileError, nearest
from engine.model.text.quoting import quote_literal

SOURCE = "source"
MOST_READINGS = 31
"""The most casts of a file: each has a bit in the replica's column ``unreadable``."""

_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_NUMBER = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_OPERATORS: dict[type[exp.Expression], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/"}
# From the narrowest to the widest: a mixture of numbers has the widest type among them.
_NUMBERS = ("bigint", "hugeint", "double")
_NULL = "null"


@dataclass(frozen=True)
class _Sql:
    """A part of an expression: its SQL, as a format of the readings, and its DuckDB type.

    The type of what is null is ``null``. ``may_overflow`` is true of arithmetic.
    """

    text: str
    type: str
    may_overflow: bool = False

    @property
    def finite(self) -> str:
        """Return the SQL that is null if the result is no finite number."""
        return f"finite_or_null({self.text})" if self.may_overflow else self.text


def parse_select(file: SqlFile, types: Mapping[str, str]) -> tuple[str, tuple[StagedColumn, ...]]:
    """Return the source table and the replica's columns. Raises DatasetFileError.

    ``types`` maps columns that are null to the names of their types.
    """
    try:
        select = sqlglot.parse_one(file.body, read="duckdb")
    except SqlglotError:
        select = None
    table = _table_of(select) if isinstance(select, exp.Select) else None
    if select is None or table is None:
        raise DatasetFileError(
            file.path, "it is not one select from one source table", "write: select … from source.<table>"
        )
    columns = tuple(_parse_column(file, expression, types) for expression in select.expressions)
    names = [column.name for column in columns]
    for name in names:
        if names.count(name) > 1:
            raise DatasetFileError(file.path, f"column {name!r} is there twice", "rename one of them")
    for name in types:
        if name not in names:
            raise DatasetFileError(file.path, f"types names the column {name!r}", nearest(name, names))
    if len({reading for column in columns for reading in column.readings}) > MOST_READINGS:
        raise DatasetFileError(
            file.path, f"it has more than {MOST_READINGS} casts", "leave out columns that no dataset reads"
        )
    return table, columns


def parse_condition(file: SqlFile, key: str, text: str, names: Collection[str]) -> Condition:
    """Return a condition on the replica's columns that stands under a header key. Raises DatasetFileError."""
    try:
        condition = sqlglot.parse_one(f"select {text}", read="duckdb")
    except SqlglotError:
        condition = None
    if not isinstance(condition, exp.Select) or len(condition.expressions) != 1:
        raise DatasetFileError(file.path, f"{key} is no condition: {text}", "write one on its columns")
    columns = tuple(sorted({column.name for column in condition.find_all(exp.Column)}))
    for name in columns:
        if name not in names:
            raise DatasetFileError(file.path, f"{key} names the column {name!r}", nearest(name, names))
    return Condition(text, columns)


def _table_of(select: exp.Select) -> str | None:
    """Return the source table of a select that is nothing else than columns of it."""
    parts = {name for name, part in select.args.items() if part}
    table = select.find(exp.Table)
    if parts != {"expressions", "from_"} or table is None:
        return None
    is_plain = {name for name, part in table.args.items() if part} == {"this", "db"}
    return table.name if is_plain and table.db == SOURCE else None


def _parse_column(file: SqlFile, expression: exp.Expression, types: Mapping[str, str]) -> StagedColumn:
    if not isinstance(expression, exp.Alias) or not _NAME.fullmatch(expression.alias):
        raise _unreadable(file, _written(expression))
    name = expression.alias
    parser = _Parser(file, f"{_written(expression.this)} as {name}")
    parsed = parser.parse(expression.this)
    if parsed.type == _NULL:
        if name not in types:
            raise DatasetFileError(
                file.path, f"column {name!r} is null and has no type", f'add types = {{ {name} = "text" }}'
            )
        return StagedColumn(name, TYPES[types[name]], (), f"cast(null as {TYPES[types[name]]})")
    if name in types:
        raise DatasetFileError(
            file.path, f"types.{name} is of a column that has a type", f"remove {name} from types"
        )
    return StagedColumn(name, parsed.type, tuple(parser.readings), parsed.finite)


def _written(expression: exp.Expression) -> str:
    return expression.sql("duckdb", normalize_functions=False)


def _unreadable(file: SqlFile, written: str) -> DatasetFileError:
    return DatasetFileError(
        file.path, f"cannot read the column {written!r}", "write it as read_text(source_column) as name"
    )


@dataclass
class _Parser:
    """Parses the expression of one column, and collects its readings."""

    file: SqlFile
    written: str
    readings: list[Reading] = field(default_factory=list)

    def parse(self, node: exp.Expression) -> _Sql:
        for kind, parse in self._kinds().items():
            if isinstance(node, kind):
                return parse(node)
        if isinstance(node, exp.Func):
            raise self._unknown(node.sql_name().lower())
        raise _unreadable(self.file, self.written)

    def _kinds(self) -> dict[type[exp.Expression], Callable[[exp.Expression], _Sql]]:
        return {
            exp.Anonymous: self._cast,
            exp.Literal: self._literal,
            exp.Null: lambda _: _Sql("null", _NULL),
            exp.Boolean: lambda node: _Sql("true" if node.this else "false", "boolean"),
            exp.Paren: self._brackets,
            exp.Neg: self._negated,
            exp.Coalesce: self._coalesce,
            **dict.fromkeys(_OPERATORS, self._arithmetic),
        }

    def _cast(self, node: exp.Expression) -> _Sql:
        cast = str(node.this)
        if cast not in CASTS:
            raise self._unknown(cast)
        column = node.expressions[0] if len(node.expressions) == 1 else None
        if not isinstance(column, exp.Column) or column.table:
            raise _unreadable(self.file, self.written)
        reading = Reading(cast, column.name)
        if reading not in self.readings:
            self.readings.append(reading)
        return _Sql(f"{{{self.readings.index(reading)}}}", CASTS[cast])

    def _unknown(self, name: str) -> DatasetFileError:
        return DatasetFileError(self.file.path, f"unknown cast {name!r}", nearest(name, [*CASTS, "coalesce"]))

    def _literal(self, node: exp.Expression) -> _Sql:
        if node.is_string:
            return _Sql(quote_literal(node.name).replace("{", "{{").replace("}", "}}"), "varchar")
        if re.fullmatch(r"[0-9]{1,38}", node.name):
            return _Sql(f"cast('{node.name}' as hugeint)", "hugeint")
        if not _NUMBER.fullmatch(node.name) or not math.isfinite(float(node.name)):
            raise self._misfit(f"{node.name} is no number", "write one like 5, 0.25 or 1e6")
        return _Sql(f"cast('{node.name}' as double)", "double")

    def _brackets(self, node: exp.Expression) -> _Sql:
        inner = self.parse(node.this)
        return _Sql(f"({inner.text})", inner.type, inner.may_overflow)

    def _negated(self, node: exp.Expression) -> _Sql:
        return _Sql(f"-{self._double(node.this)}", "double", may_overflow=True)

    def _arithmetic(self, node: exp.Expression) -> _Sql:
        left, right = self._double(node.this), self._double(node.expression)
        return _Sql(f"{left} {_OPERATORS[type(node)]} {right}", "double", may_overflow=True)

    def _double(self, node: exp.Expression) -> str:
        part = self.parse(node)
        if part.type not in _NUMBERS:
            raise self._misfit(f"{_written(node)} is no number", "calculate with numbers alone")
        return part.text if part.type == "double" else f"cast({part.text} as double)"

    def _coalesce(self, node: exp.Expression) -> _Sql:
        nodes: Sequence[exp.Expression] = [node.this, *node.expressions]
        parts = [self.parse(each) for each in nodes]
        types = {part.type for part in parts} - {_NULL}
        if types <= set(_NUMBERS) and types:
            type_ = max(types, key=_NUMBERS.index)
        elif len(types) <= 1:
            type_ = next(iter(types), _NULL)
        else:
            raise self._misfit("coalesce mixes types", "give it values of one type")
        if type_ == _NULL:
            return _Sql("null", _NULL)
        return _Sql(f"coalesce({', '.join(f'cast({part.finite} as {type_})' for part in parts)})", type_)

    def _misfit(self, cause: str, remedy: str) -> DatasetFileError:
        return DatasetFileError(self.file.path, f"in the column {self.written!r} {cause}", remedy)
