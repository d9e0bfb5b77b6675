"""The charts of the Outreach page."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from dash_app.figures.chart_text import chart_words, whole_in_hover
from dash_app.figures.filtering import filters_by
from dash_app.figures.ranked import funnel
from dash_app.figures.series import bars, by_day, grid_of, series_labels
from dash_app.figures.style import (
    Figure,
    View,
    axis,
    axis_title,
    distinct,
    empty,
    layout,
    legend,
    nothing_in,
    rows_in,
)
from dash_app.figures.timeaxis import SO_FAR, day_label
from dash_app.figures.unfinished import marked_unfinished
from dash_app.formatters.formats import number, percent
from dash_app.openers import bars_open
from engine.model.colours import Paint
from engine.model.values.payload import Columns


def outreach_funnel(columns: Columns, view: View) -> Figure:
    """Draw the outreach messages from proposed to replied."""
    if nothing_in(columns["outreaches"]):
        return empty("no outreach messages yet")
    steps = columns["stage"]
    hovers = [
        f"<b>{chart_words(stage)}</b><br>{number(count)} outreach messages"
        + ("" if rate is None else f"<br>{percent(rate)} of those {chart_words(before)}")
        for before, stage, count, rate in zip(
            [None, *steps[:-1]], steps, columns["outreaches"], columns["step_rate"], strict=True
        )
    ]
    paints = view.colours.paints("outreach_step", columns["stage"])
    figure = funnel(columns["stage"], columns["outreaches"], columns["step_rate"], paints, hovers)
    return bars_open(figure, view.openers.trace("outreaches", rows_in(columns)))


def outreach_daily(columns: Columns, view: View) -> Figure:
    """Draw the messages sent each day, by channel."""
    if not columns["day"]:
        return empty(f"nothing sent {view.over('30d').phrase}")
    days, channels = distinct(columns["day"]), view.colours.in_order("channel", columns["channel"])
    grid = grid_of(columns, "day", "channel", "sent")
    names = series_labels(channels)
    return by_day(
        days,
        lambda labels: [
            filters_by(
                whole_in_hover(
                    bars(
                        names[channel],
                        labels,
                        [grid[channel].get(day, 0) for day in days],
                        paint,
                        **view.openers.trace("sent", [{"day": day, "channel": channel} for day in days]),
                    ),
                    channel,
                ),
                "channel",
                channel,
            )
            for channel, paint in zip(channels, view.colours.paints("channel", channels), strict=True)
        ],
        view,
        "sent a day",
    )


def reply_cohorts(columns: Columns, view: View) -> Figure:
    """Draw the share answered within 7 days by week of sending and channel; open weeks are hatched.

    A week in which nothing was sent keeps its place.
    """
    if not columns["week"]:
        return empty(f"nothing sent {view.over('8w').phrase}")
    weeks = _every_week(columns["week"])
    mature = dict.fromkeys(weeks, True) | dict(zip(columns["week"], columns["mature"], strict=True))
    labels = [f"week of {day_label(week)}" + ("" if mature[week] else SO_FAR) for week in weeks]
    channels = view.colours.in_order("channel", columns["channel"])
    names = series_labels(channels)
    grids = [grid_of(columns, "week", "channel", name) for name in ("sent", "replied_7d", "positive_7d")]

    def bars_of(channel: str | None, paint: Paint) -> dict[str, Any]:
        counts = [[grid[channel].get(week, 0) for grid in grids] for week in weeks]
        rates = [replied / sent if sent else None for sent, replied, _ in counts]
        texts = [
            f"{percent(rate)}: {number(replied)} of {number(sent)} answered, {number(positive)} positive"
            for rate, (sent, replied, positive) in zip(rates, counts, strict=True)
        ]
        drawn = bars(
            names[channel],
            labels,
            rates,
            paint,
            customdata=texts,
            hovertemplate="%{customdata}",
            **view.openers.trace("reply_rate", [{"week": week, "channel": channel} for week in weeks]),
        )
        return filters_by(whole_in_hover(drawn, channel), "channel", channel)

    paints = view.colours.paints("channel", channels)
    drawn = [bars_of(channel, paint) for channel, paint in zip(channels, paints, strict=True)]
    return {
        "data": marked_unfinished(drawn, [not mature[week] for week in weeks]),
        "layout": layout(
            barmode="group",
            showlegend=len(drawn) > 1,
            legend=legend(),
            xaxis=axis(
                type="category",
                categoryorder="array",
                categoryarray=labels,
                tickmode="array",
                tickangle=0,
                tickvals=labels,
                ticktext=[day_label(week) for week in weeks],
                showgrid=False,
            ),
            yaxis=axis(rangemode="tozero", tickformat=".0%", title=axis_title("answered in 7 d"), nticks=5),
        ),
    }


def _every_week(weeks: list[str]) -> list[str]:
    """Return all weeks from the first to the last, by their first days."""
    first, last = date.fromisoformat(min(weeks)), date.fromisoformat(max(weeks))
    return [str(first + timedelta(weeks=number)) for number in range((last - first).days // 7 + 1)]
