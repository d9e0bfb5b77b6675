"""The charts of the System page."""

from __future__ import annotations

from datetime import timedelta

from dash_app.figures.series import NO_HOVER_TITLE, hover_heading, line
from dash_app.figures.style import (
    AMBER,
    BLUE,
    SKY,
    TEAL,
    Columns,
    Figure,
    View,
    axis,
    axis_title,
    empty,
    layout,
    legend,
)
from dash_app.figures.timeaxis import hours_axis, local_labels, plot_times
from dash_app.readouts.formats import parse_instant

BUCKET = timedelta(minutes=5)
_SERIES: tuple[tuple[str, str, str, dict[str, object]], ...] = (
    ("cpu", "cpu_percent", BLUE, {}),
    ("cpu peak", "cpu_percent_max", SKY, {"dash": "dot", "width": 1}),
    ("memory", "memory_percent", AMBER, {}),
    ("disk", "disk_percent", TEAL, {}),
)


def system_metrics(columns: Columns, view: View) -> Figure:
    """Draw the load of the machine over 24 hours; where samples are missing the lines break."""
    if not columns["at"]:
        return empty("no samples in the last 24 hours")
    places = _with_gaps(columns["at"])
    labels = ["" if at is None else local_labels([at], view)[0] for at in places]
    rows = {at: row for row, at in enumerate(columns["at"])}
    x = plot_times([at or columns["at"][0] for at in places])
    for place, at in enumerate(places):
        if at is None:
            x[place] = x[place - 1]
    return {
        "data": [
            hover_heading(x, labels),
            *[
                line(
                    name,
                    x,
                    [None if at is None else columns[column][rows[at]] for at in places],
                    hue,
                    hovertemplate="%{y:.1f}%",
                    line={"color": hue, "width": 2} | look,
                )
                for name, column, hue, look in _SERIES
            ],
        ],
        "layout": layout(
            showlegend=True,
            legend=legend(),
            xaxis=hours_axis(
                view.as_of - timedelta(hours=24),
                view.as_of,
                view,
                every_hours=3,
                unifiedhovertitle=NO_HOVER_TITLE,
            ),
            yaxis=axis(range=[0, 100], ticksuffix="%", title=axis_title("in use"), nticks=6),
        ),
    }


def _with_gaps(instants: list[str]) -> list[str | None]:
    """Return the buckets with a None where one or more are missing between two."""
    places: list[str | None] = []
    previous = None
    for text in instants:
        instant = parse_instant(text)
        if previous is not None and instant - previous > BUCKET:
            places.append(None)
        places.append(text)
        previous = instant
    return places
