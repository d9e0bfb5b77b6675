"""Periods: what texts and axes say of the range that a value covers."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from dash_app.figures import cron, errors, job_hours, llm, outreach, overview, pipeline, system, unit_costs
from dash_app.figures.period import Period, titled
from dash_app.figures.style import Figure, View
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import to_iso
from engine.model.values.payload import Columns
from tests.dash_app.given import NOW

UTC_ZONE, ADELAIDE = ZoneInfo("UTC"), ZoneInfo("Australia/Adelaide")


@pytest.mark.parametrize(
    ("range_", "words", "phrase", "prior"),
    [
        ("24h", "24 hours", "in the last 24 hours", "the prior 24 h"),
        ("365d", "365 days", "in the last 365 days", "the prior 365 d"),
        ("8w", "8 weeks", "in the last 8 weeks", "the prior 8 w"),
        ("2026-11-01..2026-11-15", "1 Nov to 15 Nov", "from 1 Nov to 15 Nov", "the 15 days before"),
        ("2026-11-15..2026-11-15", "15 Nov", "on 15 Nov", "the day before"),
        ("2025-12-30..2026-01-02", "30 Dec 2025 to 2 Jan 2026", "from 30 Dec 2025 to 2 Jan 2026",
         "the 4 days before"),
    ],
)  # fmt: skip
def test_a_range_reads_as_a_person_says_it(range_: str, words: str, phrase: str, prior: str) -> None:
    period = Period(range_)
    assert (period.words, period.phrase, period.prior) == (words, phrase, prior)


def test_a_range_begins_with_its_first_local_day_hour_or_week() -> None:
    as_of = datetime(2026, 11, 23, 20, 0, 5, tzinfo=UTC)
    starts = {range_: to_iso(Period(range_).starts_at(as_of, ADELAIDE)) for range_ in ("7d", "24h", "8w")}
    assert starts == {
        "7d": "2026-11-17T13:30:00Z",
        "24h": "2026-11-22T20:00:05Z",
        "8w": "2026-10-04T13:30:00Z",
    }
    assert to_iso(Period("24h").first_hour(as_of, ADELAIDE)) == "2026-11-22T20:30:00Z"


def test_the_days_of_a_range_are_those_it_touches() -> None:
    assert Period("3d").days(NOW, UTC_ZONE) == ["2026-11-21", "2026-11-22", "2026-11-23"]
    assert Period("24h").days(NOW, UTC_ZONE) == ["2026-11-22", "2026-11-23"]
    late = NOW.replace(hour=23, minute=30)
    assert Period("24h").days(late, UTC_ZONE) == ["2026-11-23"], "its first hour is the first of that day"
    assert Period("2026-11-02..2026-11-03").days(NOW, UTC_ZONE) == ["2026-11-02", "2026-11-03"]


def test_days_that_are_over_end_at_midnight_and_today_ends_now() -> None:
    past, to_today = Period("2026-11-01..2026-11-02"), Period("2026-11-01..2026-11-23")
    assert to_iso(past.ends_at(NOW, UTC_ZONE)) == "2026-11-03T00:00:00Z"
    assert to_today.ends_at(NOW, UTC_ZONE) == NOW


def test_a_title_names_the_range_that_is_shown() -> None:
    for dataset in catalogue().values():
        if dataset.name != "error_groups_30d" and dataset.name.endswith(("0d", "8h", "4h", "7d", "8w")):
            title = titled(dataset.title, Period("90d"))
            assert title.endswith(", 90 days"), title
            assert title.count(" days") == 1, title


NOTHING = {
    errors.http_errors: "http_errors_30d",
    outreach.outreach_daily: "outreach_daily_30d",
    outreach.reply_cohorts: "reply_cohorts_8w",
    llm.cost_by_stage: "llm_cost_by_stage_30d",
    llm.cost_by_model: "llm_cost_by_model_30d",
    overview.hourly_throughput: "hourly_throughput_48h",
    unit_costs.unit_economics: "unit_economics_30d",
    pipeline.hourly_status_breakdown: "hourly_status_breakdown_48h",
    cron.cron_timeline: "cron_timeline_24h",
    job_hours.job_hours: "job_hours_24h",
    system.system_metrics: "system_metrics_24h",
}


@pytest.mark.parametrize(("draw", "dataset"), NOTHING.items(), ids=NOTHING.values())
def test_a_chart_without_data_names_the_range_that_is_empty(draw: object, dataset: str) -> None:
    columns: dict[str, list[object]] = {column.name: [] for column in catalogue()[dataset].columns}
    figure: Figure = draw(columns, View(UTC_ZONE, NOW, range="7d"))  # type: ignore[operator]
    (note,) = figure["layout"]["annotations"]
    assert note["text"].endswith("in the last 7 days")


def test_failed_requests_have_a_place_for_each_day_of_the_range() -> None:
    columns: Columns = {"day": ["2026-11-23"], "status_code": ["500"], "errors": [3]}
    figure = errors.http_errors(columns, View(UTC_ZONE, NOW, range="7d"))
    assert figure["data"][0]["y"] == [0, 0, 0, 0, 0, 0, 3]


def test_no_axis_of_hours_has_more_ticks_than_fit() -> None:
    columns: Columns = {"at": ["2026-11-10T00:00:00Z", "2026-11-23T20:00:00Z"]} | {
        name: [1.0, 2.0] for name in ("cpu_percent", "cpu_percent_max", "memory_percent", "disk_percent")
    }
    for range_ in ("24h", "48h", "7d", "14d", "2026-11-01..2026-11-20"):
        figure = system.system_metrics(columns, View(UTC_ZONE, NOW, range=range_))
        assert 4 <= len(figure["layout"]["xaxis"]["tickvals"]) <= 10, range_
