"""Periods in words and in time: the range that a value covers, as texts and axes say it.

A range is written ``7d``, ``48h``, ``8w`` or ``2026-11-01..2026-11-15``; it is a valid one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from engine.model.clock import Clock

_DAY, _WEEK = "24h", "7d"
_UNITS = {"h": "hour", "d": "day", "w": "week"}
_BACKWARDS = re.compile(r"(\d+)([hdw])")
_SUFFIX = re.compile(r", (?:\d+ (?:hours|days|weeks))$")


@dataclass(frozen=True)
class Period:
    """A range of time that ends now, or covers the days from one to another.

    >>> Period("7d").words, Period("7d").phrase, Period("7d").prior
    ('7 days', 'in the last 7 days', 'the week before')
    >>> Period("2026-11-01..2026-11-15").phrase, Period("2026-11-15..2026-11-15").phrase
    ('from 1 Nov to 15 Nov', 'on 15 Nov')
    """

    range: str

    @property
    def _count(self) -> tuple[int, str] | None:
        found = _BACKWARDS.fullmatch(self.range)
        return None if found is None else (int(found[1]), found[2])

    @property
    def _ends(self) -> tuple[date, date]:
        first, _, last = self.range.partition("..")
        return date.fromisoformat(first), date.fromisoformat(last)

    @property
    def words(self) -> str:
        """Return ``7 days``; ``1 Nov to 15 Nov`` for days from one to another."""
        if self._count is not None:
            count, unit = self._count
            return f"{count} {_UNITS[unit]}{'' if count == 1 else 's'}"
        first, last = self._ends
        if first == last:
            return _day(first)
        year = "" if first.year == last.year else " %Y"
        return f"{_day(first)}{first.strftime(year)} to {_day(last)}{last.strftime(year)}"

    @property
    def short(self) -> str:
        """Return ``7 d``, ``48 h``; the words of other ranges."""
        return self.words if self._count is None else f"{self._count[0]} {self._count[1]}"

    @property
    def phrase(self) -> str:
        """Return ``in the last 7 days``, ``from 1 Nov to 15 Nov`` or ``on 15 Nov``."""
        return f"in the last {self.words}" if self._count is not None else self._from_to

    def within(self, as_of: datetime, zone: ZoneInfo, *, by_day: bool = False) -> str:
        """Return ``in 30 days``, ``since 21 Nov`` for a week of days; other ranges as ``phrase`` does.

        A week of days names its first, and 24 hours name the first (``since 26 Nov 09:00``), because the last
        7 d and 24 h of other cards are counted back from now to the second. ``by_day``: the value has local
        days, so hours are the days that they touch.
        """
        if self.range == _WEEK or (by_day and self.is_in_hours):
            return f"since {_day(date.fromisoformat(self.days(as_of, zone)[0]))}"
        if self.range == _DAY:
            first = self.first_hour(as_of, zone).astimezone(zone)
            return f"since {_day(first.date())} {first:%H:%M}"
        return f"in {self.words}" if self._count is not None else self._from_to

    @property
    def prior(self) -> str:
        """Return the name of the period before: ``the prior 30 d``, ``the week before``."""
        if self.range == _WEEK:
            return "the week before"
        if self._count is not None:
            return f"the prior {self.short}"
        first, last = self._ends
        count = (last - first).days + 1
        return "the day before" if count == 1 else f"the {count} days before"

    def prior_of(self, *, by_day: bool) -> str:
        """Return ``prior``, and plainer words if hours are the local days that they touch."""
        return "the period before" if by_day and self.is_in_hours else self.prior

    @property
    def is_in_hours(self) -> bool:
        """Return whether the period is a number of hours back from now."""
        return self._count is not None and self._count[1] == "h"

    @property
    def _from_to(self) -> str:
        first, last = self._ends
        return f"on {self.words}" if first == last else f"from {self.words}"

    def days(self, as_of: datetime, zone: ZoneInfo) -> list[str]:
        """Return the local days that it touches as of an instant, oldest first."""
        if self._count is None:
            first, last = self._ends
        else:
            last = as_of.astimezone(zone).date()
            first = self.first_hour(as_of, zone).astimezone(zone).date()
        return [str(first + timedelta(days=number)) for number in range((last - first).days + 1)]

    def starts_at(self, as_of: datetime, zone: ZoneInfo) -> datetime:
        """Return the instant of its start as of an instant; hours count from that instant itself."""
        if self._count is None:
            return local_midnight(self._ends[0], zone)
        count, unit = self._count
        if unit == "h":
            return as_of - timedelta(hours=count)
        today = as_of.astimezone(zone).date()
        if unit == "w":
            return local_midnight(today - timedelta(days=today.weekday(), weeks=count - 1), zone)
        return Clock(as_of, zone.key).days(count)[0].starts_at

    def first_hour(self, as_of: datetime, zone: ZoneInfo) -> datetime:
        """Return the start of its first local hour; the hour of an instant is the last of so many hours."""
        if self._count is not None and self._count[1] == "h":
            return Clock(as_of, zone.key).hours(self._count[0])[0]
        return self.starts_at(as_of, zone)

    def ends_at(self, as_of: datetime, zone: ZoneInfo) -> datetime:
        """Return the instant of its end as of an instant, which is that instant or before it."""
        if self._count is not None:
            return as_of
        return min(as_of, local_midnight(self._ends[1] + timedelta(days=1), zone))


def local_midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which a local day begins, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"


def titled(title: str, period: Period) -> str:
    """Return a title that names the period, in place of the one it names.

    >>> titled("LLM cost by day, 30 days", Period("7d")), titled("Newest job runs", Period("48h"))
    ('LLM cost by day, 7 days', 'Newest job runs, 48 hours')
    """
    return f"{_SUFFIX.sub('', title)}, {period.words}"
