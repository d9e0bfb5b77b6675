"""Stacked bars and areas of one number by day or hour and by a name, as several pages draw them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from dash_app.figures.style import Columns, Figure, View, axis, axis_title, layout, legend
from dash_app.figures.timeaxis import day_labels, days_axis, hours_axis, local_labels, plot_times
from dash_app.readouts.formats import parse_instant

HOUR = timedelta(hours=1)
HOUR_MS = 3_600_000


def grid_of(columns: Columns, along: str, by: str, number: str) -> dict[Any, dict[Any, float]]:
    """Return number by ``by`` and ``along``; what a dataset leaves out is not in it."""
    grid: dict[Any, dict[Any, float]] = {}
    for position, name, value in zip(columns[along], columns[by], columns[number], strict=True):
        grid.setdefault(name, {})[position] = value
    return grid


def bars(
    name: str,
    x: Sequence[Any],
    y: Sequence[Any],
    colour: str,
    labels: Sequence[str],
    *,
    form: str = ",.0f",
    **more: Any,
) -> dict[str, Any]:
    """Return one series of bars; the labels stand above the numbers in the hover box."""
    return {
        "type": "bar",
        "name": name,
        "x": list(x),
        "y": list(y),
        "marker": {"color": colour, "line": {"width": 0}},
        "customdata": list(labels),
        "hovertemplate": f"%{{y:{form}}}",
    } | more


def line(
    name: str,
    x: Sequence[Any],
    y: Sequence[Any],
    colour: str,
    labels: Sequence[str],
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
        "customdata": list(labels),
        "hovertemplate": f"%{{y:{form}}}",
    } | more


def area(
    name: str, x: Sequence[Any], y: Sequence[Any], colour: str, labels: Sequence[str], *, form: str
) -> dict[str, Any]:
    """Return one layer of a stacked area."""
    return line(
        name,
        x,
        y,
        colour,
        labels,
        form=form,
        stackgroup="all",
        line={"color": colour, "width": 1},
        fillcolor=colour + "b3",
    )


UNIFIED_TITLE = {"text": "%{customdata}"}


def by_day(
    days: list[str], traces: Callable[[list[str]], list[dict[str, Any]]], unit: str, **settings: Any
) -> Figure:
    """Return a chart over days; ``traces`` gets the hover label of each day."""
    drawn = traces(day_labels(days))
    return {
        "data": drawn,
        "layout": layout(
            barmode="stack",
            showlegend=len(drawn) > 1,
            legend=legend(),
            xaxis=days_axis(days, unifiedhovertitle=UNIFIED_TITLE),
            yaxis=axis(rangemode="tozero", title=axis_title(unit), nticks=6),
        )
        | settings,
    }


def by_hour(
    hours: list[str],
    traces: Callable[[list[str], list[str]], list[dict[str, Any]]],
    view: View,
    unit: str,
    *,
    every_hours: int = 6,
    since: datetime | None = None,
) -> Figure:
    """Return a chart of bars over hours; ``traces`` gets where each hour starts and its hover label.

    The axis begins at ``since``, at the first hour where that is None.
    """
    drawn = traces(plot_times(hours), local_labels(hours, view, HOUR))
    first, last = since or parse_instant(hours[0]), parse_instant(hours[-1]) + HOUR
    return {
        "data": drawn,
        "layout": layout(
            barmode="stack",
            bargap=0.12,
            showlegend=len(drawn) > 1,
            legend=legend(),
            xaxis=hours_axis(first, last, view, every_hours, unifiedhovertitle=UNIFIED_TITLE),
            yaxis=axis(rangemode="tozero", title=axis_title(unit), nticks=6),
        ),
    }
