"""The charts of the Outreach page."""

from __future__ import annotations

from dash_app.figures.chart_text import chart_hover, chart_words, row_labels, whole_in_hover
from dash_app.figures.ranked import funnel, horizontal_bars
from dash_app.figures.series import bars, by_day, grid_of, series_labels
from dash_app.figures.style import (
    Columns,
    Figure,
    View,
    distinct,
    empty,
    nothing_in,
)
from dash_app.readouts.formats import number, percent


def outreach_funnel(columns: Columns, view: View) -> Figure:
    """Draw the outreaches from proposed to replied."""
    if nothing_in(columns["outreaches"]):
        return empty("no outreach messages yet")
    hovers = [
        f"<b>{chart_words(stage)}</b><br>{number(count)} outreach messages"
        + ("" if rate is None else f"<br>{percent(rate)} of the step before")
        for stage, count, rate in zip(
            columns["stage"], columns["outreaches"], columns["step_rate"], strict=True
        )
    ]
    paints = view.colours.paints("outreach_step", columns["stage"])
    return funnel(columns["stage"], columns["outreaches"], columns["step_rate"], paints, hovers)


def response_rates(columns: Columns, view: View) -> Figure:
    """Draw the share of sent outreaches that were replied to, by channel."""
    if nothing_in(columns["sent"]):
        return empty("nothing sent yet")
    rows = list(
        zip(
            *(columns[name] for name in ("channel", "sent", "replied", "response_rate", "positive")),
            strict=True,
        )
    )
    figure = horizontal_bars(
        row_labels(columns["channel"]),
        columns["response_rate"],
        paints=view.colours.paints("channel", columns["channel"]),
        texts=[percent(rate) for rate in columns["response_rate"]],
        hovers=[
            f"<b>{chart_hover(channel)}</b><br>{number(replied)} replies to {number(sent)} sent"
            f"<br>{number(positive)} positive"
            for channel, sent, replied, _, positive in rows
        ],
        unit="replied, of those sent",
    )
    figure["layout"]["xaxis"]["tickformat"] = ".0%"
    return figure


def outreach_daily(columns: Columns, view: View) -> Figure:
    """Draw the outreaches sent each day, by channel."""
    if not columns["day"]:
        return empty("nothing sent in the last 30 days")
    days, channels = distinct(columns["day"]), view.colours.in_order("channel", columns["channel"])
    grid = grid_of(columns, "day", "channel", "sent")
    names = series_labels(channels)
    return by_day(
        days,
        lambda labels: [
            whole_in_hover(
                bars(names[channel], labels, [grid[channel].get(day, 0) for day in days], paint), channel
            )
            for channel, paint in zip(channels, view.colours.paints("channel", channels), strict=True)
        ],
        view,
        "sent a day",
    )
