"""The day and the hour that are not over at the instant of the value look unfinished."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dash_app.figures import conversations, llm, overview, pipeline, unit_costs
from dash_app.figures.style import View
from dash_app.figures.unfinished import HATCH
from engine.model.clock import Clock, to_iso
from engine.model.values.payload import Columns
from tests.dash_app.given import NOW, view

ZONES = ("UTC", "Australia/Adelaide", "Australia/Lord_Howe", "America/New_York")


def shapes(trace: dict[str, Any]) -> list[str]:
    pattern: list[str] = trace["marker"]["pattern"]["shape"]
    return pattern


def hours_of(now: datetime, zone: str) -> Columns:
    hours = [to_iso(hour) for hour in Clock(now, zone).hours(48)]
    return {"hour": hours, "sites": [1] * 48, "outreaches_sent": [2] * 48, "replies": [3] * 48}


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("minute", [0, 29, 59])
def test_the_running_hour_is_hatched_and_says_so_far(zone: str, minute: int) -> None:
    # New York's night with 25 hours, and that of Lord Howe, which sets its clocks by half an hour.
    for day in (datetime(2026, 11, 1, 5, tzinfo=UTC), datetime(2026, 4, 4, 15, tzinfo=UTC)):
        for hours in range(4):
            now = day + timedelta(hours=hours, minutes=minute)
            figure = overview.hourly_throughput(hours_of(now, zone), View(ZoneInfo(zone), now))
            heading, *series = figure["data"]
            assert [label.endswith("so far") for label in heading["customdata"]] == [False] * 47 + [True]
            assert all(shapes(trace) == [""] * 47 + [HATCH] for trace in series)


def test_an_hour_without_the_running_one_has_nothing_unfinished() -> None:
    columns: Columns = {"hour": ["2026-11-23T18:00:00Z"], "status": ["found"], "sites": [3]}
    heading, found = pipeline.hourly_status_breakdown(columns, view())["data"]
    assert "so far" not in heading["customdata"][0]
    assert "pattern" not in found["marker"]


def days_of(now: datetime, zone: str) -> list[str]:
    return [day.day.isoformat() for day in Clock(now, zone).days(30)]


@pytest.mark.parametrize("zone", ZONES)
def test_the_running_day_is_hatched_and_says_so_far_by_the_instant_of_the_value(zone: str) -> None:
    now = datetime(2026, 11, 23, 16, tzinfo=UTC)
    columns: Columns = {
        "day": days_of(now, zone), "calls": [1] * 30, "tokens": [2] * 30, "cost_usd": [0.5] * 30,
    }  # fmt: skip
    (cost,) = llm.daily_costs(columns, View(ZoneInfo(zone), now))["data"]
    assert shapes(cost) == [""] * 29 + [HATCH]
    assert [label.endswith(", so far") for label in cost["x"]] == [False] * 29 + [True]
    # The same value looked at as of the next day: its last day is over.
    (later,) = llm.daily_costs(columns, View(ZoneInfo(zone), now + timedelta(days=1)))["data"]
    assert "pattern" not in later["marker"]


def test_the_cost_of_a_message_has_no_point_on_the_day_that_is_not_over() -> None:
    columns: Columns = {
        "day": days_of(NOW, "UTC"), "cost_usd": [2.0] * 30, "outreaches_sent": [100] * 29 + [1],
        "replies": [10] * 30, "positive_replies": [5] * 30,
    }  # fmt: skip
    cost, *each = unit_costs.unit_economics(columns, view())["data"]
    assert shapes(cost) == [""] * 29 + [HATCH]
    assert [trace["y"] for trace in each] == [[0.02] * 29 + [None], [0.2] * 29 + [None]]


def test_a_line_ends_in_dots_and_an_open_point_and_keeps_each_of_its_values_once() -> None:
    columns: Columns = {
        "day": days_of(NOW, "UTC"), "inbound": [1] * 30, "outbound": [1] * 30, "positive": list(range(30)),
    }  # fmt: skip
    *bars, finished, way, point = conversations.conversations_daily(columns, view())["data"]
    assert [trace["type"] for trace in bars] == ["bar", "bar"]
    assert finished["y"] == [*range(29), None]
    assert (way["y"], way["line"]["dash"], way["hoverinfo"]) == ([28, 29], "dot", "skip")
    assert (point["y"], point["marker"]["symbol"]) == ([29], "circle-open")
    assert [trace.get("showlegend", True) for trace in (finished, way, point)] == [True, False, False]
    assert len({trace["legendgroup"] for trace in (finished, way, point)}) == 1
