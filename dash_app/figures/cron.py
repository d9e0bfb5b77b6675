"""The charts of the Jobs page."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from dash_app.figures.chart_text import chart_hover, chart_words, distinct_labels
from dash_app.figures.paint import marker
from dash_app.figures.series import bars, by_day
from dash_app.figures.style import (
    Columns,
    Figure,
    View,
    axis,
    distinct,
    empty,
    layout,
    legend,
    nothing_in,
)
from dash_app.figures.timeaxis import hours_axis, plot_time
from dash_app.readouts.formats import duration, parse_instant
from engine.colours import FIXED, Paint

MOST_RUNS = 200


def cron_timeline(columns: Columns, view: View) -> Figure:
    """Draw the job runs of the last 24 hours as a Gantt chart: a row for each job, a bar for each run."""
    if not columns["started_at"]:
        return empty("no job ran in the last 24 hours")
    runs = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    names = sorted(distinct(columns["name"]), key=lambda name: str(name).lower())
    labels = distinct_labels(names, "(unreadable)", as_words=False)
    statuses = view.colours.in_order("run_status", columns["status"])
    paints = view.colours.paints("run_status", statuses)
    begins = view.as_of - timedelta(hours=24)
    if len(runs) >= MOST_RUNS:
        begins = max(begins, parse_instant(columns["started_at"][0]))
    return {
        "data": [
            _runs_of(status, paint, runs, labels, view)
            for status, paint in zip(statuses, paints, strict=True)
        ],
        "layout": layout(
            hovermode="closest",
            barmode="overlay",
            bargap=0.35,
            barcornerradius=0,
            showlegend=True,
            legend=legend(),
            xaxis=hours_axis(begins, view.as_of, view, every_hours=3) | {"showgrid": True},
            yaxis=axis(
                type="category",
                categoryorder="array",
                categoryarray=[labels[name] for name in reversed(names)],
                showgrid=True,
            ),
        ),
    }


def _runs_of(
    status: str | None,
    paint: Paint,
    runs: list[dict[str, Any]],
    labels: dict[str | None, str],
    view: View,
) -> dict[str, Any]:
    mine = [run for run in runs if run["status"] == status]
    return {
        "type": "bar",
        "orientation": "h",
        "name": chart_words(status, "(unreadable)"),
        "y": [labels[run["name"]] for run in mine],
        "base": [plot_time(parse_instant(run["started_at"])) for run in mine],
        "x": [(_end(run, view) - parse_instant(run["started_at"])).total_seconds() * 1000 for run in mine],
        # A run of seconds is thinner than a pixel of a day; its outline keeps it in sight.
        "marker": marker(paint) | {"line": {"color": paint.colour, "width": 2}},
        "hovertext": [_hover(run, view) for run in mine],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _end(run: dict[str, Any], view: View) -> datetime:
    """Return when a run ended, the instant of the value if it runs.

    It is the start if the end is unreadable or before it: such a run has no duration.
    """
    started = parse_instant(run["started_at"])
    if run["finished_at"] is not None:
        return max(started, parse_instant(run["finished_at"]))
    return max(started, view.as_of) if run["status"] == "running" else started


def _hover(run: dict[str, Any], view: View) -> str:
    started = parse_instant(run["started_at"]).astimezone(view.zone)
    if run["duration_s"] is not None:
        ends_first = run["duration_s"] < 0
        took = "ends before it starts" if ends_first else f"took {duration(run['duration_s'])}"
    else:
        took = "still running" if run["status"] == "running" else "no readable end"
    heading = f"<b>{chart_hover(run['name'], '(unreadable)')}</b>"
    return f"{heading}<br>{chart_words(run['status'])}, {took}<br>{started:%a %d %b %H:%M:%S %Z}"


def cron_daily_history(columns: Columns, view: View) -> Figure:
    """Draw the runs of each day that succeeded and that failed."""
    if nothing_in(columns["success"]) and nothing_in(columns["failed"]):
        return empty("no run succeeded or failed in the last 7 days")
    days = columns["day"]
    return by_day(
        days,
        lambda labels: [
            bars(name, labels, columns[name], FIXED["run_status"][name]) for name in ("success", "failed")
        ],
        view,
        "runs a day",
    )
