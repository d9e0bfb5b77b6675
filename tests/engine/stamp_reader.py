"""A second reader of stored timestamps, written apart from the oracle's, to compare the two.

Instants are in UTC and whole seconds.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta

FIRST_YEAR, LAST_YEAR = 1970, 2100

_FIRST_MILLISECONDS = 10**11
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS = int((datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds())
_MOST_DIGITS = 30

_TEXT = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[ T](?P<minute>[0-9]{2}:[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.[0-9]+)?)?)?"
    r"(?:Z|(?P<sign>[+-])(?P<hours>[01][0-9]|2[0-3]):(?P<minutes>[0-5][0-9]))?"
)
_DIGITS = re.compile(r"0*(?P<significant>[0-9]*)")


def parse_stamp(value: object) -> datetime | None:
    """Return the instant that a stored value names; None if it names none from 1970 to 2100.

    ``value`` is as ``sqlite3`` returns it: text, or a number of seconds or milliseconds.

    >>> parse_stamp("2026-11-23T22:00:07.9+02:00") == parse_stamp(1795464007)
    True
    """
    if isinstance(value, str):
        written = _TEXT.fullmatch(value)
        if written is not None:
            return _of_text(written)
        digits = _DIGITS.fullmatch(value)
        if not value or digits is None or len(digits["significant"]) > _MOST_DIGITS:
            return None
        return _of_epoch(int(digits["significant"] or 0))
    if isinstance(value, int | float) and math.isfinite(value):
        return _of_epoch(value)
    return None


def _of_text(written: re.Match[str]) -> datetime | None:
    text = f"{written['day']}T{written['minute'] or '00:00'}:{written['second'] or '00'}+00:00"
    try:
        instant = datetime.fromisoformat(text)
        if written["sign"] is not None:
            ahead = timedelta(hours=int(written["hours"]), minutes=int(written["minutes"]))
            instant += ahead if written["sign"] == "-" else -ahead
    except (ValueError, OverflowError):
        return None
    return instant if FIRST_YEAR <= instant.year <= LAST_YEAR else None


def _of_epoch(epoch: float) -> datetime | None:
    # The cut to a whole number comes first, because the division of a float could round up.
    seconds = math.floor(epoch)
    if epoch >= _FIRST_MILLISECONDS:
        seconds //= 1000
    return _EPOCH + timedelta(seconds=seconds) if 0 <= seconds < _SECONDS else None
