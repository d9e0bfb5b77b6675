"""The SQLite expressions that turn any stored value into safe text for a cast.

Null stays null. Any other result is valid UTF-8 in the form that the macros of ``sql/macros/reading.sql``
read: ``char(2)`` stands for a value that the cast cannot read, ``char(1)`` and hexadecimal digits for text
beyond printable ASCII.

The fast expressions return a value unchanged if it is of the kind that the column should hold, and
``char(2)`` otherwise. They do not notice text that is not UTF-8: DuckDB then refuses the whole read.

No text of more than ``LONG_TEXT_BYTES`` leaves SQLite. A cast of text returns its first ``MOST_CHARACTERS``;
a number or an instant of that length is unreadable.
"""

from __future__ import annotations

from collections.abc import Mapping

UNREADABLE = "char(2)"
MOST_CHARACTERS = 10_000
# A character takes at most four bytes, so a text of at most these bytes has no more than these characters.
LONG_TEXT_BYTES = 4 * MOST_CHARACTERS
BLANKS = "char(9, 10, 11, 12, 13, 32)"


def raw_expression(cast: str, column: str) -> str:
    """Return the SQLite expression that fetches a quoted column for a cast."""
    return _EXPRESSIONS[cast].format(c=column)


def _is_plain(value: str) -> str:
    # GLOB takes a byte that is not UTF-8 for a character beyond '~'. It stops at a NUL, and so does the first
    # of the two lengths, but not the second: they differ if there is a NUL.
    return f"not {value} glob '*[^ -~]*' and length({value}) = length(cast({value} as blob))"


# SQLite knows the length in bytes without reading the text, but has to count characters.
_IS_LONG = f"length(cast({{c}} as blob)) > {LONG_TEXT_BYTES}"
_CUT = f"substr({{c}}, 1, {MOST_CHARACTERS})"

_TEXT = f"""case typeof({{c}})
    when 'null' then null
    when 'text' then case when {_IS_LONG} then char(1) || hex({_CUT})
        when {_is_plain("{c}")} then {{c}} else char(1) || hex({{c}}) end
    else {UNREADABLE} end"""

# 17 digits would be enough for every double, but beyond 1e200 SQLite's last digit can be wrong. Without the
# flag ! SQLite stops at 16.
_NUMBER = f"""case typeof({{c}})
    when 'null' then null
    when 'integer' then {{c}}
    when 'real' then printf('%!.20g', {{c}})
    when 'text' then case when {_IS_LONG} then {UNREADABLE}
        when {_is_plain("{c}")} then trim({{c}}) when {_is_plain(f"trim({{c}}, {BLANKS})")}
        then trim({{c}}, {BLANKS}) else {UNREADABLE} end
    else {UNREADABLE} end"""

# A REAL is an epoch. Its fraction is cut here, because only SQLite knows that the value is a REAL.
_INSTANT = f"""case typeof({{c}})
    when 'null' then null
    when 'integer' then {{c}}
    when 'real' then case when {{c}} >= 0 then cast({{c}} as integer) else {UNREADABLE} end
    when 'text' then case when not {_IS_LONG} and {_is_plain("{c}")} then {{c}} else {UNREADABLE} end
    else {UNREADABLE} end"""

# An integer has one spelling only; a REAL has none that all programs agree on.
_CODE = f"""case typeof({{c}})
    when 'null' then null
    when 'integer' then {{c}}
    when 'text' then case when {_IS_LONG} then char(1) || hex({_CUT})
        when {_is_plain("{c}")} then {{c}} else char(1) || hex({{c}}) end
    else {UNREADABLE} end"""

_PRESENCE = "case when {c} is not null then '1' end"

_EXPRESSIONS = {
    "read_id": _NUMBER,
    "read_integer": _NUMBER,
    "read_number": _NUMBER,
    "read_flag": _NUMBER,
    "read_text": _TEXT,
    "read_label": _TEXT,
    "read_code": _CODE,
    "read_instant": _INSTANT,
    "is_present": _PRESENCE,
}


_FAST_TEXT = f"iif(typeof({{c}}) = 'blob', {UNREADABLE}, iif({_IS_LONG}, {_CUT}, {{c}}))"
_NOT_BLOB = f"iif(typeof({{c}}) = 'blob' or {_IS_LONG}, {UNREADABLE}, {{c}})"
_ONLY_INTEGER = f"iif(typeof({{c}}) = 'integer', {{c}}, iif({{c}} is null, null, {UNREADABLE}))"
_TEXT_OR_INTEGER = f"""case typeof({{c}})
    when 'text' then iif({_IS_LONG}, {UNREADABLE}, {{c}}) when 'integer' then {{c}} when 'null' then null
    else {UNREADABLE} end"""
_REAL_OR_INTEGER = f"""case typeof({{c}})
    when 'real' then printf('%!.20g', {{c}}) when 'integer' then {{c}} when 'null' then null
    else {UNREADABLE} end"""

# By cast and affinity, because the affinity decides which kinds of values the column can hold.
_FAST: Mapping[tuple[str, str], tuple[str, str]] = {
    ("read_text", "text"): (_FAST_TEXT, "fast_text"),
    ("read_label", "text"): (_FAST_TEXT, "fast_label"),
    ("read_code", "text"): (_FAST_TEXT, "fast_text"),
    ("read_code", "integer"): (_ONLY_INTEGER, "fast_text"),
    ("read_code", "numeric"): (_TEXT_OR_INTEGER, "fast_text"),
    ("read_instant", "text"): (_NOT_BLOB, "read_instant"),
    ("read_instant", "numeric"): (_TEXT_OR_INTEGER, "read_instant"),
    ("read_id", "integer"): (_ONLY_INTEGER, "fast_id"),
    ("read_integer", "integer"): (_ONLY_INTEGER, "fast_integer"),
    ("read_number", "integer"): (_ONLY_INTEGER, "fast_whole_number"),
    ("read_number", "real"): (_REAL_OR_INTEGER, "fast_number"),
    ("read_number", "numeric"): (_REAL_OR_INTEGER, "fast_number"),
    ("read_flag", "integer"): (_ONLY_INTEGER, "fast_flag"),
}


def fast_reading(cast: str, affinity: str, column: str, raw: str) -> tuple[str, str] | None:
    """Return the SQLite expression for a quoted column and the DuckDB one that reads ``raw`` of it.

    None if the cast has no fast way for columns of this affinity.
    """
    if (cast, affinity) not in _FAST:
        return None
    expression, macro = _FAST[cast, affinity]
    return expression.format(c=column), f"{macro}({raw})"
