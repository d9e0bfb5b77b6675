"""The charts of the Errors page."""

from __future__ import annotations

from dash_app.figures.filtering import filters_by
from dash_app.figures.series import bars, by_day, grid_of, series_labels
from dash_app.figures.style import Figure, View, empty
from engine.model.values.payload import Columns


def http_errors(columns: Columns, view: View) -> Figure:
    """Draw the failed requests of each day by status code."""
    if not columns["day"]:
        return empty(f"no failed requests {view.over('30d').phrase}")
    grid = grid_of(columns, "day", "status_code", "errors")
    codes = view.colours.in_order("status_code", grid)
    names = series_labels(_code_name(code) for code in codes)
    days = view.over("30d").days(view.as_of, view.zone)
    return by_day(
        days,
        lambda labels: [
            filters_by(
                bars(
                    names[_code_name(code)],
                    labels,
                    [grid[code].get(day, 0) for day in days],
                    paint,
                    **view.openers.trace("errors", [{"day": day, "status_code": code} for day in days]),
                ),
                "status_code",
                code,
            )
            for code, paint in zip(codes, view.colours.paints("status_code", codes), strict=True)
        ],
        view,
        "failed requests a day",
    )


def _code_name(code: str) -> str:
    return "no response" if code == "none" else code
