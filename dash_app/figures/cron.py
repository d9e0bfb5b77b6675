"""The charts of the Jobs page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dash_app.figures.chart_text import chart_hover, chart_words, distinct_labels
from dash_app.figures.filtering import points_filter_by
from dash_app.figures.leading import points_lead_to_jobs
from dash_app.figures.paint import KILLED, marker
from dash_app.figures.ranked import labelled_rows
from dash_app.figures.series import bars, by_day
from dash_app.figures.style import (
    Figure,
    View,
    axis_title,
    distinct,
    empty,
    layout,
    legend,
    nothing_in,
    rows_in,
)
from dash_app.figures.timeaxis import hours_axis, plot_time
from dash_app.formatters.formats import duration, parse_instant
from engine.model.colours import FIXED, Paint
from engine.model.text.in_words import counted
from engine.model.values.payload import Columns

MOST_RUNS = 200
MOST_JOBS = 24
"""As many rows as have room for a label each."""

# A run shorter than 1/60 of the time shown gets a mark of 6 pixels, which a touch hits within 24.
_SHORT, _SHORT_PIXELS, _TOUCH_PIXELS = 60, 6, 24
# A killed run has no length to see its pattern on, and the colour of a failed one.
_KILLED_MARK = {"symbol": "x", "size": 8}


@dataclass(frozen=True)
class _Rows:
    """What all bars share: a label for each job, the shortest duration that is easy to hit, the view."""

    labels: dict[str | None, str]
    shortest: timedelta
    view: View


def cron_timeline(columns: Columns, view: View) -> Figure:
    """Draw the newest job runs as a Gantt chart: a row for each job, a bar for each run."""
    if not columns["started_at"]:
        return empty(f"no job ran {view.over('24h').phrase}")
    all_runs = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    latest = {run["job_name"]: row for row, run in enumerate(all_runs)}
    for row, run in enumerate(all_runs):
        # Runs without a readable job are not known to be of one job.
        has_later_run = run["job_name"] is not None and row < latest[run["job_name"]]
        run["is_killed"] = run["status"] == "running" and has_later_run
        run["result"] = "killed" if run["is_killed"] else run["status"]
    jobs = distinct(columns["name"])
    names = sorted(_jobs_shown(all_runs), key=lambda name: str(name).lower())
    runs = [run for run in all_runs if run["name"] in names]
    labels = distinct_labels(names, "(unreadable)", as_words=False)
    known = [run["result"] for run in runs if not run["is_killed"]]
    results = view.colours.in_order("run_status", known)
    paints = list(view.colours.paints("run_status", results))
    if any(run["is_killed"] for run in runs):
        results, paints = [*results, "killed"], [*paints, KILLED]
    period = view.over("24h")
    begins, ends = period.starts_at(view.as_of, view.zone), period.ends_at(view.as_of, view.zone)
    part = f"all {counted(len(all_runs), 'run')} {period.phrase}"
    if len(all_runs) >= MOST_RUNS:
        begins = max(begins, parse_instant(columns["started_at"][0]))
        since = begins.astimezone(view.zone)
        part = f"newest {MOST_RUNS} runs, since {since:%a %H:%M}"
    if len(jobs) > len(names):
        part += f"; {len(names)} of {len(jobs)} jobs, failed and running ones first"
    rows = _Rows(labels, (ends - begins) / _SHORT, view)
    return {
        "data": [
            trace
            for result, paint in zip(results, paints, strict=True)
            for trace in _runs_of(result, paint, runs, rows)
        ],
        "layout": layout(
            hovermode="closest",
            barmode="overlay",
            bargap=0.35,
            barcornerradius=0,
            showlegend=True,
            legend=legend(),
            hoverdistance=_TOUCH_PIXELS,
            xaxis=hours_axis(begins, ends, view) | {"showgrid": True, "title": axis_title(part)},
            yaxis=labelled_rows([labels[name] for name in names], showgrid=True),
        ),
    }


def _jobs_shown(runs: list[dict[str, Any]]) -> set[str | None]:
    """Return the jobs that have a row: first those with failed or running runs, then the latest."""

    def rank(run: dict[str, Any]) -> tuple[bool, float]:
        return run["status"] == "success", -parse_instant(run["started_at"]).timestamp()

    return set(distinct(run["name"] for run in sorted(runs, key=rank))[:MOST_JOBS])


def _runs_of(
    result: str | None,
    paint: Paint,
    runs: list[dict[str, Any]],
    rows: _Rows,
) -> list[dict[str, Any]]:
    """Return the bars of the runs with one result, and a mark on each bar that is too short to hit."""
    mine = [run for run in runs if run["result"] == result]
    name = chart_words(result, "(unreadable)")
    shared = {"name": name, "legendgroup": name, "hovertemplate": "%{hovertext}<extra></extra>"}
    drawn: list[dict[str, Any]] = [
        shared
        | {
            "type": "bar",
            "orientation": "h",
            "y": [rows.labels[run["name"]] for run in mine],
            "base": [plot_time(parse_instant(run["started_at"])) for run in mine],
            "x": [_length(run, rows.view).total_seconds() * 1000 for run in mine],
            "marker": marker(paint),
            "hovertext": [_hover(run, rows.view) for run in mine],
        }
        | rows.view.openers.trace("duration_s", mine)
    ]
    short = [run for run in mine if _length(run, rows.view) < rows.shortest]
    if short:
        drawn.append(
            shared
            | {
                "type": "scatter",
                "mode": "markers",
                "showlegend": False,
                "x": [plot_time(_end(run, rows.view) - _length(run, rows.view) / 2) for run in short],
                "y": [rows.labels[run["name"]] for run in short],
                "marker": {"color": paint.colour, "symbol": "square", "size": _SHORT_PIXELS}
                | (_KILLED_MARK if result == "killed" else {}),
                "hovertext": [_hover(run, rows.view) for run in short],
            }
            | rows.view.openers.trace("duration_s", short)
        )
    return [
        points_lead_to_jobs(points_filter_by(trace, "job_name", keys), keys)
        for trace, keys in zip(
            drawn, ([run["job_name"] for run in drawn_runs] for drawn_runs in (mine, short)), strict=False
        )
    ]


def _length(run: dict[str, Any], view: View) -> timedelta:
    return _end(run, view) - parse_instant(run["started_at"])


def _end(run: dict[str, Any], view: View) -> datetime:
    """Return when a run ended; the instant of the value if it still runs.

    It is the start if the end is unreadable or before it, or if the run was killed, because then the run has
    no known duration.
    """
    started = parse_instant(run["started_at"])
    if run["finished_at"] is not None:
        return max(started, parse_instant(run["finished_at"]))
    return max(started, view.as_of) if run["status"] == "running" and not run["is_killed"] else started


def _hover(run: dict[str, Any], view: View) -> str:
    started = parse_instant(run["started_at"]).astimezone(view.zone)
    if run["duration_s"] is not None:
        ends_first = run["duration_s"] < 0
        took = "ends before it starts" if ends_first else f"took {duration(run['duration_s'])}"
    else:
        took = "still running" if run["status"] == "running" else "no readable end"
        if run["is_killed"]:
            took = "no end, though a later run began"
    heading = f"<b>{chart_hover(run['name'], '(unreadable)')}</b>"
    return f"{heading}<br>{chart_words(run['result'])}, {took}<br>{started:%a %d %b %H:%M:%S %Z}"


def cron_daily_history(columns: Columns, view: View) -> Figure:
    """Draw the successful and the failed runs of each day."""
    if nothing_in(columns["success"]) and nothing_in(columns["failed"]):
        return empty(f"no run succeeded or failed {view.over('7d').phrase}")
    days = columns["day"]
    return by_day(
        days,
        lambda labels: [
            bars(
                name,
                labels,
                columns[name],
                FIXED["run_status"][name],
                **view.openers.trace(name, rows_in(columns)),
            )
            for name in ("success", "failed")
        ],
        view,
        "runs a day",
    )
