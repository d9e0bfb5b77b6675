"""The period before in charts over time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dash_app.figures import conversations, cron, llm, system, unit_costs
from dash_app.figures.before import with_before
from dash_app.figures.style import Figure, FigureFunction, View
from engine.model.colours import EARLIER
from engine.model.values.payload import Columns
from tests.dash_app.given import NOW

ZONE = ZoneInfo("UTC")
VIEW = View(ZONE, NOW, range="2d")
TWO_DAYS = timedelta(days=2)


def both(draw: FigureFunction, now: Columns, then: Columns, later: timedelta = TWO_DAYS) -> Figure:
    before = draw(then, replace(VIEW, as_of=NOW - later, is_previous=True))
    return with_before(draw(now, VIEW), before, "prior 2 d", later)


def lines_of(figure: Figure) -> list[dict[str, Any]]:
    return [trace for trace in figure["data"] if trace["name"] == "prior 2 d"]


def days(*numbers: int) -> list[str]:
    return [f"2026-11-{number}" for number in numbers]


def costs(on: list[str], *amounts: float) -> Columns:
    return {"day": on, "calls": [1] * len(on), "tokens": [1] * len(on), "cost_usd": list(amounts)}


def test_one_series_of_bars_has_the_period_before_as_a_line_of_steps() -> None:
    figure = both(llm.daily_costs, costs(days(22, 23), 1.0, 2.0), costs(days(20, 21), 3.0, 4.0))
    (line,) = lines_of(figure)
    assert line["x"] == ["Sun 22 Nov", "Mon 23 Nov, so far"], "aligned by position"
    assert (line["y"], line["line"]["shape"], line["line"]["color"]) == ([3.0, 4.0], "hvh", EARLIER)
    assert figure["layout"]["showlegend"] is True
    assert line["hovertemplate"] == "%{y:$,.2f}"


def test_a_day_that_the_period_before_lacks_stays_empty() -> None:
    figure = both(llm.daily_costs, costs(days(22, 23), 1.0, 2.0), costs(days(20), 3.0))
    (line,) = lines_of(figure)
    assert (line["x"], line["y"], line["mode"]) == (["Sun 22 Nov"], [3.0], "markers")


def test_without_anything_before_the_chart_is_as_it_was() -> None:
    nothing = costs([], *[]) | {"calls": []}
    now = costs(days(22, 23), 1.0, 2.0)
    assert both(llm.daily_costs, now, nothing) == llm.daily_costs(now, VIEW)


def test_stacked_bars_are_compared_by_their_sum() -> None:
    now: Columns = {"day": days(22, 23), "stage": ["a", "a"], "cost_usd": [1.0, 2.0]}
    then: Columns = {"day": days(20, 20, 21, 21), "stage": ["a", "b"] * 2, "cost_usd": [1.0, 2.0, 3.0, 4.0]}
    (line,) = lines_of(both(llm.cost_by_stage, now, then))
    assert line["y"] == [3.0, 7.0]


def test_bars_side_by_side_and_lines_have_a_line_each_in_their_colour() -> None:
    now: Columns = {"day": days(22, 23), "inbound": [1, 2], "outbound": [3, 4], "positive": [0, 1]}
    figure = both(conversations.conversations_daily, now, now | {"day": days(20, 21)})
    lines = lines_of(figure)
    assert [line["y"] for line in lines] == [[1, 2], [3, 4], [0, 1]]
    assert len({line["line"]["color"] for line in lines}) == 3
    assert [line.get("showlegend", True) for line in lines] == [True, False, False]


def test_an_unknown_number_stays_unknown() -> None:
    def columns(on: list[str], sent: int) -> Columns:
        return {"day": on, "cost_usd": [1.0, 2.0], "outreaches_sent": [sent, 2], "replies": [1, 1]}

    figure = both(unit_costs.unit_economics, columns(days(22, 23), 2), columns(days(20, 21), 0))
    per_message = next(line for line in lines_of(figure) if line.get("yaxis") == "y2")
    assert per_message["y"] == [None, 1.0]


def test_samples_keep_their_time_of_day() -> None:
    def samples(*at: str) -> Columns:
        names = ("cpu_percent", "cpu_percent_max", "memory_percent", "disk_percent")
        return {"at": list(at)} | {name: [1.0] * len(at) for name in names}

    now = samples("2026-11-23T10:00:00Z", "2026-11-23T10:05:00Z")
    figure = both(system.system_metrics, now, samples("2026-11-21T09:00:00Z", "2026-11-21T09:05:00Z"))
    lines = lines_of(figure)
    assert len(lines) == 4
    assert {tuple(line["x"]) for line in lines} == {("2026-11-23 09:00:00", "2026-11-23 09:05:00")}


def test_an_axis_of_few_has_no_tick_for_each_of_many() -> None:
    few: Columns = {"day": days(22, 23), "success": [1, 2], "failed": [0, 0]}
    assert both(cron.cron_daily_history, few, few)["layout"]["yaxis"]["dtick"] == 1
    many = few | {"success": [500, 900]}
    assert "dtick" not in both(cron.cron_daily_history, few, many)["layout"]["yaxis"]


@pytest.mark.parametrize("draw", [llm.cost_by_model])
def test_a_chart_of_names_is_left_alone(draw: FigureFunction) -> None:
    columns: Columns = {"model": ["a"], "provider": ["p"], "calls": [1], "tokens": [1], "cost_usd": [1.0]}
    assert both(draw, columns, columns) == draw(columns, VIEW)
