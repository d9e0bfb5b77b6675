"""Owns what a day, an hour and a window are: of one instant `now`, in one time zone.

Nothing later than `now` is in any window; an instant of None is in none either.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import TypeGuard
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Clock:
    """`now` in UTC with whole seconds, and the zone whose midnights and hours count."""

    now: datetime
    zone: ZoneInfo

    def is_past(self, moment: datetime | None) -> TypeGuard[datetime]:
        """Whether the moment is known and not later than now."""
        return moment is not None and moment <= self.now

    def in_last(self, moment: datetime | None, span: timedelta, *, before: timedelta = timedelta(0)) -> bool:
        """Whether now - before - span < moment <= now - before."""
        if moment is None:
            return False
        end = self.now - before
        return end - span < moment <= end

    def day_of(self, moment: datetime) -> date:
        """The local calendar day."""
        return moment.astimezone(self.zone).date()

    def days(self, count: int) -> list[date]:
        """Today and the days before it, `count` in all, oldest first."""
        today = self.day_of(self.now)
        return [today - timedelta(days=back) for back in reversed(range(count))]

    def in_days(self, moment: datetime | None, count: int) -> bool:
        """Whether the moment is not later than now and on one of the last `count` local days."""
        return moment is not None and moment <= self.now and self.day_of(moment) >= _first_day(self, count)

    def hour_of(self, moment: datetime) -> datetime:
        """The instant at which the local hour of the moment began.

        Hours are instants: if clocks go back, the hour that comes twice is two hours.
        """
        local = moment.astimezone(self.zone)
        return moment - timedelta(minutes=local.minute, seconds=local.second)

    def hours(self, count: int) -> list[datetime]:
        """The beginnings of the hour of now and of those before it, `count` in all, oldest first."""
        return list(_hours(self, count))

    def in_hours(self, moment: datetime | None, count: int) -> bool:
        """Whether the moment is not later than now and in one of the last `count` local hours."""
        return moment is not None and _hours(self, count)[0] <= moment <= self.now

    def weeks_since(self, weeks: int) -> tuple[datetime, datetime]:
        """The instant at which the local week so many weeks ago begins, and now."""
        today = self.day_of(self.now)
        monday = today - timedelta(days=today.weekday(), weeks=weeks)
        begin = datetime(monday.year, monday.month, monday.day, tzinfo=self.zone)
        return begin.astimezone(self.now.tzinfo), self.now


@cache
def _first_day(clock: Clock, count: int) -> date:
    return clock.days(count)[0]


@cache
def _hours(clock: Clock, count: int) -> tuple[datetime, ...]:
    # Each row asks for the same hours.
    found = [clock.hour_of(clock.now)]
    while len(found) < count:
        found.append(clock.hour_of(found[-1] - timedelta(seconds=1)))
    return tuple(reversed(found))
