"""Owns the rules by which one stored SQLite value is read as an instant, a number or a text.

A reading never raises: a value that cannot be read, like a null, is None. Readings look at the storage
class of the value, not at the declared type of its column.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""The characters with Unicode's White_Space property: what trimming takes from both ends of a text."""

FIRST_YEAR = 1970
LAST_YEAR = 2100
FIRST_EPOCH_MILLISECONDS = 100_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_SECOND_TOO_LATE = (datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(seconds=1)

_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[ T]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?)?"
    r"(?:Z|([+-])([0-9]{2}):([0-9]{2}))?"
)
_DIGITS = re.compile(r"[0-9]+")
_WHOLE = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class Stored:
    """One value as SQLite holds it: `kind` is its typeof, text and blob values are bytes."""

    kind: str
    value: int | float | bytes | None


def trimmed(text: str) -> str:
    """The text without white space, of any Unicode kind, at its ends."""
    return text.strip(WHITE_SPACE)


def read_text(stored: Stored) -> str | None:
    """The text as it stands, None if it is no text in valid UTF-8 (a number, a blob, broken bytes).

    An embedded NUL is a character like any other: the text does not end there.
    """
    if stored.kind != "text":
        return None
    assert isinstance(stored.value, bytes)
    try:
        return stored.value.decode("utf-8")
    except UnicodeDecodeError:
        return None


def read_label(stored: Stored) -> str | None:
    """The text trimmed and lower-cased; an empty text stays an empty label, which is not None."""
    text = read_text(stored)
    return None if text is None else trimmed(text).lower()


def read_number(stored: Stored) -> int | float | None:
    """The finite number a value is, or the decimal numeral its text holds, white space around it allowed.

    Infinities, however stored or written, are not numbers here; nor are hexadecimal and digit grouping.
    """
    if stored.kind == "integer":
        assert isinstance(stored.value, int)
        return stored.value
    if stored.kind == "real":
        assert isinstance(stored.value, float)
        return stored.value if math.isfinite(stored.value) else None
    text = read_text(stored)
    if text is None:
        return None
    numeral = trimmed(text)
    if not _DECIMAL.fullmatch(numeral):
        return None
    number = float(numeral)
    if not math.isfinite(number):
        return None
    return int(numeral) if _WHOLE.fullmatch(numeral) else number


def read_whole_number(stored: Stored) -> int | None:
    """The whole number a value is or its text holds; 404.0 is one, 404.5 is not."""
    number = read_number(stored)
    if number is None or number != math.floor(number):
        return None
    return int(number)


def read_truth(stored: Stored) -> bool | None:
    """Whether the number read is other than 0; None if there is no readable number."""
    number = read_number(stored)
    return None if number is None else number != 0


def read_timestamp(stored: Stored) -> datetime | None:
    """The instant in UTC, whole seconds (fractions cut), of the years 1970 to 2100 in UTC.

    Text must match to the letter: `YYYY-MM-DD[[ T]HH:MM[:SS[.f…]]][Z|±HH:MM]`, any number of fraction
    digits, an offset also after a bare date, offsets to ±23:59, hours 00-23, seconds 00-59. Nothing is
    trimmed, `t` and `z` are not `T` and `Z`. A number or an all-digits text is an epoch.
    """
    if stored.kind in ("integer", "real"):
        assert isinstance(stored.value, int | float)
        return _from_epoch(stored.value)
    text = read_text(stored)
    if text is None:
        return None
    if _DIGITS.fullmatch(text):
        return _from_epoch(_digits_value(text))
    match = _TIMESTAMP.fullmatch(text)
    return None if match is None else _from_parts(match)


def _digits_value(digits: str) -> int | float:
    significant = digits.lstrip("0")
    return math.inf if len(significant) > 30 else int(significant or "0")


def _from_epoch(epoch: float) -> datetime | None:
    if not math.isfinite(epoch):
        return None
    # Floored before the division, so that no float division can round a second up.
    whole = math.floor(epoch)
    seconds = whole // 1000 if epoch >= FIRST_EPOCH_MILLISECONDS else whole
    if not 0 <= seconds < _FIRST_SECOND_TOO_LATE:
        return None
    return _EPOCH + timedelta(seconds=seconds)


def _from_parts(match: re.Match[str]) -> datetime | None:
    year, month, day, hour, minute, second = (int(match[name] or 0) for name in range(1, 7))
    offset_hours, offset_minutes = int(match[8] or 0), int(match[9] or 0)
    if offset_hours > 23 or offset_minutes > 59:
        return None
    offset = timedelta(hours=offset_hours, minutes=offset_minutes)
    try:
        written = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        instant = written + offset if match[7] == "-" else written - offset
    except (ValueError, OverflowError):
        return None
    return instant if FIRST_YEAR <= instant.year <= LAST_YEAR else None
