"""A compact row of hours for each job, with all runs; the Gantt chart has the newest alone."""

from __future__ import annotations

from collections import Counter
from typing import Any

from dash_app.figures.chart_text import chart_hover, row_labels
from dash_app.figures.filtering import points_filter_by
from dash_app.figures.leading import points_lead_to_jobs
from dash_app.figures.paint import KILLED, marker
from dash_app.figures.ranked import labelled_rows
from dash_app.figures.series import HOUR_MS
from dash_app.figures.style import Figure, View, empty, layout, legend
from dash_app.figures.timeaxis import HOUR, SO_FAR, hours_axis, local_labels, plot_time, running_hour
from dash_app.figures.unfinished import marked_unfinished
from dash_app.formatters.formats import number, parse_instant
from engine.model.catalogue.page_parts import is_other
from engine.model.clock import Clock
from engine.model.colours import FIXED, NULL, PINK
from engine.model.values.payload import Columns

_RESULTS = (
    ("all succeeded", FIXED["run_status"]["success"]),
    ("some failed", PINK),
    ("all failed", FIXED["run_status"]["failed"]),
    ("killed", KILLED),
    ("running", FIXED["run_status"]["running"]),
    ("unknown status", NULL),
)

_COUNTED = {
    "all succeeded": "success",
    "some failed": "failed",
    "all failed": "failed",
    "killed": "killed",
    "running": "running",
    "unknown status": "other",
}
"""The column that an hour's bar opens."""


def job_hours(columns: Columns, view: View) -> Figure:
    """Draw a row of hours for each job, each hour coloured by how its runs ended."""
    if not columns["hour"]:
        return empty(f"no job ran {view.over('24h').phrase}")
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    # The row of the other jobs has a key but no name.
    rows = [row | {"name": row["job_name"]} if is_other(row["job_name"]) else row for row in rows]
    names = {row["job_name"]: row["name"] for row in rows}
    failed = Counter(dict.fromkeys(names, 0))
    for row in rows:
        failed[row["job_name"]] += row["failed"]
    keys = sorted(names, key=lambda key: (is_other(key), -failed[key], str(names[key]).lower(), str(key)))
    labels = dict(
        zip(keys, row_labels([names[key] for key in keys], "(unreadable)", as_words=False), strict=True)
    )
    running = running_hour(view)
    period = view.over("24h")
    begins, ends = period.first_hour(view.as_of, view.zone), period.ends_at(view.as_of, view.zone)
    if ends == view.as_of:
        ends = Clock(view.as_of, view.zone.key).hour_start(ends) + HOUR
    traces = []
    for result, hue in _RESULTS:
        mine = [row for row in rows if _result(row) == result]
        if not mine:
            continue
        trace = {
            "type": "bar",
            "orientation": "h",
            "name": result,
            "y": [labels[row["job_name"]] for row in mine],
            "base": [plot_time(parse_instant(row["hour"])) for row in mine],
            "x": [HOUR_MS * 0.94] * len(mine),
            "marker": marker(hue),
            "hovertext": [_hour_hover(row, view, row["hour"] == running) for row in mine],
            "hovertemplate": "%{hovertext}<extra></extra>",
        } | view.openers.trace(_COUNTED[result], mine)
        keys_drawn = [row["job_name"] for row in mine]
        trace = points_lead_to_jobs(points_filter_by(trace, "job_name", keys_drawn), keys_drawn)
        traces += marked_unfinished([trace], [row["hour"] == running for row in mine])
    return {
        "data": traces,
        "layout": layout(
            hovermode="closest",
            barmode="overlay",
            bargap=0.25,
            barcornerradius=0,
            showlegend=True,
            legend=legend(),
            xaxis=hours_axis(begins, ends, view),
            yaxis=labelled_rows([labels[key] for key in keys], showgrid=False),
        ),
    }


def _result(row: dict[str, Any]) -> str:
    """Return the result of a job's hour: failed, else killed, else running, else unknown, else successful."""
    if row["failed"]:
        others = ("success", "running", "killed", "other")
        return "some failed" if any(row[name] for name in others) else "all failed"
    if row["killed"]:
        return "killed"
    if row["running"]:
        return "running"
    return "unknown status" if row["other"] else "all succeeded"


def _hour_hover(row: dict[str, Any], view: View, is_running: bool) -> str:
    (label,) = local_labels([row["hour"]], view, HOUR)
    counts = [
        f"{number(row[name])} {word}"
        for name, word in (
            ("success", "succeeded"),
            ("failed", "failed"),
            ("killed", "killed"),
            ("running", "running"),
            ("other", "of unknown status"),
        )
        if row[name]
    ]
    heading = f"<b>{chart_hover(row['name'], '(unreadable)')}</b>"
    return f"{heading}<br>{label}{SO_FAR if is_running else ''}<br>{', '.join(counts)}"
