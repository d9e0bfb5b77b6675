"""What needs attention of the pipeline's work, on either side of each threshold."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.attention.line import Kind
from engine.attention.pipeline import (
    BOUNCE_RATE,
    BOUNCE_SENT,
    NEW_ERROR_HOURS,
    POSITIVE_WAITING_HOURS,
    UNUSUAL_COST_USD,
    UNUSUAL_ERRORS,
    UNUSUAL_TIMES,
    USUAL_DAYS,
    high_bounce_rates,
    is_unusual,
    new_errors,
    quiet_pipeline,
    unrecognised_words,
    unusual_today,
    waiting_replies,
)
from engine.model.clock import to_iso
from engine.model.values.quality import UnrecognisedCount
from tests.engine.attention.given import (
    ACTIVITY,
    DELIVERY,
    ERRORS,
    HOUR,
    MINUTE,
    NOW,
    TODAY,
    WAITING,
    value,
)

UTC_ZONE = ZoneInfo("UTC")
SECOND = MINUTE / 60


def test_a_quiet_pipeline_is_a_line_since_its_last_entry() -> None:
    line = quiet_pipeline(value(ACTIVITY | {"quiet": True}))
    assert line is not None
    assert (line.reason, line.since) == ("Usually 12 entries by now", NOW - MINUTE)
    for well in ({"quiet": False}, {"quiet": None}, {"quiet": True, "last_entry_at": None}):
        assert quiet_pipeline(value(ACTIVITY | well)) is None


def test_errors_are_far_from_usual_above_twice_the_usual_and_by_ten() -> None:
    def unusual(so_far: float, usual: float | None, days: int = USUAL_DAYS) -> bool:
        return is_unusual(TODAY | {"so_far": so_far, "usual_q75": usual, "days": days})

    assert unusual(UNUSUAL_ERRORS, 0)
    assert not unusual(UNUSUAL_ERRORS - 1, 0)
    assert not unusual(UNUSUAL_TIMES * 30, 30)
    assert unusual(UNUSUAL_TIMES * 30 + 1, 30)
    assert not unusual(12, 3)
    assert unusual(13, 3)
    assert not unusual(500, 0, USUAL_DAYS - 1)
    assert not unusual(500, None)


def test_a_cost_is_far_from_usual_by_a_dollar() -> None:
    cost = TODAY | {"measure": "llm_cost_usd", "usual_q75": 0.5}
    assert is_unusual(cost | {"so_far": 0.5 + UNUSUAL_COST_USD})
    assert not is_unusual(cost | {"so_far": 0.49 + UNUSUAL_COST_USD})


def test_what_is_far_from_usual_says_both_numbers_and_opens_its_rows() -> None:
    rows = (
        TODAY | {"so_far": 1204.0, "usual_q75": 100.0},
        TODAY | {"measure": "failed_runs", "so_far": 40.0},
        TODAY | {"measure": "llm_cost_usd", "so_far": 41.2, "usual_q75": 12.0},
        TODAY | {"measure": "moon_phases", "so_far": 41.2},
    )
    lines = unusual_today(value(*rows), (), NOW, UTC_ZONE)
    assert [(line.kind, line.reason) for line in lines] == [
        (Kind.REQUESTS_UNUSUAL, "1,204 so far, usually at most 100 by this time of day"),
        (Kind.RUNS_UNUSUAL, "40 so far, usually none by this time of day"),
        (Kind.COST_UNUSUAL, "$41.20 so far, usually at most $12.00 by this time of day"),
    ]
    assert [line.opens and dict(line.opens.cells) for line in lines] == [
        {"measure": "failed_requests"},
        {"measure": "failed_runs"},
        {"measure": "llm_cost_usd"},
    ]


def test_failed_runs_are_no_line_beside_the_jobs_that_fail() -> None:
    runs = value(TODAY | {"measure": "failed_runs", "so_far": 40.0})
    assert unusual_today(runs, {"score"}, NOW, UTC_ZONE) == []


def test_today_is_over_at_local_midnight() -> None:
    today = value(TODAY | {"so_far": 500.0})
    assert len(unusual_today(today, (), NOW + 4 * HOUR - SECOND, UTC_ZONE)) == 1
    assert unusual_today(today, (), NOW + 4 * HOUR, UTC_ZONE) == []
    assert unusual_today(today, (), NOW, ZoneInfo("Australia/Adelaide")) == []


def test_an_error_is_new_for_a_day_and_names_its_job() -> None:
    first = NOW - NEW_ERROR_HOURS * HOUR
    (line,) = new_errors(value(ERRORS | {"first_seen": to_iso(first)}), {"score": "Score sites"}, (), NOW)
    assert (line.title, line.since) == ("New error in Score sites", first)
    assert line.reason == "3 failed runs in 24 h: timeout after <n> s"
    assert line.opens is not None
    assert set(dict(line.opens.cells)) == {"stage", "message", "source"}
    old = value(ERRORS | {"first_seen": to_iso(first - SECOND)})
    assert new_errors(old, {}, (), NOW) == []


@pytest.mark.parametrize("change", [{"source": "site"}, {"first_seen": None}, {"errors_24h": 0}])
def test_only_errors_with_a_known_beginning_are_new(change: dict[str, Any]) -> None:
    assert new_errors(value(ERRORS | change), {}, (), NOW) == []


def test_the_error_of_a_failing_job_is_no_line_of_its_own() -> None:
    assert new_errors(value(ERRORS), {}, {"score"}, NOW) == []


def test_positive_replies_wait_too_long_from_a_day_on_at_now() -> None:
    def waits(hours: float, seconds_later: int = 0) -> bool:
        row = WAITING | {"waiting_positive": 2, "oldest_positive_hours": hours}
        return waiting_replies(value(row), NOW + seconds_later * SECOND) is not None

    assert waits(POSITIVE_WAITING_HOURS)
    assert not waits(POSITIVE_WAITING_HOURS - 1 / 3600)
    assert waits(POSITIVE_WAITING_HOURS - 1 / 3600, seconds_later=1)
    assert waiting_replies(value(WAITING), NOW) is None


def test_waiting_replies_are_counted_and_their_oldest_is_named_by_its_time() -> None:
    row = WAITING | {"waiting_positive": 1, "oldest_positive_hours": 30.0}
    line = waiting_replies(value(row), NOW)
    assert line is not None
    assert (line.title, line.since) == ("1 positive reply waits for an answer", NOW - 30 * HOUR)


def test_a_bounce_rate_is_high_from_five_percent_of_fifty_on() -> None:
    def lines(rate: float, sent: int = BOUNCE_SENT) -> int:
        row = DELIVERY | {"sent": sent, "bounced": round(rate * sent), "bounce_rate": rate}
        return len(high_bounce_rates(value(row)))

    assert lines(BOUNCE_RATE) == 1
    assert lines(BOUNCE_RATE - 0.001) == 0
    assert lines(1.0, BOUNCE_SENT - 1) == 0


def test_a_bounce_rate_that_is_not_all_does_not_read_as_all() -> None:
    row = DELIVERY | {"sent": 100_000, "bounced": 99_999, "bounce_rate": 0.99999, "channel": None}
    (line,) = high_bounce_rates(value(row))
    assert line.title == "Bounce rate of (no channel) is high"
    assert line.reason == "99,999 of 100,000 messages sent in 30 d bounced, over 99.9 %"


def test_unrecognised_words_are_one_line_with_the_most_frequent() -> None:
    counts = [UnrecognisedCount("sites", "status", f"word {number}", number) for number in range(1, 6)]
    line = unrecognised_words(counts)
    assert line is not None
    assert line.title == "15 values not recognised"
    assert line.reason.startswith("sites.status “word 5” (5), sites.status “word 4” (4)")
    assert line.reason.endswith("and 2 other words")
    assert unrecognised_words([]) is None
