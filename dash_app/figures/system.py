"""The charts of the System page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dash_app.figures.gaps import markers, sampled
from dash_app.figures.series import NO_HOVER_TITLE, hover_heading
from dash_app.figures.style import Figure, View, axis, axis_title, empty, layout, legend
from dash_app.figures.timeaxis import hours_axis, local_labels, plot_time, plot_times
from dash_app.figures.valueaxis import including
from dash_app.formatters.formats import parse_instant
from engine.model.colours import measure_colour
from engine.model.values.payload import Columns

_SERIES: tuple[tuple[str, str, str, dict[str, object]], ...] = (
    ("cpu", "cpu_percent", measure_colour("cpu"), {}),
    ("cpu peak", "cpu_percent_max", measure_colour("cpu_peak"), {"dash": "dot", "width": 1}),
    ("memory", "memory_percent", measure_colour("memory"), {}),
    ("disk", "disk_percent", measure_colour("disk"), {}),
)


def system_metrics(columns: Columns, view: View) -> Figure:
    """Draw the load of the machine over its period; a line breaks at missing samples."""
    if not columns["at"]:
        return empty(f"no samples {view.over('24h').phrase}")
    period = view.over("24h")
    times = [parse_instant(text) for text in columns["at"]]
    return {
        "data": [
            hover_heading(plot_times(columns["at"]), local_labels(columns["at"], view)),
            *[
                _load(name, times, columns[column], line={"color": hue, "width": 2} | look)
                for name, column, hue, look in _SERIES
            ],
        ],
        "layout": layout(
            showlegend=True,
            legend=legend(),
            xaxis=hours_axis(
                period.starts_at(view.as_of, view.zone),
                period.ends_at(view.as_of, view.zone),
                view,
                unifiedhovertitle=NO_HOVER_TITLE,
            ),
            yaxis=axis(ticksuffix="%", title=axis_title("in use"), nticks=6, **including(0, 100)),
        ),
    }


def _load(
    name: str, times: list[datetime], values: list[float | None], line: dict[str, object]
) -> dict[str, Any]:
    points = sampled(times, values)
    y = [value for _, value in points]
    return {
        "type": "scatter",
        "name": name,
        "x": [plot_time(time) for time, _ in points],
        "y": y,
        "line": line,
        "hovertemplate": "%{y:.1f}%",
    } | markers(y)
