"""What an axis and a line show: every value, amounts under a cent, gaps of a series' own rate."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dash_app.figures import cron, llm, system, unit_costs
from dash_app.figures.gaps import sampled
from dash_app.figures.valueaxis import bar_range, money_ticks, whole_ticks
from dash_app.formatters import jobs
from dash_app.formatters.formats import money
from engine.model.clock import to_iso
from engine.model.values.payload import Columns
from tests.dash_app.given import NOW, values_of, view


def samples(minutes: int, count: int, **columns: list[float | None]) -> Columns:
    """Return samples so many minutes apart, 50 % wherever no column is given."""
    at = [to_iso(NOW - timedelta(minutes=minutes * (count - 1 - row))) for row in range(count)]
    names = ("cpu_percent", "memory_percent", "disk_percent", "cpu_percent_max")
    return {"at": at} | {name: columns.get(name, [50.0] * count) for name in names}


def traces_of(columns: Columns) -> dict[str, Any]:
    return {trace["name"]: trace for trace in system.system_metrics(columns, view())["data"]}


@pytest.mark.parametrize("minutes", [5, 7, 10, 12, 60, 300])
def test_samples_at_any_rate_are_one_line_without_a_gap(minutes: int) -> None:
    cpu = traces_of(samples(minutes, 24 * 60 // minutes))["cpu"]
    assert None not in cpu["y"]
    assert cpu["mode"] == "lines"


def test_a_gap_is_one_of_that_series_own_rate() -> None:
    """CPU is sampled every 5 minutes, memory every 30; for half an hour both are missing."""
    memory = [40.0 if row % 6 == 0 else None for row in range(48)]
    cpu: list[float | None] = [None if 12 < row < 18 else 50.0 for row in range(48)]
    traces = traces_of(samples(5, 48, memory_percent=memory, cpu_percent=cpu))
    assert traces["memory"]["y"] == [40.0] * 8
    assert traces["cpu"]["y"].count(None) == 1


def test_a_sample_without_neighbours_is_a_point() -> None:
    cpu: list[float | None] = [50.0] * 6 + [None] * 9 + [70.0] + [None] * 9 + [50.0] * 6
    drawn = traces_of(samples(5, len(cpu), cpu_percent=cpu))["cpu"]
    assert drawn["mode"] == "lines+markers"
    assert [y for y, size in zip(drawn["y"], drawn["marker"]["size"], strict=True) if size] == [70.0]
    assert traces_of(samples(5, 1))["cpu"]["marker"]["size"] == [5]


def test_the_last_of_a_burst_is_joined_to_nothing_an_hour_later() -> None:
    times = [NOW + timedelta(minutes=minute) for minute in (0, 5, 10, 15, 75)]
    assert [value for _, value in sampled(times, [1.0, 2.0, 3.0, 4.0, 5.0])] == [
        1.0,
        2.0,
        3.0,
        4.0,
        None,
        5.0,
    ]


def test_an_axis_of_percent_shows_0_to_100_and_whatever_lies_beyond() -> None:
    axis = system.system_metrics(samples(5, 3, cpu_percent=[180.0, -5.0, None]), view())["layout"]["yaxis"]
    assert axis["autorange"] is True and "range" not in axis
    assert axis["autorangeoptions"]["include"] == [0, 100]


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [([1.0, 4.0], 0, 5), ([-4.0, None], -5, 0), ([-2.0, 2.0], -3, 3), ([0.0, None], 0, 1), ([], 0, 1)],
)
def test_bars_below_zero_are_in_their_axis(values: list[float | None], low: float, high: float) -> None:
    assert bar_range(values, 0.25) == [low, high]


@pytest.mark.parametrize("usd", [0.004, 0.0004, 0.00001, 1e-9, 3e-20, -0.0002])
def test_an_amount_under_a_cent_never_reads_as_nothing(usd: float) -> None:
    assert money(usd).strip("$−0.") != ""
    assert "e" not in money(usd) or abs(usd) < 1e-12


def test_ticks_of_small_amounts_have_the_decimals_to_tell_them_apart() -> None:
    assert money_ticks([0.0004, 0.0001]) == {"tickformat": "$,.5~f"}
    assert money_ticks([1.5, None, 0]) == money_ticks([]) == {"tickformat": "$,.2f"}
    assert money_ticks([250.0, 1000.0]) == {"tickformat": "$,.2~f"}


@pytest.mark.parametrize(
    "show", [llm.daily_costs, llm.cost_by_stage, llm.cost_by_model, unit_costs.unit_economics]
)
def test_no_cost_chart_shows_small_amounts_as_zero(show: Any) -> None:
    dataset = {
        "daily_costs": "llm_daily_costs_30d", "cost_by_stage": "llm_cost_by_stage_30d",
        "cost_by_model": "llm_cost_by_model_30d", "unit_economics": "unit_economics_30d",
    }[show.__name__]  # fmt: skip
    columns = values_of(dataset)
    columns["cost_usd"] = [0.0003] * len(columns["cost_usd"])
    figure = show(columns, view())
    drawn = repr(figure)
    assert "$0.00030" in drawn
    assert "'tickformat': '$,.5~f'" in drawn


def test_calls_that_cost_nothing_are_shown_as_calls() -> None:
    days = values_of("llm_daily_costs_30d", 30)
    days |= {"calls": [20] * 30, "cost_usd": [0.0] * 30}
    assert llm.daily_costs(days, view())["data"][0]["y"] == [20] * 30
    stages: Columns = {"day": days["day"], "stage": ["scoring"] * 30, "cost_usd": [0.0] * 30}
    assert "cost nothing" in llm.cost_by_stage(stages, view())["layout"]["annotations"][0]["text"]
    models: Columns = {
        "model": ["local"], "provider": ["p"], "calls": [600], "tokens": [5], "cost_usd": [0.0],
    }  # fmt: skip
    assert llm.cost_by_model(models, view())["data"][0]["text"] == ["$0.00 · 600 calls"]


def test_a_run_that_ends_before_it_starts_has_no_duration() -> None:
    columns: Columns = {
        "job_name": ["a"], "name": ["Job A"], "status": ["success"], "duration_s": [-600],
        "started_at": ["2026-11-23T10:00:00Z"], "finished_at": ["2026-11-23T09:50:00Z"],
    }  # fmt: skip
    bar, mark = cron.cron_timeline(columns, view())["data"]
    assert bar["x"] == [0]
    assert mark["x"] == ["2026-11-23 10:00:00"], "a run without length can be hovered all the same"
    assert "ends before it starts" in bar["hovertext"][0]
    columns = {name: column[:1] for name, column in values_of("cron_job_summary", 1).items()}
    row = jobs.job_schedule(columns | {"last_duration_s": [-600]}, view()).rows[0]
    assert (row[2].text, row[2].sort) == ("–", "")


def test_an_axis_of_few_counts_has_no_halves() -> None:
    one = {"tickmode": "linear", "tick0": 0, "dtick": 1}
    assert whole_ticks([1, None, 5]) == whole_ticks([]) == one
    assert whole_ticks([6, 1]) == whole_ticks([0.5, 3]) == {}
    days = values_of("cron_daily_history_7d", 7)
    few = cron.cron_daily_history(days | {"success": [2] * 7, "failed": [1] * 7}, view())
    assert few["layout"]["yaxis"]["dtick"] == 1
    # No bar is above 5, but a stack is.
    more = cron.cron_daily_history(days | {"success": [4] * 7, "failed": [3] * 7}, view())
    assert "dtick" not in more["layout"]["yaxis"]


def test_the_texts_of_bars_have_room_for_the_longest_at_any_width() -> None:
    columns = values_of("llm_cost_by_model_30d", 2)

    def right_margin(cost: float) -> int:
        return int(llm.cost_by_model(columns | {"cost_usd": [cost, cost]}, view())["layout"]["margin"]["r"])

    for cost in (1.0, 160.94, 1e9):
        assert right_margin(cost) >= 6.5 * len(money(cost))
