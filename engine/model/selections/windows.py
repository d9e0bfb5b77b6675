"""The window of a range at a run's *now*: its first and its last instant, and those of the period before.

Both ends belong to the window. What a range means depends on the dataset: one by day has whole days, one by
week whole weeks, and one whose own window is the last 24 hours counts hours back from *now*.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from engine.model.clock import Clock
from engine.model.selections.selection import range_count, range_days, require_range

DAY, HOUR, WEEK, FIVE_MINUTES, WHOLE = "day", "hour", "week", "five minutes", ""
"""What a row of a dataset is about: a local day, hour or week, five minutes, or the whole window."""

SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Window:
    """A stretch of time, in UTC and whole seconds: from ``start`` to ``until``, both included."""

    start: datetime
    until: datetime

    def days(self, clock: Clock) -> tuple[date, ...]:
        """Return the local days that it touches, oldest first."""
        first, last = clock.local_day(self.start), clock.local_day(self.until)
        return tuple(first + timedelta(days=after) for after in range((last - first).days + 1))

    def hours(self, clock: Clock) -> tuple[datetime, ...]:
        """Return the starts of the local hours that it touches, oldest first."""
        clock = clock.reaching(self.start)
        starts = [clock.hour_start(self.until)]
        while starts[-1] > self.start:
            starts.append(clock.hour_start(starts[-1] - SECOND))
        return tuple(reversed(starts))


ROLLING = "24h"
"""The own window of datasets whose hours are counted back from *now*, and not from its local hour."""


def own_window(range_: str, clock: Clock, *, is_previous: bool = False) -> Window:
    """Return the window that a dataset has without a selection, or that of the period before it."""
    grain = WEEK if range_count(range_)[1] == "w" else WHOLE
    return window_of(range_, clock, grain, is_rolling=range_ == ROLLING, is_previous=is_previous)


def window_of(
    range_: str, clock: Clock, grain: str, *, is_rolling: bool, is_previous: bool = False
) -> Window:
    """Return the window of a range, or that of the period before it.

    ``grain`` is what a row of the dataset is about. With ``is_rolling`` hours are counted back from *now*,
    and not from its local hour. Raises DashboardError for a range that ends after today.
    """
    days = _days_of(range_, clock, grain, is_rolling=is_rolling)
    if days is not None:
        return _window_of_days(*days, clock, is_previous=is_previous)
    span = timedelta(hours=range_count(range_)[0])
    start = clock.now - span + SECOND if is_rolling else clock.hours(range_count(range_)[0])[0]
    back = span if is_previous else timedelta()
    return Window(start - back, clock.now - back)


def _days_of(range_: str, clock: Clock, grain: str, *, is_rolling: bool) -> tuple[date, date] | None:
    """Return the first and last day of a range; None if it consists of hours that stay hours.

    The last day of a week that is not over lies in the future.
    """
    today = clock.local_day(clock.now)
    days = range_days(range_)
    if days is not None:
        require_range(range_, today)
        first, last = days
    else:
        count, unit = range_count(range_)
        last = today
        if unit == "h":
            if is_rolling or grain not in (DAY, WEEK):
                return None
            first = clock.local_day(clock.hours(count)[0])
        else:
            first = today - timedelta(days=count - 1 if unit == "d" else 7 * (count - 1))
    if grain == WEEK:
        return first - timedelta(days=first.weekday()), last + timedelta(days=6 - last.weekday())
    return first, last


def _window_of_days(first: date, last: date, clock: Clock, *, is_previous: bool) -> Window:
    today = clock.local_day(clock.now)
    back = last - first + timedelta(days=1) if is_previous else timedelta()
    if last >= today:
        # The period before ends just as far into its last day as now is.
        until = clock.same_time_on(today - back) if is_previous else clock.now
    else:
        until = clock.midnight(last - back + timedelta(days=1)) - SECOND
    return Window(clock.midnight(first - back), until)
