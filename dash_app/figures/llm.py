"""The charts of the LLM page."""

from __future__ import annotations

from dash_app.figures.ranked import horizontal_bars
from dash_app.figures.series import area, bars, by_day, grid_of
from dash_app.figures.style import (
    BLUE,
    LLM_STAGE_COLOURS,
    TEAL,
    Columns,
    Figure,
    View,
    colour,
    distinct,
    empty,
    nothing_in,
)
from dash_app.readouts.formats import compact, money, number, words

_NO_CALLS = "no language model was called in the last 30 days"


def daily_costs(columns: Columns, view: View) -> Figure:
    """Draw the cost of each day, with its calls and tokens in the hover box."""
    if nothing_in(columns["calls"]):
        return empty(_NO_CALLS)
    days = columns["day"]
    rows = zip(columns["calls"], columns["tokens"], columns["cost_usd"], strict=True)
    texts = [
        f"{money(cost)} · {number(calls)} calls · {compact(tokens)} tokens" for calls, tokens, cost in rows
    ]
    figure = by_day(
        days,
        lambda labels: [
            bars(
                "cost",
                labels,
                columns["cost_usd"],
                BLUE,
                hovertext=texts,
                hovertemplate="%{hovertext}<extra></extra>",
            )
        ],
        "US$ a day",
    )
    figure["layout"]["yaxis"]["tickprefix"] = "$"
    return figure


def cost_by_stage(columns: Columns, view: View) -> Figure:
    """Draw the cost of each day, stacked by the stage that spent it."""
    if nothing_in(columns["cost_usd"]):
        return empty(_NO_CALLS)
    days, stages = distinct(columns["day"]), distinct(columns["stage"])
    grid = grid_of(columns, "day", "stage", "cost_usd")
    dearest = sorted(stages, key=lambda stage: -sum(grid[stage].values()))
    figure = by_day(
        days,
        lambda labels: [
            area(
                words(stage),
                labels,
                [grid[stage].get(day, 0) for day in days],
                colour(stage, LLM_STAGE_COLOURS, stages),
                form="$,.2f",
            )
            for stage in dearest
        ],
        "US$ a day",
    )
    figure["layout"]["yaxis"]["tickprefix"] = "$"
    return figure


def cost_by_model(columns: Columns, view: View) -> Figure:
    """Draw the cost of each model over 30 days."""
    if not columns["model"]:
        return empty(_NO_CALLS)
    rows = list(
        zip(*(columns[name] for name in ("model", "provider", "calls", "tokens", "cost_usd")), strict=True)
    )
    figure = horizontal_bars(
        [model or "(unreadable)" for model in columns["model"]],
        columns["cost_usd"],
        colours=[TEAL] * len(rows),
        texts=[money(cost) for cost in columns["cost_usd"]],
        hovers=[
            f"<b>{model or '(unreadable)'}</b>, {provider or 'provider unknown'}<br>{money(cost)} for "
            f"{number(calls)} calls, {compact(tokens)} tokens"
            for model, provider, calls, tokens, cost in rows
        ],
        unit="US$ in 30 days",
    )
    figure["layout"]["xaxis"]["tickprefix"] = "$"
    return figure
