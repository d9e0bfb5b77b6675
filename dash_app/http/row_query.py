"""What the addresses of rows take: their queries, checked and made into questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, cast, get_args

import orjson
from starlette.datastructures import QueryParams

from engine.model.questions import MOST_ROWS, Cell, Filter, Operator, RowsQuestion, Sort, TextQuestion

MOST_OFFSET = 100_000
"""The first row of a page of rows stands here at most, because each page is found by a query of its own."""
MOST_QUERY_CHARACTERS = 16_000
MOST_FILTERS = 20
_FIRST_YEAR, _LAST_YEAR = 1970, 2100

_OPERATORS = get_args(Operator)


class BadQuery(ValueError):
    """A query that is no question; ``str()`` is one line."""


def rows_question(query: QueryParams, as_of: datetime | None, time_zone: str | None) -> RowsQuestion:
    """Return the question of an address. ``as_of``: the instant of the entry that the key names.

    An ``as_of`` of the query stands before it. Raises BadQuery.
    """
    given = _instant(query["as_of"]) if query.get("as_of") else as_of
    if given is None:
        raise BadQuery("as_of: the key has no value yet; give an instant like 2026-11-23T20:00:00Z")
    return RowsQuestion(
        key=_required(query, "key"),
        column=_required(query, "column"),
        cells=cells_of(query),
        as_of=given,
        sort=_sort(query.get("sort", "")),
        filters=_filters(query.get("filters", "")),
        offset=_number(query, "offset", 0, 0, MOST_OFFSET),
        limit=_number(query, "limit", 100, 1, MOST_ROWS),
        time_zone=time_zone,
    )


def text_question(query: QueryParams) -> TextQuestion:
    """Return the question for one long text. Raises BadQuery."""
    return TextQuestion(_required(query, "table"), _required(query, "id"), _required(query, "column"))


def cells_of(query: QueryParams) -> dict[str, Cell]:
    """Return the cells of the number's row by column; none if the query names none. Raises BadQuery."""
    cells = _json(query, "cells", dict, {})
    if not all(isinstance(name, str) and _is_cell(value) for name, value in cells.items()):
        raise BadQuery('cells: it is no object of values; write {"column": "value"}')
    return cast(dict[str, Cell], cells)


def _required(query: QueryParams, name: str) -> str:
    value = query.get(name, "")
    if not value or len(value) > MOST_QUERY_CHARACTERS:
        raise BadQuery(f"{name}: it is {'too long' if value else 'missing'}")
    return value


def _number(query: QueryParams, name: str, default: int, least: int, most: int) -> int:
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        raise BadQuery(f"{name}: it is no whole number from {least} to {most:,}")
    return int(text)


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise BadQuery("as_of: it is no instant like 2026-11-23T20:00:00Z")
    if not _FIRST_YEAR < instant.year < _LAST_YEAR:
        # Windows reach years back, and days are counted beyond them.
        raise BadQuery(f"as_of: it is out of reach; give one between {_FIRST_YEAR} and {_LAST_YEAR}")
    return instant.astimezone(UTC)


def _sort(text: str) -> tuple[Sort, ...]:
    names = [name for name in text.split(",") if name]
    if len(names) > MOST_FILTERS:
        raise BadQuery(f"sort: it names more than {MOST_FILTERS} columns")
    return tuple(Sort(name.removeprefix("-"), name.startswith("-")) for name in names)


def _filters(text: str) -> tuple[Filter, ...]:
    found = _json({"filters": text}, "filters", list, [])
    if len(found) > MOST_FILTERS:
        raise BadQuery(f"filters: there are more than {MOST_FILTERS}")
    return tuple(_filter(one) for one in found)


def _filter(one: Any) -> Filter:
    if isinstance(one, list) and len(one) >= 2 and all(map(_is_cell, one)) and isinstance(one[0], str):
        column, operator, *values = one
        if operator in _OPERATORS:
            return Filter(column, cast(Operator, operator), tuple(values))
    raise BadQuery(f'filters: write [["column", "operator", "value"]], operator of {", ".join(_OPERATORS)}')


def _json(query: Mapping[str, str], name: str, kind: Callable[..., Any], default: Any) -> Any:
    text = query.get(name, "")
    if not text:
        return default
    try:
        value = orjson.loads(text) if len(text) <= MOST_QUERY_CHARACTERS else None
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, cast(type, kind)):
        raise BadQuery(f"{name}: it is no JSON {'object' if kind is dict else 'array'}")
    return value


def _is_cell(value: object) -> bool:
    return value is None or isinstance(value, str | bool | int | float)
