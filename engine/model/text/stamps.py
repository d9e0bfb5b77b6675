"""Timestamps as the source stores them: which texts are stamps within a span of time.

The engine process reads stamps with SQL of its own. This module is for processes that have no DuckDB.
Instants are in UTC and whole seconds.
"""

from __future__ import annotations

from datetime import datetime, timedelta


def text_ranges(after: datetime, until: datetime) -> tuple[tuple[str, str], ...]:
    """Return the ranges of texts that are stamps later than ``after`` and not later than ``until``.

    A range is its first text, and the text that follows its last. There are two spellings of a stamp, and
    ``2026-11-23 20:00`` sorts before each ``2026-11-23T…``. A stamp with an offset counts by its wall time.
    No stamp is in two ranges.
    """
    if after >= until:
        return ()
    second = timedelta(seconds=1)
    # Reading a stamp cuts its fraction, so texts up to the next whole second belong to this one.
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
    """Return the spelling of an instant that sorts first: to the day or the minute if it is a whole one."""
    day, time = f"{instant:%Y-%m-%d}", f"{instant:%H:%M:%S}"
    if time == "00:00:00" and separator == " ":
        return day
    return f"{day}{separator}{time.removesuffix(':00')}"
