"""Turns cells, filters and orders of questions into SQL; nothing that was asked gets into it as it stands."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import date

from engine.model import questions as q
from engine.model.catalogue.rows import RowsColumn, RowsTable
from engine.model.clock import from_iso
from engine.model.errors import DashboardError, nearest
from engine.model.text.quoting import quote_identifier

_COMMON = "zjqxkvwybgfpuhmdlcnsrti@:/.oae"
"""Letters of addresses from rare to common; any other is rarer still."""
_SHORTEST_END = 3
_VALUES = {"equals": 1, "contains": 1, "less": 1, "greater": 1, "between": 2, "empty": 0}
"""How many values an operator takes; ``in`` takes any number."""


def text_literal(text: str) -> str:
    """Return a text as an SQL literal: in hexadecimal, because it may hold any character."""
    return f"decode(unhex('{text.encode('utf-8', 'replace').hex()}'))"


def holds(column: str, text: str) -> str:
    """Return the condition that a column contains a text.

    DuckDB looks for the first letter, and compares where it finds it. So the end of the text that begins with
    its rarest letter is looked for first, and the whole of it in the few texts that have that.
    """
    ends = range(max(1, len(text) - _SHORTEST_END + 1))
    start = min(ends, key=lambda place: _COMMON.find(text[place : place + 1]))
    parts = dict.fromkeys((text[start:], text))
    return " and ".join(f"contains({column}, {text_literal(part)})" for part in parts)


def begins(column: str, text: str) -> str:
    """Return the condition that a column begins with a text.

    Its bounds say nothing more, but by them DuckDB passes over blocks of rows without reading them.
    """
    start = text_literal(text)
    bounds = [f"{column} >= {start}"]
    # The order is that of code points, of which those of surrogates stand in no text.
    kept = text.rstrip(chr(sys.maxunicode))
    if kept:
        place = ord(kept[-1]) + 1
        after = kept[:-1] + chr(0xE000 if 0xD800 <= place <= 0xDFFF else place)
        bounds.append(f"{column} < {text_literal(after)}")
    return " and ".join([*bounds, f"starts_with({column}, {start})"])


def literal(value: q.Cell, type_: str, place: str) -> str:
    """Return a cell as an SQL literal of a column's type. Raises DashboardError, named by ``place``."""
    if value is None:
        return "null"
    try:
        found = _text(value, type_) if isinstance(value, str) else _number(value, type_)
    except ValueError:
        found = None
    if found is None:
        raise DashboardError(place, f"{value!r} is no {type_}", "give a value of the column's type")
    return found


def _text(value: str, type_: str) -> str | None:
    match type_:
        case "text":
            return text_literal(value)
        case "instant":
            return f"timestamp '{from_iso(value):%Y-%m-%d %H:%M:%S}'"
        case "day":
            return f"date '{date.fromisoformat(value)}'"
    return None


def _number(value: bool | int | float, type_: str) -> str | None:
    if type_ == "boolean":
        return str(value).lower() if isinstance(value, bool) else None
    if type_ not in ("integer", "number") or isinstance(value, bool):
        return None
    is_whole = isinstance(value, int) and abs(value) < 1 << 126
    return str(value) if is_whole else f"cast('{value!r}' as double)"


def condition(table: RowsTable, filters: Iterable[q.Filter]) -> str:
    """Return the SQL condition of filters on the columns of a table. Raises DashboardError."""
    return " and ".join(_condition(sortable(table, each.column), each) for each in filters) or "true"


def sortable(table: RowsTable, name: str) -> RowsColumn:
    """Return a column that rows can be filtered and sorted by. Raises DashboardError."""
    column = table.column(name)
    if not column.shown.is_sortable:
        valid = [each.name for each in table.columns if each.shown.is_sortable]
        place = f"{table.name}.{name}"
        raise DashboardError(place, "rows cannot be sorted or filtered by it", nearest("", valid))
    return column


def order(sort: Iterable[q.Sort]) -> str:
    """Return what ``order by`` is followed by; among equal rows the newest comes first."""
    own = [f"{quote_identifier(each.column)} {_way(each)} nulls last" for each in sort]
    return ", ".join([*own, "source_rowid desc nulls last"])


def _way(sort: q.Sort) -> str:
    return "desc" if sort.descending else "asc"


def _condition(column: RowsColumn, asked: q.Filter) -> str:
    place, name = f"the filter of {column.name}", quote_identifier(column.name)
    wanted = _VALUES.get(asked.operator)
    if wanted is not None and len(asked.values) != wanted:
        raise DashboardError(place, f"{asked.operator} takes {wanted} values", "give so many")
    if asked.operator == "contains":
        text = asked.values[0]
        if not isinstance(text, str):
            raise DashboardError(place, "contains takes a text", "give a text")
        return f"contains(lower(cast({name} as varchar)), lower({text_literal(text)}))"
    if asked.operator == "empty":
        return f"{name} is null"
    values = [literal(value, column.shown.type, place) for value in asked.values]
    if asked.operator in ("equals", "in"):
        return _one_of(name, values)
    if asked.operator == "between":
        return f"{name} between {values[0]} and {values[1]}"
    return f"{name} {'<' if asked.operator == 'less' else '>'} {values[0]}"


def _one_of(name: str, values: list[str]) -> str:
    """Return the condition that a column has one of some values, of which null may be one."""
    given = [value for value in values if value != "null"]
    parts = [f"{name} in ({', '.join(given)})"] if given else []
    parts += [f"{name} is null"] if "null" in values else []
    return f"({' or '.join(parts)})" if parts else "false"
