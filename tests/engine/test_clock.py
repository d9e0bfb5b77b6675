"""Days and hours of a time zone cover the time without gap or overlap, whatever its clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from engine.model.clock import Clock, from_sqlite, parse_now, to_iso, to_sqlite
from engine.model.errors import SettingError


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def length_of_days(clock: Clock, count: int) -> dict[str, timedelta]:
    """Return the length of each of the last days but today, by date."""
    return {str(day.day): after.starts_at - day.starts_at for day, after in pairwise(clock.days(count))}


def hour_starts(clock: Clock, count: int) -> list[str]:
    return [f"{start:%H:%M}" for start in clock.hours(count)]


@pytest.mark.parametrize(
    ("zone", "now", "day", "hours"),
    [
        ("Australia/Adelaide", "2026-10-10", "2026-10-04", 23),
        ("Australia/Adelaide", "2026-04-10", "2026-04-05", 25),
        ("America/New_York", "2026-03-12", "2026-03-08", 23),
        ("America/New_York", "2026-11-05", "2026-11-01", 25),
        ("Australia/Lord_Howe", "2026-10-10", "2026-10-04", 23.5),
        ("Australia/Lord_Howe", "2026-04-10", "2026-04-05", 24.5),
    ],
)
def test_a_day_on_which_the_clock_shifts_is_shorter_or_longer(
    zone: str, now: str, day: str, hours: float
) -> None:
    lengths = length_of_days(Clock(utc(now), zone), 30)
    assert lengths.pop(day) == timedelta(hours=hours)
    assert set(lengths.values()) == {timedelta(hours=24)}


@pytest.mark.parametrize(
    ("zone", "day", "starts_at"),
    [
        ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00Z"),
        ("America/Havana", "2026-03-08", "2026-03-08T05:00:00Z"),
    ],
)
def test_a_day_without_a_midnight_begins_when_the_clock_jumps_over_it(
    zone: str, day: str, starts_at: str
) -> None:
    clock = Clock(utc(day) + timedelta(hours=18), zone)
    today = clock.days(1)[0]
    assert (str(today.day), to_iso(today.starts_at)) == (day, starts_at)
    before = today.starts_at - timedelta(seconds=1)
    assert str(before.astimezone(ZoneInfo(zone)).date()) < day


def test_a_day_with_two_midnights_begins_with_the_first() -> None:
    clock = Clock(utc("2026-11-02T12:00"), "America/Havana")
    assert length_of_days(clock, 2) == {"2026-11-01": timedelta(hours=25)}


def test_the_days_end_with_today_in_the_zone() -> None:
    assert str(Clock(utc("2026-11-23T20:00"), "Australia/Adelaide").days(30)[-1].day) == "2026-11-24"
    assert str(Clock(utc("2026-11-23T03:00"), "America/New_York").days(30)[-1].day) == "2026-11-22"
    assert len(Clock(utc("2026-11-23T03:00")).days(30)) == 30


@pytest.mark.parametrize(
    ("zone", "now"),
    [
        ("UTC", "2026-11-23T20:17"),
        ("Australia/Adelaide", "2026-10-05T03:17"),
        ("Australia/Lord_Howe", "2026-10-05T03:17"),
        ("Australia/Lord_Howe", "2026-04-06T03:17"),
        ("America/New_York", "2026-11-02T03:17"),
        ("Asia/Kathmandu", "2026-11-02T03:17"),
    ],
)
def test_hours_follow_each_other_without_gap_and_are_at_most_an_hour_long(zone: str, now: str) -> None:
    clock = Clock(utc(now), zone)
    starts = [*clock.hours(48), clock.now]
    for start, end in pairwise(starts):
        assert timedelta(0) < end - start <= timedelta(hours=1)
        assert clock.hour_start(start) == start
        assert clock.hour_start(end - timedelta(seconds=1)) == start


def test_hours_begin_on_the_local_hour() -> None:
    assert hour_starts(Clock(utc("2026-11-23T20:00:00"), "Australia/Adelaide"), 2) == ["18:30", "19:30"]
    assert hour_starts(Clock(utc("2026-11-23T20:00:00")), 2) == ["19:00", "20:00"]


def test_an_hour_cut_short_by_a_half_hour_shift_begins_at_the_shift() -> None:
    # 02:00 becomes 02:30 at 15:30 UTC.
    forward = Clock(utc("2026-10-03T17:00"), "Australia/Lord_Howe")
    assert hour_starts(forward, 4) == ["14:30", "15:30", "16:00", "17:00"]
    # 02:00 becomes 01:30 at 15:00 UTC.
    back = Clock(utc("2026-04-04T16:40"), "Australia/Lord_Howe")
    assert hour_starts(back, 4) == ["14:00", "15:00", "15:30", "16:30"]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-23T20:00:00Z", "2026-11-23T20:00:00Z"),
        ("2026-11-23T20:00:00.999", "2026-11-23T20:00:00Z"),
        ("2026-11-23", "2026-11-23T00:00:00Z"),
        ("2026-11-23T22:00+02:00", "2026-11-23T20:00:00Z"),
    ],
)
def test_now_is_read_from_iso_8601_as_utc_in_whole_seconds(text: str, instant: str) -> None:
    assert to_iso(parse_now(text)) == instant


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "1970-01-01", "2101-01-01", "9999-12-31"])
def test_a_now_that_is_no_instant_of_the_readable_years_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match=r"^--now: "):
        parse_now(text)


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 1, 1, microsecond=1, tzinfo=UTC),
        datetime(2026, 1, 1, tzinfo=ZoneInfo("Asia/Tokyo")),
        datetime(2026, 1, 1),  # noqa: DTZ001
    ],
)
def test_a_clock_is_refused_a_now_that_is_not_utc_in_whole_seconds(now: datetime) -> None:
    with pytest.raises(ValueError, match="must be UTC in whole seconds"):
        Clock(now)


def test_an_instant_written_for_sqlite_reads_back() -> None:
    instant = utc("2026-11-23T20:00:01")
    assert to_sqlite(instant) == "2026-11-23 20:00:01"
    assert from_sqlite(to_sqlite(instant)) == instant
