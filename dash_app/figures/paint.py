"""Markers and lines of Plotly from the paints of names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.model.colours import FIXED, PATTERNS, Paint

KILLED = Paint(FIXED["run_status"]["failed"], PATTERNS[1])
"""The paint of a killed run: one without an end, though a later run of its job began."""

_PATTERN = {"solidity": 0.5, "size": 7, "fillmode": "replace"}


def marker(paint: Paint | str) -> dict[str, Any]:
    """Return the marker of bars of one paint, or of one colour."""
    if isinstance(paint, str):
        return {"color": paint, "line": {"width": 0}}
    if not paint.pattern:
        return {"color": paint.colour, "line": {"width": 0}}
    return {
        "color": paint.colour,
        # The outline shows the length of the bar.
        "line": {"color": paint.colour, "width": 1},
        "pattern": _PATTERN | {"shape": paint.pattern},
    }


def markers(paints: Sequence[Paint]) -> dict[str, Any]:
    """Return the marker of bars that each have a paint of their own."""
    colours = [paint.colour for paint in paints]
    if not any(paint.pattern for paint in paints):
        return {"color": colours}
    return {
        "color": colours,
        "line": {"color": colours, "width": [1 if paint.pattern else 0 for paint in paints]},
        "pattern": _PATTERN | {"shape": [paint.pattern for paint in paints]},
    }
