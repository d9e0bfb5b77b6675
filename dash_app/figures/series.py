"""Bars and lines of numbers by day or hour, which several pages draw.

The day and the hour of the value's instant are not over, so they are drawn as unfinished.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from dash_app.figures.chart_text import distinct_labels, short_labels
from dash_app.figures.paint import marker
from dash_app.figures.style import FEW_SERIES, Figure, View, axis, axis_title, layout, legend
from dash_app.figures.timeaxis import (
    HOUR,
    SO_FAR,
    day_labels,
    days_axis,
    hours_axis,
    is_running_day,
    local_labels,
    plot_times,
    running_hour,
)
from dash_app.figures.unfinished import marked_unfinished
from dash_app.figures.valueaxis import whole_ticks
from dash_app.formatters.formats import parse_instant
from engine.model.clock import to_iso
from engine.model.colours import Paint
from engine.model.values.payload import Columns

HOUR_MS = 3_600_000


def grid_of(columns: Columns, along: str, by: str, number: str) -> dict[Any, dict[Any, float]]:
    """Return the numbers by ``by`` and ``along``, without those that the dataset lacks."""
    grid: dict[Any, dict[Any, float]] = {}
    for position, name, value in zip(columns[along], columns[by], columns[number], strict=True):
        grid.setdefault(name, {})[position] = value
    return grid


def series_labels(names: Iterable[str | None]) -> dict[str | None, str]:
    """Return a label for each series, no two alike; labels of many are short, because they take room."""
    known = list(names)
    return distinct_labels(known) if len(known) <= FEW_SERIES else short_labels(known)


def bars(
    name: str,
    x: Sequence[Any],
    y: Sequence[Any],
    paint: Paint | str,
    *,
    form: str = ",.0f",
    **more: Any,
) -> dict[str, Any]:
    """Return one series of bars of one paint, or of one colour."""
    return {
        "type": "bar",
        "name": name,
        "x": list(x),
        "y": list(y),
        "marker": marker(paint),
        "hovertemplate": f"%{{y:{form}}}",
    } | more


def line(
    name: str,
    x: Sequence[Any],
    y: Sequence[Any],
    colour: str,
    *,
    form: str = ",.0f",
    **more: Any,
) -> dict[str, Any]:
    """Return one line; gaps in the values stay gaps."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": list(x),
        "y": list(y),
        "line": {"color": colour, "width": 2},
        "hovertemplate": f"%{{y:{form}}}",
    } | more


# The title of a hover box can only show UTC, so the local time is its first line instead.
NO_HOVER_TITLE = {"text": " "}


def hover_heading(x: Sequence[Any], labels: Sequence[str]) -> dict[str, Any]:
    """Return an invisible series that adds the local time to the hover box."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "",
        "x": list(x),
        "y": [None if not label else 0 for label in labels],
        "line": {"color": "rgba(0,0,0,0)", "width": 0},
        "showlegend": False,
        "customdata": list(labels),
        "hovertemplate": "<b>%{customdata}</b>",
    }


def _tops(drawn: list[dict[str, Any]]) -> list[float]:
    """Return the heights of stacked bars."""
    stacks = zip(*(trace["y"] for trace in drawn if trace["type"] == "bar"), strict=True)
    return [sum(height for height in stack if height is not None) for stack in stacks]


def by_day(
    days: list[str], traces: Callable[[list[str]], list[dict[str, Any]]], view: View, unit: str
) -> Figure:
    """Return a chart over days; ``traces`` takes the label of each day, which is its place on the axis."""
    drawn = traces(day_labels(days, view))
    return {
        "data": marked_unfinished(drawn, [is_running_day(day, view) for day in days]),
        "layout": layout(
            barmode="stack",
            showlegend=len(drawn) > 1,
            legend=legend(len(drawn)),
            xaxis=days_axis(days, view),
            yaxis=axis(rangemode="tozero", title=axis_title(unit), nticks=6, **whole_ticks(_tops(drawn))),
        ),
    }


def by_hour(
    hours: list[str],
    traces: Callable[[list[str]], list[dict[str, Any]]],
    view: View,
    unit: str,
    *,
    since: datetime | None = None,
) -> Figure:
    """Return a chart of bars over hours; ``traces`` takes the place of each hour on the axis.

    The axis begins at ``since``, or at the first hour if that is None.
    """
    middles = plot_times([to_iso(parse_instant(hour) + HOUR / 2) for hour in hours])
    running = running_hour(view)
    unfinished = [hour == running for hour in hours]
    labels = [
        label + (SO_FAR if is_open else "")
        for label, is_open in zip(local_labels(hours, view, HOUR), unfinished, strict=True)
    ]
    drawn = traces(middles)
    first, last = since or parse_instant(hours[0]), parse_instant(hours[-1]) + HOUR
    return {
        "data": [hover_heading(middles, labels), *marked_unfinished(drawn, unfinished)],
        "layout": layout(
            barmode="stack",
            bargap=0.12,
            showlegend=len(drawn) > 1,
            legend=legend(),
            xaxis=hours_axis(first, last, view, unifiedhovertitle=NO_HOVER_TITLE),
            yaxis=axis(rangemode="tozero", title=axis_title(unit), nticks=6, **whole_ticks(_tops(drawn))),
        ),
    }
