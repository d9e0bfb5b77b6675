"""The charts of the Errors page."""

from __future__ import annotations

from datetime import timedelta

from dash_app.figures.series import bars, by_day, grid_of, series_labels
from dash_app.figures.style import Columns, Figure, View, empty


def http_errors(columns: Columns, view: View) -> Figure:
    """Draw the failed requests of each day by status code."""
    if not columns["day"]:
        return empty("no failed requests in the last 30 days")
    grid = grid_of(columns, "day", "status_code", "errors")
    codes = view.colours.in_order("status_code", grid)
    names = series_labels(_code_name(code) for code in codes)
    days = _last_days(view)
    return by_day(
        days,
        lambda labels: [
            bars(names[_code_name(code)], labels, [grid[code].get(day, 0) for day in days], paint)
            for code, paint in zip(codes, view.colours.paints("status_code", codes), strict=True)
        ],
        view,
        "failed requests a day",
    )


def _code_name(code: str) -> str:
    return "no response" if code == "none" else code


def _last_days(view: View, count: int = 30) -> list[str]:
    today = view.as_of.astimezone(view.zone).date()
    return [(today - timedelta(days=ago)).isoformat() for ago in reversed(range(count))]
