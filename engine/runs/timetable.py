"""When runs are due by the wall clock. Pure: the time is an argument.

If the next due time is further away than an interval, the clock was set back after it was computed, and the
run is due at once. Runs that were missed, for example while a machine slept, are made up for by one run.
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
    polled; a time of day that has passed since then is due.
    """

    interval: timedelta
    warm_at: tuple[time, ...]
    zone: ZoneInfo
    next_at: datetime
    polled_at: datetime

    def due(self, now: datetime) -> Trigger | None:
        """Return the trigger of the run that is due; None if no run is due."""
        if now >= self.next_at or self.next_at > now + self.interval + CLOCK_SLACK:
            return Trigger.SCHEDULE
        return Trigger.WARM if self._warm_between(self.polled_at, now) else None

    def after(self, trigger: Trigger | None, now: datetime) -> Timetable:
        """Return the timetable after the run that was due at an instant has started."""
        if trigger is not Trigger.SCHEDULE:
            return replace(self, polled_at=now)
        # Runs keep their rhythm, unless one was missed or the clock was set.
        on_beat = self.next_at + self.interval
        is_next = now < on_beat <= now + self.interval
        return replace(self, polled_at=now, next_at=on_beat if is_next else now + self.interval)

    def wait(self, now: datetime) -> timedelta:
        """Return how long it is until the next run of the interval is due; zero if one is due."""
        return max(timedelta(0), self.next_at - now)

    def _warm_between(self, after: datetime, until: datetime) -> bool:
        """Return whether a warm-up time lies after one instant and not after another."""
        day = after.astimezone(self.zone).date()
        # Two days suffice, because after a week's sleep one run is due, as after a day's.
        last = min(until.astimezone(self.zone).date(), day + 2 * _DAY)
        while day <= last:
            for time_of_day in self.warm_at:
                at = datetime.combine(day, time_of_day, self.zone).astimezone(UTC)
                if after < at <= until:
                    return True
            day += _DAY
        return False
