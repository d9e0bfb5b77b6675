"""The clock in SQL: the same days and hours as the clock in Python."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import duckdb
import pytest

from engine.model.clock import Clock
from engine.replica.macros import create_clock_macros

CLOCKS = [
    Clock(datetime(2026, 11, 23, 20, 17, 5, tzinfo=UTC)),
    Clock(datetime(2026, 10, 6, 3, 40, tzinfo=UTC), "Australia/Adelaide"),
    Clock(datetime(2026, 4, 7, 3, 40, tzinfo=UTC), "Australia/Adelaide"),
    Clock(datetime(2026, 11, 3, 3, 40, tzinfo=UTC), "America/New_York"),
    Clock(datetime(2026, 3, 10, 3, 40, tzinfo=UTC), "America/New_York"),
    Clock(datetime(2026, 10, 6, 3, 40, tzinfo=UTC), "Australia/Lord_Howe"),
    Clock(datetime(2026, 4, 7, 3, 40, tzinfo=UTC), "Australia/Lord_Howe"),
    Clock(datetime(2026, 4, 26, 3, 40, tzinfo=UTC), "Africa/Cairo"),
    Clock(datetime(2026, 11, 3, 3, 40, tzinfo=UTC), "America/Havana"),
    # The zones furthest ahead of UTC and behind it.
    Clock(datetime(2026, 11, 3, 3, 40, tzinfo=UTC), "Pacific/Kiritimati"),
    Clock(datetime(2026, 11, 3, 3, 40, tzinfo=UTC), "Etc/GMT+12"),
]


@pytest.fixture(scope="module", params=CLOCKS, ids=lambda clock: f"{clock.time_zone} {clock.now:%m-%d}")
def clock(request: pytest.FixtureRequest, macros: duckdb.DuckDBPyConnection) -> Clock:
    clock: Clock = request.param
    create_clock_macros(macros, clock)
    return clock


def naive(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)


def test_now_is_the_clocks(macros: duckdb.DuckDBPyConnection, clock: Clock) -> None:
    assert macros.execute("select run_now()").fetchone() == (naive(clock.now),)


@pytest.mark.parametrize("count", [1, 7, 30])
def test_days_start_where_the_clock_says(macros: duckdb.DuckDBPyConnection, clock: Clock, count: int) -> None:
    found = macros.execute(f"select days_start({count})").fetchone()
    assert found == (naive(clock.days(count)[0].starts_at),)


@pytest.mark.parametrize("count", [2, 7, 29])
def test_the_local_time_of_now_comes_on_each_day_where_the_clock_says(
    macros: duckdb.DuckDBPyConnection, clock: Clock, count: int
) -> None:
    found = macros.execute(f"select same_time({count})").fetchone()
    assert found == (naive(clock.same_time_on(clock.days(count)[0].day)),)


@pytest.mark.parametrize("count", [1, 24, 48, 168])
def test_hours_start_where_the_clock_says(
    macros: duckdb.DuckDBPyConnection, clock: Clock, count: int
) -> None:
    assert macros.execute(f"select hours_start({count})").fetchone() == (naive(clock.hours(count)[0]),)


def test_every_instant_of_the_window_has_its_local_hour(
    macros: duckdb.DuckDBPyConnection, clock: Clock
) -> None:
    begin = naive(clock.now - timedelta(hours=100))
    instants = f"select timestamp '{begin}' + interval (i * 451) seconds as t from range(790) r(i)"
    for instant, hour in macros.execute(f"select t, local_hour(t) from ({instants})").fetchall():
        assert hour == naive(clock.hour_start(instant.replace(tzinfo=UTC)))


def test_every_day_of_the_window_is_told_by_its_first_and_last_second(
    macros: duckdb.DuckDBPyConnection, clock: Clock
) -> None:
    days = clock.days(30)
    for day, following in pairwise(days):
        ends = following.starts_at - timedelta(seconds=1)
        found = macros.execute(
            "select local_day(?), local_day(?)", [naive(day.starts_at), naive(ends)]
        ).fetchone()
        assert found == (day.day, day.day)


def test_an_instant_is_on_its_own_local_day_alone(macros: duckdb.DuckDBPyConnection, clock: Clock) -> None:
    second = timedelta(seconds=1)
    for day, following in pairwise(clock.days(30)):
        first, after = day.starts_at, following.starts_at
        asked = ", ".join(f"is_on(timestamp '{naive(at)}', date '{day.day}')"
                          for at in (first - second, first, after - second, after))  # fmt: skip
        assert macros.execute(f"select {asked}").fetchone() == (False, True, True, False)
