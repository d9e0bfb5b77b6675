"""The instants of a run: ``now``, and when its local days and hours begin.

All arithmetic on time zones happens here, with ``zoneinfo``. SQL gets the results as constants. Instants are
aware datetimes in UTC with whole seconds. Days and hours cover the time without gap or overlap, even on days
of 23 or 25 hours and at half-hour shifts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from time import time_ns
from zoneinfo import ZoneInfo

from engine.model.errors import SettingError

SPAN_DAYS = 63


@dataclass(frozen=True)
class Day:
    """One local day, and the instant at which it begins."""

    day: date
    starts_at: datetime


@dataclass(frozen=True)
class OffsetSpan:
    """A span of time with one UTC offset, from ``starts_at`` to the start of the next span."""

    starts_at: datetime
    offset_seconds: int


@dataclass(frozen=True)
class Clock:
    """A run's ``now`` (UTC, whole seconds) in a time zone (IANA name).

    It knows the offsets of the last ``span_days`` days.

    >>> Clock(datetime(2026, 4, 5, 12, tzinfo=UTC), "Australia/Adelaide").days(1)[0].starts_at.isoformat()
    '2026-04-04T13:30:00+00:00'
    """

    now: datetime
    time_zone: str = "UTC"
    span_days: int = SPAN_DAYS

    def __post_init__(self) -> None:
        if self.now.utcoffset() != timedelta(0) or self.now.microsecond:
            raise ValueError(f"now must be UTC in whole seconds, not {self.now!r}")

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def days(self, count: int) -> tuple[Day, ...]:
        """Return today and the ``count - 1`` days before it, oldest first."""
        today = self.local_day(self.now)
        days = [today - timedelta(days=ago) for ago in reversed(range(count))]
        return tuple(Day(day, self.midnight(day)) for day in days)

    def local_day(self, instant: datetime) -> date:
        """Return the local date of an instant."""
        return instant.astimezone(self._zone).date()

    def midnight(self, day: date) -> datetime:
        """Return the instant at which a local day begins; the instant of the shift if that skips midnight."""
        return datetime.combine(day, time(), tzinfo=self._zone).astimezone(UTC)

    def same_time_on(self, day: date) -> datetime:
        """Return the instant of *now*'s local time on another day.

        A time that a shift of the clock skips moves forward by the shift; of one that comes twice it is the
        first.
        """
        local = self.now.astimezone(self._zone).time()
        return datetime.combine(day, local.replace(fold=0), tzinfo=self._zone).astimezone(UTC)

    def reaching(self, instant: datetime) -> Clock:
        """Return a clock that knows the offsets back to an instant, and a day more."""
        days = (self.now - instant).days + 2
        return self if days <= self.span_days else replace(self, span_days=days)

    def hours(self, count: int) -> tuple[datetime, ...]:
        """Return the starts of the current hour and of the ``count - 1`` hours before it, oldest first."""
        starts = [self.hour_start(self.now)]
        while len(starts) < count:
            starts.append(self.hour_start(starts[-1] - timedelta(seconds=1)))
        return tuple(reversed(starts))

    def hour_start(self, instant: datetime) -> datetime:
        """Return the instant at which the local hour of ``instant`` begins.

        If a shift of the clock cuts an hour short, that hour begins at the shift.
        """
        span = next(span for span in reversed(self.offset_spans) if span.starts_at <= instant)
        local = instant + timedelta(seconds=span.offset_seconds)
        into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return max(span.starts_at, instant - into)

    @cached_property
    def offset_spans(self) -> tuple[OffsetSpan, ...]:
        """Return the UTC offsets in force over the last ``span_days`` days, oldest first."""
        start = self.now - timedelta(days=self.span_days)
        spans = [OffsetSpan(start, self._offset_seconds(start))]
        probe = start
        while probe < self.now:
            step = min(probe + timedelta(hours=6), self.now)
            if self._offset_seconds(step) != spans[-1].offset_seconds:
                change = self._change_between(probe, step)
                spans.append(OffsetSpan(change, self._offset_seconds(change)))
            probe = step
        return tuple(spans)

    def _offset_seconds(self, instant: datetime) -> int:
        offset = instant.astimezone(self._zone).utcoffset()
        assert offset is not None
        return int(offset.total_seconds())

    def _change_between(self, low: datetime, high: datetime) -> datetime:
        before = self._offset_seconds(low)
        while high - low > timedelta(seconds=1):
            middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
            if self._offset_seconds(middle) == before:
                low = middle
            else:
                high = middle
        return high


def to_iso(instant: datetime) -> str:
    """Return an instant as ``2026-11-23T20:00:00Z``."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_iso(text: str) -> datetime:
    """Return the instant that ``to_iso`` wrote. Raises ValueError."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def to_sqlite(instant: datetime) -> str:
    """Return an instant as SQLite's ``datetime()`` writes it, so that both compare as text.

    >>> to_sqlite(datetime(2026, 11, 23, 20, tzinfo=UTC))
    '2026-11-23 20:00:00'
    """
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


@lru_cache(maxsize=8)
def hour_of(instant: datetime) -> str:
    """Return the UTC hour of an instant as the tables store it: ``2026-11-23 20``."""
    return f"{to_sqlite(instant):.13}"


def from_sqlite(text: str) -> datetime:
    """Return the instant that ``to_sqlite`` wrote. Raises ValueError."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


CLOCK_SLACK = timedelta(seconds=5)
"""How much later than ``now`` our own stamps may be, because ``now`` may have been read a moment before."""


def is_future(stamp: datetime, now: datetime) -> bool:
    """Return whether a stamp of the dashboard's own lies in the future, because the clock was set back.

    >>> noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    >>> is_future(noon + timedelta(seconds=5), noon), is_future(noon + timedelta(seconds=6), noon)
    (False, True)
    """
    return stamp > now + CLOCK_SLACK


def is_within(stamp: datetime, span: timedelta, now: datetime) -> bool:
    """Return whether a stamp of the dashboard's own is younger than a span; one in the future is not.

    >>> noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    >>> [is_within(noon, timedelta(hours=1), noon + timedelta(minutes=m)) for m in (-1, 0, 59, 60)]
    [False, True, True, False]
    """
    return not is_future(stamp, now) and now < stamp + span


def in_words(span: timedelta) -> str:
    """Return a span of time in its two largest units; a negative span is ``0 s``.

    >>> in_words(timedelta(minutes=125)), in_words(timedelta(minutes=25, seconds=9)), in_words(timedelta(2))
    ('2 h 5 min', '25 min', '2 d')
    """
    minutes, seconds = divmod(max(0, int(span.total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    for parts in (((days, "d"), (hours, "h")), ((hours, "h"), (minutes, "min")), ((minutes, "min"),)):
        if parts[0][0]:
            return " ".join(f"{count} {unit}" for count, unit in parts if count)
    return f"{seconds} s"


def local_time(instant: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Return an instant as ``20:00`` in a zone, with its day if that is not the day of ``now``."""
    local = instant.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == now.astimezone(zone).date() else f"{local:%Y-%m-%d %H:%M}"


def parse_now(text: str) -> datetime:
    """Return the instant of an ISO 8601 text; without an offset it is UTC. Raises SettingError.

    >>> to_iso(parse_now("2026-11-23T22:00:00+02:00"))
    '2026-11-23T20:00:00Z'
    """
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise SettingError(
            "--now", f"{text!r} is not an ISO 8601 instant", "write it as 2026-11-23T20:00:00Z"
        ) from None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    if not 1971 <= instant.year <= 2100:
        raise SettingError("--now", f"{text!r} is out of range", "give an instant from 1971 to 2100")
    return instant.astimezone(UTC).replace(microsecond=0)


def wall_clock() -> datetime:
    """Return the current instant in UTC and whole seconds; only entry points call it."""
    return datetime.now(UTC).replace(microsecond=0)


def wall_clock_ms() -> int:
    """Return the current instant as milliseconds of the epoch; only entry points call it."""
    return time_ns() // 1_000_000
