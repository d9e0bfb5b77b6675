"""SQL literals and identifiers; SQLite and DuckDB write them alike."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime


def quote_identifier(name: str) -> str:
    """Return a name as a quoted SQL identifier.

    >>> print(quote_identifier('a "name"'))
    "a ""name"\""
    """
    return '"' + name.replace('"', '""') + '"'


def quote_literal(text: str) -> str:
    """Return a text as a quoted SQL literal.

    >>> print(quote_literal("it's"))
    'it''s'
    """
    return "'" + text.replace("'", "''") + "'"


def value_rows(rows: Iterable[Iterable[str | int | datetime | None]]) -> str:
    """Return rows of values as the list that follows ``values``; instants are written in UTC.

    Use it in place of parameters, because DuckDB's client tries to import pandas for each one, which takes
    0.7 ms.

    >>> value_rows([("it's", 1, None), (datetime(2026, 1, 2, tzinfo=UTC), 2, "")])
    "('it''s', 1, null), (timestamp '2026-01-02 00:00:00', 2, '')"
    """
    return ", ".join(f"({', '.join(map(_value, row))})" for row in rows)


def _value(value: str | int | datetime | None) -> str:
    if isinstance(value, datetime):
        return f"timestamp '{value.astimezone(UTC).replace(tzinfo=None)}'"
    if isinstance(value, str):
        return quote_literal(value)
    return "null" if value is None else str(value)
