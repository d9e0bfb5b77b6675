"""The PostgreSQL expressions that turn a typed value into text for a cast.

The result has the form that the macros of ``sql/macros/reading.sql`` read, as that of ``sqlite_expressions``:
null, printable ASCII, ``chr(1)`` and hexadecimal digits for any other text, ``chr(2)`` for a value that the
cast cannot read. No text depends on a setting of the server or of the role.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from engine.replica.sqlite_expressions import LONG_TEXT_BYTES, MOST_CHARACTERS


class Kind(StrEnum):
    """What a column's type holds, as far as the casts distinguish it."""

    INTEGER = "integer"
    NUMERIC = "numeric"
    MONEY = "money"
    REAL = "real"
    BOOLEAN = "boolean"
    TIMESTAMP_UTC = "timestamptz"
    TIMESTAMP = "timestamp"
    DATE = "date"
    BLOB = "blob"
    TEXT = "text"


_KINDS: Mapping[str, Kind] = {
    "int2": Kind.INTEGER,
    "int4": Kind.INTEGER,
    "int8": Kind.INTEGER,
    "numeric": Kind.NUMERIC,
    "money": Kind.MONEY,
    "float4": Kind.REAL,
    "float8": Kind.REAL,
    "bool": Kind.BOOLEAN,
    "timestamptz": Kind.TIMESTAMP_UTC,
    "timestamp": Kind.TIMESTAMP,
    "date": Kind.DATE,
    "bytea": Kind.BLOB,
}


def kind_of(type_name: str) -> Kind:
    """Return the kind of a base type by its internal name; enums, arrays, JSON and all others are text.

    >>> kind_of("int8").value, kind_of("jsonb").value, kind_of("_text").value
    ('integer', 'text', 'text')
    """
    return _KINDS.get(type_name, Kind.TEXT)


_UNREADABLE = "case when {c} is not null then chr(2) end"
_BLANKS = r"E' \t\n\x0b\x0c\r'"
_IS_LONG = f"octet_length({{c}}::text) > {LONG_TEXT_BYTES}"
# The collation makes the range one of bytes, and some collations allow no pattern at all.
_IS_PLAIN = "{c}::text collate \"C\" ~ '^[ -~]*$'"
_TRIMMED = f"btrim({{c}}::text, {_BLANKS})"
_IS_PLAIN_TRIMMED = f"{_TRIMMED} collate \"C\" ~ '^[ -~]*$'"

_TEXT = (
    "case when {c} is null then null"
    f" when {_IS_LONG} then chr(1) || encode(convert_to(left({{c}}::text, {MOST_CHARACTERS}), 'UTF8'), 'hex')"
    f" when {_IS_PLAIN} then {{c}}::text"
    " else chr(1) || encode(convert_to({c}::text, 'UTF8'), 'hex') end"
)
_NUMBER_OF_TEXT = (
    f"case when {{c}} is null then null when {_IS_LONG} then chr(2)"
    f" when {_IS_PLAIN_TRIMMED} then {_TRIMMED} else chr(2) end"
)
_INSTANT_OF_TEXT = (
    f"case when {{c}} is null then null when {_IS_LONG} then chr(2)"
    f" when {_IS_PLAIN} then {{c}}::text else chr(2) end"
)
_FLAG = "case when {c} then '1' when not {c} then '0' end"
_WHOLE = "case when {c}::text ~ '^-?[0-9]+$' then {c}::text when {c} is not null then chr(2) end"
# An epoch, whose fraction is cut as that of SQLite's REAL.
_EPOCH = (
    "case when {c} >= 0 and {c} < 1e18 then trunc({c})::bigint::text when {c} is not null then chr(2) end"
)
# The text of a timestamptz ends in +00, which no cast reads, and follows settings.
_INSTANT = (
    "case when isfinite({c}) then to_char({c}%s, 'YYYY-MM-DD HH24:MI:SS.US')"
    " when {c} is not null then chr(2) end"
)
_DAY = "case when isfinite({c}) then to_char({c}, 'YYYY-MM-DD') when {c} is not null then chr(2) end"
_PRESENCE = "case when {c} is not null then '1' end"
_AS_TEXT = "{c}::text"

_NUMBERS: Mapping[Kind, str] = {
    Kind.INTEGER: _AS_TEXT,
    Kind.NUMERIC: _AS_TEXT,
    Kind.MONEY: "{c}::numeric::text",
    Kind.REAL: _AS_TEXT,
    Kind.BOOLEAN: _FLAG,
    Kind.TEXT: _NUMBER_OF_TEXT,
}
_TEXTS: Mapping[Kind, str] = {Kind.TEXT: _TEXT}
_CODES: Mapping[Kind, str] = {
    Kind.INTEGER: _AS_TEXT,
    Kind.NUMERIC: _WHOLE,
    Kind.BOOLEAN: _FLAG,
    Kind.TEXT: _TEXT,
}
_INSTANTS: Mapping[Kind, str] = {
    Kind.INTEGER: _AS_TEXT,
    Kind.NUMERIC: _EPOCH,
    Kind.REAL: _EPOCH,
    Kind.TIMESTAMP_UTC: _INSTANT % " at time zone 'UTC'",
    Kind.TIMESTAMP: _INSTANT % "",
    Kind.DATE: _DAY,
    Kind.TEXT: _INSTANT_OF_TEXT,
}
_BY_CAST: Mapping[str, Mapping[Kind, str]] = {
    "read_id": _NUMBERS,
    "read_integer": _NUMBERS,
    "read_number": _NUMBERS,
    "read_flag": _NUMBERS,
    "read_text": _TEXTS,
    "read_label": _TEXTS,
    "read_code": _CODES,
    "read_instant": _INSTANTS,
    "is_present": dict.fromkeys(Kind, _PRESENCE),
}


def raw_value(cast: str, kind: Kind, column: str) -> str:
    """Return the PostgreSQL expression that fetches a quoted column of a kind for a cast."""
    return _BY_CAST[cast].get(kind, _UNREADABLE).replace("{c}", column)


def text_start(kind: Kind, column: str, characters: int) -> str:
    """Return the expression of a text's first characters in hexadecimal after an ``x``; null for no text."""
    if kind is not Kind.TEXT:
        return "null::text"
    return f"'x' || encode(convert_to(left({column}::text, {characters}), 'UTF8'), 'hex')"
