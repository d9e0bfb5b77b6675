"""The chart of a job's runs: how long each has taken."""

from __future__ import annotations

from datetime import datetime, timedelta

from dash_app.figures.paint import KILLED, marker
from dash_app.figures.style import Figure, View, axis, axis_title, empty, layout, legend
from dash_app.formatters.formats import duration, stamp, words
from dash_app.things.job_standing import result_of
from engine.model.colours import FIXED, NULL, Paint
from engine.model.questions import JobAnswer, JobRun

_RESULTS = ("success", "failed", "killed", "running")


def durations_figure(answer: JobAnswer, view: View) -> Figure:
    """Draw the durations of the runs as bars, oldest first; a run under way is as long as it has taken."""
    runs = [(result_of(run, place), run) for place, run in enumerate(answer.runs)][::-1]
    longest = max(_seconds(result, run, view) for result, run in runs)
    if not longest:
        return empty("no run has a known duration")
    unit, length = _unit(longest)
    places = list(range(len(runs)))
    traces = []
    for result in dict.fromkeys(result for result, _ in runs):
        mine = [place for place in places if runs[place][0] == result]
        traces.append(
            {
                "type": "bar",
                "name": words(result) if result in _RESULTS else "other",
                "x": mine,
                "y": [_seconds(result, runs[place][1], view) / length for place in mine],
                "marker": marker(_paint(result)),
                "customdata": [_hover(result, runs[place][1], view) for place in mine],
                "hovertemplate": "%{customdata}<extra></extra>",
            }
        )
    every = max(1, round(len(runs) / 4))
    ticks = places[::-1][::every][::-1]
    return {
        "data": traces,
        "layout": layout(
            hovermode="closest",
            barmode="overlay",
            showlegend=len(traces) > 1,
            legend=legend(len(traces)),
            xaxis=axis(
                showgrid=False,
                range=[-0.6, len(runs) - 0.4],
                tickmode="array",
                tickangle=0,
                tickvals=ticks,
                ticktext=_tick_labels([runs[place][1].started_at for place in ticks], view),
            ),
            yaxis=axis(rangemode="tozero", title=axis_title(unit), nticks=5),
        ),
    }


def _tick_labels(starts: list[datetime | None], view: View) -> list[str]:
    """Return short labels: times of day if all starts lie within a day, days if not."""
    known = [start for start in starts if start is not None]
    is_short = not known or max(known) - min(known) < timedelta(hours=24)
    form = "%H:%M" if is_short else "%d %b"
    return ["–" if start is None else f"{start.astimezone(view.zone):{form}}" for start in starts]


def _unit(longest_s: float) -> tuple[str, int]:
    """Return the unit that suits durations, and its seconds."""
    for unit, length in (("hours", 3600), ("minutes", 60)):
        if longest_s >= 2 * length:
            return unit, length
    return "seconds", 1


def _paint(result: str | None) -> Paint | str:
    if result == "killed":
        return KILLED
    return FIXED["run_status"].get(result or "", NULL)


def _seconds(result: str | None, run: JobRun, view: View) -> float:
    if run.duration_s is not None:
        return max(0, run.duration_s)
    if result == "running" and run.started_at is not None:
        return max(0.0, (view.as_of - run.started_at).total_seconds())
    return 0


def _hover(result: str | None, run: JobRun, view: View) -> str:
    took = duration(_seconds(result, run, view)) if result != "killed" else "no end"
    name = result if result in _RESULTS else "other"
    return f"<b>{name}</b>, {took}<br>{stamp(run.started_at, view.zone)}"
