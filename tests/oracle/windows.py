"""Owns what a range that somebody asks for means: its first and last second, and those of the period before.

A clock of a range stands in for the clock of now in the functions of the datasets: its days, hours and last
hours are those of the range, whatever number of them the function names.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from .clock import Clock

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)

BY_DAY = {
    "llm_daily_costs_30d", "llm_cost_by_stage_30d", "http_errors_30d", "cron_daily_history_7d",
    "outreach_daily_30d", "conversations_daily_30d", "unit_economics_30d",
}  # fmt: skip
BY_WEEK = {"reply_cohorts_8w"}
BY_HOUR = {"hourly_status_breakdown_48h", "hourly_throughput_48h", "activity_usual_48h"}
OF_THE_WHOLE = {
    "llm_cost_by_model_30d", "llm_usage_by_stage", "delivery_by_channel_30d", "cost_by_outcome_30d",
    "key_figures_7d", "model_costs_7d",
}  # fmt: skip
ROLLING = {"cron_timeline_24h", "system_metrics_24h", "job_hours_24h"}
RANGED = BY_DAY | BY_WEEK | BY_HOUR | OF_THE_WHOLE | ROLLING
AT_MOST_14_DAYS = BY_HOUR | {"system_metrics_24h", "job_hours_24h"}


@dataclass(frozen=True)
class RangeClock(Clock):
    """A clock whose windows are those from `first` to `last`, both included; `before` is the one before."""

    first: datetime
    last: datetime
    before: tuple[datetime, datetime]

    def is_in(self, moment: datetime | None) -> bool:
        """Whether the moment is in the range."""
        return moment is not None and self.first <= moment <= self.last

    def is_in_before(self, moment: datetime | None) -> bool:
        """Whether the moment is in the period before."""
        return moment is not None and self.before[0] <= moment <= self.before[1]

    def in_last(self, moment: datetime | None, span: timedelta, *, before: timedelta = timedelta(0)) -> bool:
        return self.is_in(moment)

    def in_days(self, moment: datetime | None, count: int) -> bool:
        return self.is_in(moment)

    def in_hours(self, moment: datetime | None, count: int) -> bool:
        return self.is_in(moment)

    def days(self, count: int) -> list[date]:
        found = [self.day_of(self.first)]
        while found[-1] < self.day_of(self.last):
            found.append(found[-1] + DAY)
        return found

    def hours(self, count: int) -> list[datetime]:
        found = [self.hour_of(self.last)]
        while found[-1] > self.first:
            found.append(self.hour_of(found[-1] - SECOND))
        return found[::-1]

    def weeks_since(self, weeks: int) -> tuple[datetime, datetime]:
        return self.first, self.last


def range_clock(name: str, asked: str | None, clock: Clock, *, before: bool = False) -> RangeClock:
    """The clock of a range of one dataset; `asked` None is its own window. `before`: of the period before."""
    own, earlier = (_ends(name, asked or own_range(name), clock, before=past) for past in (False, True))
    return RangeClock(clock.now, clock.zone, *(earlier if before else own), earlier)


def own_range(name: str) -> str:
    """The window of a dataset's name."""
    return "30d" if name == "llm_usage_by_stage" else name.rpartition("_")[2]


def _ends(name: str, asked: str, clock: Clock, *, before: bool) -> tuple[datetime, datetime]:
    if asked.endswith("h"):
        span = int(asked[:-1]) * HOUR
        first = clock.now - span + SECOND if name in ROLLING else clock.hours(int(asked[:-1]))[0]
        if name not in BY_DAY | BY_WEEK:
            back = span if before else timedelta(0)
            return first - back, clock.now - back
        days = clock.day_of(first), clock.day_of(clock.now)
    elif ".." in asked:
        begin, end = asked.split("..")
        days = date.fromisoformat(begin), date.fromisoformat(end)
    else:
        count = int(asked[:-1]) * (7 if asked.endswith("w") else 1)
        today = clock.day_of(clock.now)
        days = today - (count - (7 if asked.endswith("w") else 1)) * DAY, today
    if name in BY_WEEK:
        days = days[0] - days[0].weekday() * DAY, days[1] + (6 - days[1].weekday()) * DAY
    return _ends_of_days(*days, clock, before=before)


def _ends_of_days(first: date, last: date, clock: Clock, *, before: bool) -> tuple[datetime, datetime]:
    length = (last - first).days + 1
    is_open = last >= clock.day_of(clock.now)
    if before:
        local = clock.now.astimezone(clock.zone)
        same = datetime(local.year, local.month, local.day, local.hour, local.minute, local.second)  # noqa: DTZ001
        cut = (same - length * DAY).replace(tzinfo=clock.zone).astimezone(UTC)
        first, last = first - length * DAY, last - length * DAY
    else:
        cut = clock.now
    return midnight(first, clock), cut if is_open else midnight(last + DAY, clock) - SECOND


def midnight(day: date, clock: Clock) -> datetime:
    """The instant at which a local day begins; if its midnight is skipped, the instant of the skip."""
    return datetime(day.year, day.month, day.day, tzinfo=clock.zone).astimezone(UTC)
