"""The charts of the Pipeline page."""

from __future__ import annotations

from datetime import timedelta

from dash_app.figures.chart_text import chart_words, row_labels, whole_in_hover
from dash_app.figures.ranked import funnel, horizontal_bars, top_down
from dash_app.figures.series import HOUR_MS, bars, by_hour, grid_of, series_labels
from dash_app.figures.style import (
    Columns,
    Figure,
    View,
    axis,
    axis_title,
    distinct,
    empty,
    layout,
    legend,
    nothing_in,
)
from dash_app.readouts.formats import change, number, parse_instant, percent
from engine.colours import EARLIER, measure_colour


def pipeline_funnel(columns: Columns, view: View) -> Figure:
    """Draw how many sites have reached each stage."""
    if nothing_in(columns["reached"]):
        return empty("no sites in the pipeline")
    rows = zip(columns["stage"], columns["sites"], columns["reached"], columns["step_rate"], strict=True)
    hovers = [
        f"<b>{chart_words(stage)}</b><br>{number(reached)} sites reached it<br>{number(sites)} are in it now"
        + ("" if rate is None else f"<br>{percent(rate)} of those that reached the step before")
        for stage, sites, reached, rate in rows
    ]
    paints = view.colours.paints("stage", columns["stage"])
    return funnel(columns["stage"], columns["reached"], columns["step_rate"], paints, hovers)


def sites_by_stage(columns: Columns, view: View) -> Figure:
    """Draw how many sites are in each stage now."""
    total = sum(columns["sites"])
    if not total:
        return empty("no sites in the pipeline")
    return horizontal_bars(
        row_labels(columns["stage"]),
        columns["sites"],
        paints=view.colours.paints("stage", columns["stage"]),
        texts=[number(sites) for sites in columns["sites"]],
        hovers=[
            f"<b>{chart_words(stage)}</b><br>{number(sites)} sites, {percent(sites / total)} of the pipeline"
            for stage, sites in zip(columns["stage"], columns["sites"], strict=True)
        ],
        unit="sites",
    )


def daily_throughput(columns: Columns, view: View) -> Figure:
    """Draw the entries into each stage in the last 24 hours beside those of the 24 before."""
    if nothing_in(columns["last_24h"]) and nothing_in(columns["previous_24h"]):
        return empty("no site entered a stage of the pipeline in the last 48 hours")
    stages = row_labels(columns["stage"])
    changes = [change(value) for value in columns["change"]]
    most = max(*columns["last_24h"], *columns["previous_24h"])
    shared = {"type": "bar", "orientation": "h", "y": stages}
    return {
        "data": [
            shared
            | {
                "name": "last 24 hours",
                "x": columns["last_24h"],
                "marker": {"color": measure_colour("sites")},
                "text": [
                    f"{number(last)}  {text}" for last, text in zip(columns["last_24h"], changes, strict=True)
                ],
                "textposition": "outside",
                "cliponaxis": False,
                "customdata": changes,
                "hovertemplate": "%{x:,} (%{customdata})",
            },
            shared
            | {
                "name": "24 hours before",
                "x": columns["previous_24h"],
                "marker": {"color": EARLIER},
                "hovertemplate": "%{x:,}",
            },
        ],
        "layout": layout(
            hovermode="y unified",
            barmode="group",
            bargroupgap=0.08,
            showlegend=True,
            legend=legend(),
            xaxis=axis(title=axis_title("entries into the stage"), range=[0, most * 1.4], nticks=5),
            yaxis=top_down(columns["stage"]),
        ),
    }


def hourly_status_breakdown(columns: Columns, view: View) -> Figure:
    """Draw the entries into every status, hour by hour, over 48 hours."""
    if not columns["hour"]:
        return empty("no site changed its status in the last 48 hours")
    hours = distinct(columns["hour"])
    grid = grid_of(columns, "hour", "status", "sites")
    statuses = view.colours.in_order("stage", grid)
    names = series_labels(statuses)
    return by_hour(
        hours,
        lambda middles: [
            whole_in_hover(
                bars(
                    names[status],
                    middles,
                    [grid[status].get(hour, 0) for hour in hours],
                    paint,
                    width=HOUR_MS * 0.86,
                    hovertemplate="%{y:,}",
                ),
                status,
            )
            for status, paint in zip(statuses, view.colours.paints("stage", statuses), strict=True)
        ],
        view,
        "sites an hour",
        since=min(parse_instant(hours[0]), view.as_of - timedelta(hours=48)),
    )
