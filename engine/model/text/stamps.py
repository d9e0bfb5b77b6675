"""Timestamps as the source stores them: how one is read, and how those of a span of time sort.

The engine process reads them by the same rules, in SQL of its own; this is for processes that
have no DuckDB. Instants are in UTC and whole seconds.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta

FIRST_YEAR, LAST_YEAR = 1970, 2100
FIRST_DAY = "1970-01-01"

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
    """Return the instant that a stored value names; None for one that names none of 1970 to 2100.

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
    # Cut to a whole number first: a float's division could round a second up.
    seconds = math.floor(epoch)
    if epoch >= _FIRST_MILLISECONDS:
        seconds //= 1000
    return _EPOCH + timedelta(seconds=seconds) if 0 <= seconds < _SECONDS else None


def text_ranges(after: datetime, until: datetime) -> tuple[tuple[str, str], ...]:
    """Return which texts are stamps later than ``after`` and not later than ``until``.

    Each range is the first text and the one that follows the last. Two spellings are told apart,
    of which ``2026-11-23 20:00`` sorts before each ``2026-11-23T…``; a stamp with an offset
    counts by its wall time. No stamp is in two ranges.
    """
    if after >= until:
        return ()
    second = timedelta(seconds=1)
    # A fraction is cut when it is read: texts up to the next whole second are of this one.
    low, end = after + second, until + second
    first_day, last_day = f"{low:%Y-%m-%d}", f"{end:%Y-%m-%d}"
    if first_day == last_day:
        ranges = [(_spelled(low, " "), _spelled(end, " ")), (_spelled(low, "T"), _spelled(end, "T"))]
    else:
        day_after = f"{low + timedelta(days=1):%Y-%m-%d}"
        ranges = [
            (_spelled(low, " "), f"{first_day}T"),
            (_spelled(low, "T"), day_after),
            (day_after, last_day),
            (last_day, _spelled(end, " ")),
            (f"{last_day}T", _spelled(end, "T")),
        ]
    return tuple((first, behind) for first, behind in ranges if first < behind)


def _spelled(instant: datetime, separator: str) -> str:
    """Return the first in order of an instant's spellings: to the day or the minute where it is whole."""
    day, time = f"{instant:%Y-%m-%d}", f"{instant:%H:%M:%S}"
    if time == "00:00:00" and separator == " ":
        return day
    return f"{day}{separator}{time.removesuffix(':00')}"
