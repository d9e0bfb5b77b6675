"""Whether a pipeline stands still, over eight weeks: no night, weekend or batch is taken for a stop.

The rule is evaluated in plain Python, which agrees with the dataset's SQL at the instants compared. Each
pipeline has run for five weeks before: nobody can know of weekends before the first.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from datetime import UTC, datetime

import pytest

from engine.model.clock import to_iso
from tests.datasets.activity_rule import (
    DAY,
    HOUR,
    MINUTE,
    PIPELINES,
    START,
    WEEK,
    Activity,
    activity_at,
    entries_of,
)
from tests.datasets.given import Given, empty_replica

HISTORY_WEEKS, WEEKS = 5, 8
BEGIN = START + HISTORY_WEEKS * WEEK
END = BEGIN + WEEKS * WEEK
ALL_WEEKS = HISTORY_WEEKS + WEEKS
COMPARED = ("steady, every 10 min", "daily batches", "Monday to Friday, hourly batches")


@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_that_runs_as_ever_raises_no_alarm_in_eight_weeks(name: str) -> None:
    entries = entries_of(name, ALL_WEEKS)
    # Seven minutes go through every minute of the hour, and of the day.
    alarms = [now for now in range(BEGIN, END, 7 * MINUTE) if activity_at(entries, now).quiet]
    assert alarms == []


def minutes_until_alarm(entries: list[int], stops_at: int) -> float:
    """Return how long after a pipeline's stop the first alarm comes, looked for each minute."""
    before = entries[: bisect_left(entries, stops_at)]
    alarm = next(now for now in range(stops_at, stops_at + DAY, MINUTE) if activity_at(before, now).quiet)
    return (alarm - stops_at) / MINUTE


@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_a_stop_of_a_steady_pipeline_shows_after_some_twenty_minutes(hour: int) -> None:
    stops_at = BEGIN + 2 * WEEK + DAY + hour * HOUR
    assert 15 <= minutes_until_alarm(entries_of("steady, every 40 s", ALL_WEEKS), stops_at) <= 25


@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_a_missed_hourly_batch_shows_within_a_quarter_of_an_hour(hour: int) -> None:
    due_at = BEGIN + 2 * WEEK + DAY + hour * HOUR
    assert minutes_until_alarm(entries_of("hourly batches", ALL_WEEKS), due_at) <= 15


def test_a_missed_daily_batch_shows_within_a_quarter_of_an_hour() -> None:
    assert minutes_until_alarm(entries_of("daily batches", ALL_WEEKS), BEGIN + 2 * WEEK + DAY) <= 15


def test_the_rule_in_python_is_that_of_the_dataset() -> None:
    seen = set()
    stops_at = BEGIN + 2 * WEEK + 2 * DAY + 10 * HOUR
    for place, name in enumerate(COMPARED):
        entries = entries_of(name, ALL_WEEKS)
        # As it runs, and after a stop; at instants that lie at other minutes in each pipeline.
        stopped = entries[: bisect_left(entries, stops_at)]
        first = BEGIN + place * 97 + 31
        samples = [(entries, [*range(first, END, 2 * WEEK + 5 * HOUR)])]
        samples += [(stopped, [*range(stops_at + 11 * MINUTE, stops_at + 2 * DAY, 7 * HOUR + 5 * MINUTE)])]
        # Before there are weeks to compare with, too.
        samples[0][1].extend(range(START + 3 * DAY, START + 4 * WEEK, 11 * DAY + HOUR))
        for shown, instants in samples:
            given = with_entries(shown)
            for now in instants:
                found = dataset_at(given, now)
                assert found == activity_at(shown, now), (name, now)
                seen.add(found.quiet)
    assert seen == {True, False}
    assert dataset_at(with_entries([]), BEGIN) == activity_at([], BEGIN) == Activity(None, None, None)


def with_entries(entries: list[int]) -> Given:
    given = Given(empty_replica())
    # One text, because a list of this many values takes minutes to bind.
    given.connection.execute(
        "insert into site_status (source_rowid, entered_at) select row_number() over (), make_timestamp(us)"
        """ from (select unnest(from_json(?, '["BIGINT"]')) * 1000000 as us)""",
        [json.dumps(entries)],
    )
    return given


def dataset_at(given: Given, now: int) -> Activity:
    given.at(f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d %H:%M:%S}")
    row = given.value("activity_now")
    last: str | None = row["last_entry_at"][0]
    last_at = None if last is None else int(datetime.fromisoformat(last).timestamp())
    assert last is None or last == to_iso(datetime.fromisoformat(last))
    return Activity(last_at, row["usual_entries"][0], row["quiet"][0])
