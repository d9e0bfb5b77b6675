"""The period before in a chart over time: a lighter line behind what is drawn, aligned by position.

The figure of the period before is drawn by the same function as the chart. Stacked bars are compared by their
sum. A place that the period before lacks stays empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from dash_app.figures.style import Figure
from dash_app.figures.valueaxis import MOST_SINGLE_TICKS
from engine.model.colours import EARLIER

_GROUP, _LAST = "the period before", 2000
_STAMP = "%Y-%m-%d %H:%M:%S"
_SINGLE_TICKS = ("tickmode", "tick0", "dtick")

Trace = dict[str, Any]


def with_before(figure: Figure, before: Figure, name: str, later: timedelta) -> Figure:
    """Return a chart over time with the period before behind it; another chart is returned as it is.

    ``name`` is what the legend calls the period before, ``later`` how much later the chart begins.
    """
    places = _places(figure, before, later)
    series = [trace for trace in before["data"] if _is_series(trace)]
    if places is None or not series or not any(_is_series(trace) for trace in figure["data"]):
        return figure
    lines: list[Trace] = []
    for value_axis in dict.fromkeys(trace.get("yaxis", "y") for trace in series):
        on_axis = [trace for trace in series if trace.get("yaxis", "y") == value_axis]
        bars = [trace for trace in on_axis if trace["type"] == "bar"]
        is_stack = before["layout"].get("barmode") == "stack"
        form = _form(figure, value_axis)
        if len(bars) > 1 and is_stack:
            lines.append(_line(_summed(bars), places, name, EARLIER, form))
        else:
            colour = EARLIER if len(series) == 1 else None
            lines += [_line(trace, places, name, colour, form) for trace in bars]
        lines += [_line(trace, places, name, None, form) for trace in on_axis if trace["type"] != "bar"]
    for line in lines[1:]:
        line["showlegend"] = False
    layout = figure["layout"] | {"showlegend": True}
    for axis_name in [key for key in layout if key.startswith("yaxis")]:
        layout[axis_name] = _with_room(layout[axis_name], lines, axis_name.replace("axis", ""))
    # The heading of the hover box stays its first line.
    headings = [trace for trace in figure["data"][:1] if not trace.get("name")]
    return figure | {"data": [*headings, *lines, *figure["data"][len(headings) :]], "layout": layout}


def _is_series(trace: Trace) -> bool:
    """Return whether a trace is a series over time, and no part of one, and no heading of a hover box."""
    is_part = trace.get("hoverinfo") == "skip" or not trace.get("name")
    return trace.get("orientation") != "h" and not is_part and trace.get("mode") != "markers"


def _places(figure: Figure, before: Figure, later: timedelta) -> Any:
    """Return what gives a place of the period before its place in the chart; None if it is not over time."""
    axes = [part["layout"].get("xaxis", {}) for part in (figure, before)]
    types = {axis.get("type") for axis in axes}
    if types == {"date"}:
        return lambda place: (datetime.fromisoformat(place) + later).strftime(_STAMP)
    if types == {"category"} and all("categoryarray" in axis for axis in axes):
        now, then = (axis["categoryarray"] for axis in axes)
        return dict(zip(then, now, strict=False)).get
    return None


def _summed(bars: Sequence[Trace]) -> Trace:
    """Return the sums of stacked bars; a place without any number has none."""
    heights: dict[Any, float | None] = {}
    for trace in bars:
        for place, height in zip(trace["x"], trace["y"], strict=True):
            known = heights.get(place)
            heights[place] = known if height is None else height + (known or 0)
    return bars[0] | {"x": list(heights), "y": list(heights.values())}


def _line(trace: Trace, places: Any, name: str, colour: str | None, form: str) -> Trace:
    pairs = [(places(place), value) for place, value in zip(trace["x"], trace["y"], strict=True)]
    pairs = [(place, value) for place, value in pairs if place is not None]
    is_bar = trace["type"] == "bar"
    own = trace["marker"]["color"] if is_bar else trace["line"]["color"]
    hue = colour or (own if isinstance(own, str) else EARLIER)
    line: Trace = {
        "type": "scatter",
        # A line needs two points.
        "mode": "lines" if len(pairs) > 1 else "markers",
        "name": name,
        "legendgroup": _GROUP,
        "legendrank": _LAST,
        "x": [place for place, _ in pairs],
        "y": [value for _, value in pairs],
        "line": {"color": hue, "width": 1.5, "shape": "hvh" if is_bar else "linear"},
        "marker": {"color": hue, "symbol": "line-ew-open", "size": 24},
        "opacity": 0.9 if colour else 0.5,
        "hovertemplate": f"%{{y{form}}}",
    }
    return line | ({"yaxis": trace["yaxis"]} if "yaxis" in trace else {})


def _form(figure: Figure, value_axis: str) -> str:
    axis = figure["layout"].get(value_axis.replace("y", "yaxis"), {})
    suffix = axis.get("ticksuffix", "")
    return ":.1f" if suffix == "%" else f":{axis.get('tickformat', ',')}"


def _with_room(axis: dict[str, Any], lines: Sequence[Trace], value_axis: str) -> dict[str, Any]:
    """Return an axis without a tick for each unit if the period before has too many for that."""
    values = [value for line in lines if line.get("yaxis", "y") == value_axis for value in line["y"]]
    if max((value for value in values if value is not None), default=0) <= MOST_SINGLE_TICKS:
        return axis
    if axis.get("dtick") != 1:
        return axis
    return {key: value for key, value in axis.items() if key not in _SINGLE_TICKS}
