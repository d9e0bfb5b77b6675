"""When runs are due by the wall clock as it is now. Pure: the time enters as an argument.

A due time further away than an interval cannot be: the clock was set back since it was reckoned, and the
run is due at once. A run that was missed, as by a machine that slept, is made up for once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from engine.model.clock import CLOCK_SLACK
from engine.model.trigger import Trigger

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Timetable:
    """The next run of an interval, and local times of day of additional runs.

    ``next_at`` is when the next run of the interval is due. ``polled_at`` is when the timetable was last
    asked: a time of day that has passed since is due.
    """

    interval: timedelta
    warm_at: tuple[time, ...]
    zone: ZoneInfo
    next_at: datetime
    polled_at: datetime

    def due(self, now: datetime) -> Trigger | None:
        """Return what a run that is due now is started by; None if none is due."""
        if now >= self.next_at or self.next_at > now + self.interval + CLOCK_SLACK:
            return Trigger.SCHEDULE
        return Trigger.WARM if self._warm_between(self.polled_at, now) else None

    def after(self, trigger: Trigger | None, now: datetime) -> Timetable:
        """Return the timetable after what was due at an instant has been started."""
        if trigger is not Trigger.SCHEDULE:
            return replace(self, polled_at=now)
        # The beat is kept, unless a run was missed or the clock was set.
        on_beat = self.next_at + self.interval
        is_next = now < on_beat <= now + self.interval
        return replace(self, polled_at=now, next_at=on_beat if is_next else now + self.interval)

    def wait(self, now: datetime) -> timedelta:
        """Return how long it is until the next run of the interval is due; nothing if one is."""
        return max(timedelta(0), self.next_at - now)

    def _warm_between(self, after: datetime, until: datetime) -> bool:
        """Tell whether a time of day lies after an instant and not after another."""
        day = after.astimezone(self.zone).date()
        # After a week's sleep one run is due, as after a day's.
        last = min(until.astimezone(self.zone).date(), day + 2 * _DAY)
        while day <= last:
            for time_of_day in self.warm_at:
                at = datetime.combine(day, time_of_day, self.zone).astimezone(UTC)
                if after < at <= until:
                    return True
            day += _DAY
        return False
