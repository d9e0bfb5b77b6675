"""The charts of the LLM page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dash_app.figures.chart_text import chart_hover, row_labels, whole_in_hover
from dash_app.figures.filtering import bars_filter_by, filters_by
from dash_app.figures.ranked import horizontal_bars
from dash_app.figures.series import bars, by_day, grid_of, series_labels
from dash_app.figures.style import Figure, View, distinct, empty, nothing_in, rows_in
from dash_app.figures.valueaxis import money_ticks
from dash_app.formatters.comparison import against, before_of, change_of
from dash_app.formatters.formats import change, compact, money, number, percent
from dash_app.openers import bars_open
from engine.model.colours import measure_colour
from engine.model.text.in_words import counted
from engine.model.values.payload import Columns

_OUTCOMES = {
    "positive": "positive reply",
    "replied": "other reply",
    "excluded": "excluded",
    "failing": "failing",
    "outreach_sent": "sent, no reply",
    "in_pipeline": "in the pipeline",
    "no_site": "no site",
}


def daily_costs(columns: Columns, view: View) -> Figure:
    """Draw the cost of each day, with calls and tokens in the hover box; the calls if none has a cost."""
    if nothing_in(columns["calls"]):
        return empty(f"no LLM calls {view.over('30d').phrase}")
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
                **view.openers.trace("calls" if costs_nothing else "cost_usd", rows_in(columns)),
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
        return empty(f"no LLM calls {view.over('30d').phrase}")
    days, stages = distinct(columns["day"]), distinct(columns["stage"])
    if nothing_in(columns["cost_usd"]):
        return empty(f"the calls {view.over('30d').phrase} cost nothing ({counted(len(stages), 'stage')})")
    grid = grid_of(columns, "day", "stage", "cost_usd")
    stages = view.colours.in_order("llm_stage", stages)
    paints = dict(zip(stages, view.colours.paints("llm_stage", stages), strict=True))
    names = series_labels(stages)

    def layer(stage: str | None, labels: list[str]) -> dict[str, Any]:
        costs = [grid[stage].get(day, 0) for day in days]
        texts = [money(cost) for cost in costs]
        paint = paints[stage]
        drawn = bars(
            names[stage],
            labels,
            costs,
            paint,
            customdata=texts,
            hovertemplate="%{customdata}",
            **view.openers.trace("cost_usd", [{"day": day, "stage": stage} for day in days]),
        )
        return filters_by(whole_in_hover(drawn, stage), "stage", stage)

    figure = by_day(days, lambda labels: [layer(stage, labels) for stage in stages], view, "US$ a day")
    figure["layout"]["yaxis"] |= money_ticks(columns["cost_usd"])
    return figure


def cost_by_model(columns: Columns, view: View) -> Figure:
    """Draw the cost of each model."""
    if not columns["model"]:
        return empty(f"no LLM calls {view.over('30d').phrase}")
    rows = list(
        zip(*(columns[name] for name in ("model", "provider", "calls", "tokens", "cost_usd")), strict=True)
    )
    befores = before_of(columns, view, ["model"], "cost_usd")
    figure = horizontal_bars(
        row_labels(columns["model"], "(unreadable)", as_words=False),
        columns["cost_usd"],
        paints=view.colours.paints("model", columns["model"]),
        texts=[
            (money(cost) if cost else f"{money(cost)} · {counted(calls, 'call')}") + _changed(cost, before)
            for (_, _, calls, _, cost), before in zip(rows, befores, strict=True)
        ],
        hovers=[
            f"<b>{chart_hover(model, '(unreadable)')}</b><br>{chart_hover(provider, 'provider unknown')}<br>"
            f"{money(cost)} for {number(calls)} calls, {compact(tokens)} tokens{_against(cost, before, view)}"
            for (model, provider, calls, tokens, cost), before in zip(rows, befores, strict=True)
        ],
        unit=f"US$ {view.within('30d')}",
    )
    figure["layout"]["xaxis"] |= money_ticks(columns["cost_usd"])
    figure = bars_open(figure, view.openers.trace("cost_usd", rows_in(columns)))
    return bars_filter_by(figure, "model", columns["model"])


def _changed(current: float | None, before: float | None) -> str:
    """Return the change to the period before as it stands beside a bar; the empty text if not compared."""
    fraction = change_of(current, before)
    return "" if fraction is None else f"  {change(fraction)}"


def _against(
    current: float | None, before: float | None, view: View, shown: Callable[[float], str] = money
) -> str:
    line = against(current, before, shown, view.over("30d").prior)
    return line and f"<br>{line}"


def cost_by_outcome(columns: Columns, view: View) -> Figure:
    """Draw the cost of calls by the outcome of their site; the calls if none has a cost.

    No outcome is compared with the period before: its sites have had longer to answer.
    """
    if nothing_in(columns["calls"]):
        return empty(f"no LLM calls {view.over('30d').phrase}")
    costs_nothing = nothing_in(columns["cost_usd"])
    labels = [_OUTCOMES[outcome] for outcome in columns["outcome"]]
    rows = list(zip(*(columns[name] for name in ("sites", "calls", "cost_usd")), strict=True))
    total = sum(columns["cost_usd"])
    compared = "calls" if costs_nothing else "cost_usd"
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
        unit="calls, without cost" if costs_nothing else f"US$ {view.within('30d')}",
    )
    figure = bars_open(figure, view.openers.trace(compared, rows_in(columns)))
    if not costs_nothing:
        figure["layout"]["xaxis"] |= money_ticks(columns["cost_usd"])
    return figure
