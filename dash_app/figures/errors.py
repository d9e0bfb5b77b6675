"""The charts of the Errors page."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from dash_app.figures.chart_text import distinct_labels
from dash_app.figures.series import bars, by_day, grid_of
from dash_app.figures.style import (
    AMBER,
    BLUE,
    GREY,
    PINK,
    PURPLE,
    SKY,
    TEAL,
    VERMILLION,
    Columns,
    Figure,
    View,
    empty,
)

MOST_CODES = 7
_HUES = (VERMILLION, AMBER, BLUE, TEAL, PINK, SKY, PURPLE)
_OTHER = "other"


def http_errors(columns: Columns, view: View) -> Figure:
    """Draw the failed requests of each day by status code; beyond the most frequent codes, as *other*."""
    if not columns["day"]:
        return empty("no failed requests in the last 30 days")
    grid = grid_of(columns, "day", "status_code", "errors")
    totals = Counter({code: sum(by_day_errors.values()) for code, by_day_errors in grid.items()})
    named = [code for code, _ in totals.most_common(MOST_CODES)]
    rest = [code for code in grid if code not in named]
    names = distinct_labels(_code_name(code) for code in named)
    days = _last_days(view)
    return by_day(
        days,
        lambda labels: (
            [
                bars(
                    names[_code_name(code)],
                    labels,
                    [grid[code].get(day, 0) for day in days],
                    _HUES[place],
                )
                for place, code in enumerate(named)
            ]
            + (
                [
                    bars(
                        _OTHER,
                        labels,
                        [sum(grid[code].get(day, 0) for code in rest) for day in days],
                        GREY,
                    )
                ]
                if rest
                else []
            )
        ),
        view,
        "failed requests a day",
    )


def _code_name(code: str) -> str:
    return "no response" if code == "none" else code


def _last_days(view: View, count: int = 30) -> list[str]:
    today = view.as_of.astimezone(view.zone).date()
    return [(today - timedelta(days=ago)).isoformat() for ago in reversed(range(count))]
