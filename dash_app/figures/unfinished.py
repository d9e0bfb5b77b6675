"""The look of unfinished hours, days and weeks: hatched bars, a dotted line to an open point.

The value's instant decides what is unfinished, not the browser's clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash_app.openers import from_point

HATCH = "/"
_HATCH_DENSITY = 0.35


def marked_unfinished(traces: Sequence[dict[str, Any]], unfinished: Sequence[bool]) -> list[dict[str, Any]]:
    """Return traces over the same places with the unfinished places marked."""
    if not any(unfinished):
        return list(traces)
    marked: list[dict[str, Any]] = []
    for trace in traces:
        if trace["type"] == "bar":
            marked.append(hatched(trace, unfinished))
        elif "lines" in trace.get("mode", ""):
            marked += _open_ended(trace, unfinished)
        else:
            marked.append(trace)
    return marked


def hatched(trace: dict[str, Any], unfinished: Sequence[bool]) -> dict[str, Any]:
    """Return bars with the unfinished ones hatched in their own colour."""
    marker = trace["marker"]
    pattern = marker.get("pattern", {})
    own = pattern.get("shape", "")
    shapes = [HATCH if is_open else own for is_open in unfinished]
    plain = marker.get("line", {}).get("width", 0)
    widths = [1 if is_open else plain for is_open in unfinished]
    look = {
        "pattern": {"solidity": _HATCH_DENSITY, "size": 6}
        | pattern
        | {"shape": shapes, "fillmode": "replace"},
        "line": {"color": marker["color"], "width": widths},
    }
    return trace | {"marker": marker | look}


def _open_ended(trace: dict[str, Any], unfinished: Sequence[bool]) -> list[dict[str, Any]]:
    """Return a line without its unfinished points, a dotted line to them, and the points."""
    first = list(unfinished).index(True)
    name = trace.get("name", "")
    colour = trace["line"]["color"]
    beside = trace | {"legendgroup": name, "showlegend": False}
    finished = trace | {
        "legendgroup": name,
        "y": [None if is_open else value for value, is_open in zip(trace["y"], unfinished, strict=True)],
    }
    way = _from(beside, max(0, first - 1)) | {
        "mode": "lines",
        "hoverinfo": "skip",
        "line": trace["line"] | {"dash": "dot"},
    }
    way.pop("hovertemplate", None)
    points = _from(beside, first) | {
        "mode": "markers",
        "marker": {"color": colour, "symbol": "circle-open", "size": 7},
    }
    return [finished, way, points]


def _from(trace: dict[str, Any], first: int) -> dict[str, Any]:
    """Return a trace from a point on, because each of its lists has one value a point."""
    points = {name: value[first:] if isinstance(value, list) else value for name, value in trace.items()}
    return points | from_point(trace, first)
