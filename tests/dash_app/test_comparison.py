"""Comparison with the period before: what is not known is not made up."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from dash_app.figures import llm
from dash_app.figures.style import View
from dash_app.formatters.comparison import against, before_of, change_of, late_start
from dash_app.formatters.formats import money, number
from dash_app.formatters.llm_cards import cost_totals, llm_usage_by_stage, unit_costs
from engine.model.values.payload import Columns
from tests.dash_app.given import NOW

ZONE = ZoneInfo("UTC")


def compared(previous: Columns | None) -> View:
    return View(ZONE, NOW, range="2d", previous=previous)


@pytest.mark.parametrize(
    ("current", "previous", "change", "text"),
    [
        (12, 10, 0.2, "+20% vs prior 7 d (10)"),
        (0, 10, -1, "−100% vs prior 7 d (10)"),
        (12, 0, None, "none in the prior 7 d"),
        (None, 10, None, "10 in the prior 7 d"),
        (12, None, None, ""),
    ],
)
def test_a_change_is_one_of_two_known_numbers(
    current: float | None, previous: float | None, change: float | None, text: str
) -> None:
    assert change_of(current, previous) == (pytest.approx(change) if change is not None else None)
    assert against(current, previous, number, "the prior 7 d") == text


def test_a_name_that_the_period_before_lacks_counted_nothing_in_it() -> None:
    columns: Columns = {"model": ["a", "b", None], "cost_usd": [1.0, 2.0, 3.0]}
    before: Columns = {"model": [None, "a", "z"], "cost_usd": [1.5, None, 9.0]}
    assert before_of(columns, compared(before), ["model"], "cost_usd") == [None, 0, 1.5]
    assert before_of(columns, compared(None), ["model"], "cost_usd") == [None, None, None]


def costs(*amounts: float) -> Columns:
    days = ["2026-11-22", "2026-11-23"] if len(amounts) == 2 else [f"2026-11-{day:02}" for day in range(1, 9)]
    calls = [int(amount) for amount in amounts]
    return {"day": days, "calls": calls, "tokens": calls, "cost_usd": list(amounts)}


def test_key_figures_say_the_change_to_the_period_before() -> None:
    hints = [kpi.hint for kpi in cost_totals(costs(2.0, 4.0), compared(costs(1.0, 2.0)))]
    assert hints[1:] == [
        "+100% vs prior 2 d ($3.00)",
        "+100% vs prior 2 d (3)",
        "+100% vs prior 2 d (3)",
    ]
    labels = [kpi.label for kpi in cost_totals(costs(2.0, 4.0), compared(None))]
    assert labels == [
        "LLM cost today so far",
        "LLM cost in 2 days",
        "LLM calls in 2 days",
        "tokens in 2 days",
    ]


def test_a_period_before_that_begins_without_numbers_says_since_when_it_has_some() -> None:
    late = costs(0, 0, 0, 0, 5.0, 0, 1.0, 2.0)
    assert late_start(late, ["calls"]) == "2026-11-05"
    assert late_start(costs(0, 1.0, 0, 0, 0, 0, 0, 0), ["calls"]) is None
    assert late_start(costs(0, 0), ["calls"]) is None
    view = compared(late)
    assert cost_totals(costs(2.0, 4.0), view)[1].hint == "−25% vs prior 2 d ($8.00), none before 5 Nov"


def test_days_that_are_over_have_no_today() -> None:
    view = View(ZONE, NOW, range="2026-11-01..2026-11-08")
    kpi = cost_totals(costs(1, 1, 1, 1, 1, 1, 1, 3.0), view)[0]
    assert (kpi.label, kpi.value) == ("LLM cost on 8 Nov", "$3.00")


def test_a_unit_cost_without_units_has_no_change() -> None:
    now: Columns = {"day": ["2026-11-23"], "cost_usd": [4.0], "outreaches_sent": [2], "replies": [0],
           "positive_replies": [0]}  # fmt: skip
    before = now | {"outreaches_sent": [4], "replies": [1]}
    hints = [kpi.hint for kpi in unit_costs(now, compared(before))]
    assert hints == ["+100% vs prior 2 d ($1.00)", "0 replies", "0 positive"]


USAGE: Columns = {
    "stage": ["scored", "enriched"],
    "calls": [1, 1],
    "prompt_tokens": [1.0, 1.0],
    "completion_tokens": [1.0, 1.0],
    "cost_usd": [3.0, 2.0],
    "cost_per_call_usd": [3.0, 2.0],
}


def test_a_compared_table_has_a_column_of_changes_and_no_other_has() -> None:
    before: Columns = {name: values[:1] for name, values in USAGE.items()} | {"cost_usd": [2.0]}
    table = llm_usage_by_stage(USAGE, compared(before))
    column = [heading.text for heading in table.headings].index("Change")
    assert [row[column].text for row in table.rows] == ["+50%", "new"]
    assert "Change" not in [heading.text for heading in llm_usage_by_stage(USAGE, compared(None)).headings]


def test_bars_of_names_carry_their_change() -> None:
    columns: Columns = {"model": ["a", "b"], "provider": ["p", "p"], "calls": [1, 1], "tokens": [1.0, 1.0],
                        "cost_usd": [3.0, 2.0]}  # fmt: skip
    before = {name: values[:1] for name, values in columns.items()} | {"cost_usd": [2.0]}
    bars = llm.cost_by_model(columns, compared(before))["data"][0]
    assert bars["text"] == [f"{money(3.0)}  +50%", money(2.0)]
    assert bars["hovertext"][0].endswith("<br>+50% vs prior 2 d ($2.00)")
    assert bars["hovertext"][1].endswith("<br>none in the prior 2 d")
