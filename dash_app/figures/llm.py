"""The charts of the LLM page."""

from __future__ import annotations

from typing import Any

from dash_app.figures.chart_text import chart_hover, row_labels, whole_in_hover
from dash_app.figures.ranked import horizontal_bars
from dash_app.figures.series import bars, by_day, grid_of, series_labels
from dash_app.figures.style import (
    Columns,
    Figure,
    View,
    distinct,
    empty,
    nothing_in,
)
from dash_app.figures.valueaxis import money_ticks
from dash_app.formatters.formats import compact, counted, money, number, percent
from engine.model.colours import measure_colour

_OUTCOMES = {
    "positive": "positive reply",
    "replied": "other reply",
    "excluded": "excluded",
    "failing": "failing",
    "outreach_sent": "sent, no reply",
    "in_pipeline": "in the pipeline",
    "no_site": "no site",
}
_NO_CALLS = "no LLM calls in the last 30 days"


def daily_costs(columns: Columns, view: View) -> Figure:
    """Draw the cost of each day, with calls and tokens in the hover box; the calls if none has a cost."""
    if nothing_in(columns["calls"]):
        return empty(_NO_CALLS)
    days = columns["day"]
    rows = zip(columns["calls"], columns["tokens"], columns["cost_usd"], strict=True)
    texts = [
        f"{money(cost)} · {number(calls)} calls · {compact(tokens)} tokens" for calls, tokens, cost in rows
    ]
    costs_nothing = nothing_in(columns["cost_usd"])
    name, heights = ("calls", columns["calls"]) if costs_nothing else ("cost", columns["cost_usd"])
    unit = "calls a day, without cost" if costs_nothing else "US$ a day"
    figure = by_day(
        days,
        lambda labels: [
            bars(
                name,
                labels,
                heights,
                measure_colour("cost_usd"),
                hovertext=texts,
                hovertemplate="%{hovertext}<extra></extra>",
            )
        ],
        view,
        unit,
    )
    if not costs_nothing:
        figure["layout"]["yaxis"] |= money_ticks(heights)
    return figure


def cost_by_stage(columns: Columns, view: View) -> Figure:
    """Draw the cost of each day, stacked by the stage that spent it."""
    if not columns["day"]:
        return empty(_NO_CALLS)
    days, stages = distinct(columns["day"]), distinct(columns["stage"])
    if nothing_in(columns["cost_usd"]):
        return empty(f"the calls of the last 30 days cost nothing ({counted(len(stages), 'stage')})")
    grid = grid_of(columns, "day", "stage", "cost_usd")
    stages = view.colours.in_order("llm_stage", stages)
    paints = dict(zip(stages, view.colours.paints("llm_stage", stages), strict=True))
    names = series_labels(stages)

    def layer(stage: str | None, labels: list[str]) -> dict[str, Any]:
        costs = [grid[stage].get(day, 0) for day in days]
        texts = [money(cost) for cost in costs]
        paint = paints[stage]
        drawn = bars(names[stage], labels, costs, paint, customdata=texts, hovertemplate="%{customdata}")
        return whole_in_hover(drawn, stage)

    figure = by_day(days, lambda labels: [layer(stage, labels) for stage in stages], view, "US$ a day")
    figure["layout"]["yaxis"] |= money_ticks(columns["cost_usd"])
    return figure


def cost_by_model(columns: Columns, view: View) -> Figure:
    """Draw the cost of each model over 30 days."""
    if not columns["model"]:
        return empty(_NO_CALLS)
    rows = list(
        zip(*(columns[name] for name in ("model", "provider", "calls", "tokens", "cost_usd")), strict=True)
    )
    figure = horizontal_bars(
        row_labels(columns["model"], "(unreadable)", as_words=False),
        columns["cost_usd"],
        paints=view.colours.paints("model", columns["model"]),
        texts=[
            money(cost) if cost else f"{money(cost)} · {counted(calls, 'call')}"
            for _, _, calls, _, cost in rows
        ],
        hovers=[
            f"<b>{chart_hover(model, '(unreadable)')}</b><br>{chart_hover(provider, 'provider unknown')}<br>"
            f"{money(cost)} for {number(calls)} calls, {compact(tokens)} tokens"
            for model, provider, calls, tokens, cost in rows
        ],
        unit="US$ in 30 days",
    )
    figure["layout"]["xaxis"] |= money_ticks(columns["cost_usd"])
    return figure


def cost_by_outcome(columns: Columns, view: View) -> Figure:
    """Draw the cost of calls by the outcome of their site; the calls if none has a cost."""
    if nothing_in(columns["calls"]):
        return empty(_NO_CALLS)
    costs_nothing = nothing_in(columns["cost_usd"])
    labels = [_OUTCOMES[outcome] for outcome in columns["outcome"]]
    rows = list(zip(*(columns[name] for name in ("sites", "calls", "cost_usd")), strict=True))
    total = sum(columns["cost_usd"])
    figure = horizontal_bars(
        labels,
        columns["calls"] if costs_nothing else columns["cost_usd"],
        paints=view.colours.paints("outcome", columns["outcome"]),
        texts=[
            counted(calls, "call")
            if costs_nothing
            else f"{money(cost)} · {percent(cost / total if total else None, 0)}"
            for _, calls, cost in rows
        ],
        hovers=[
            f"<b>{label}</b><br>{money(cost)} for {counted(calls, 'call')}<br>{counted(sites, 'site')}"
            for label, (sites, calls, cost) in zip(labels, rows, strict=True)
        ],
        unit="calls, without cost" if costs_nothing else "US$ in 30 days",
    )
    if not costs_nothing:
        figure["layout"]["xaxis"] |= money_ticks(columns["cost_usd"])
    return figure
