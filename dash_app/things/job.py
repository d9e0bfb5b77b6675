"""The page of one job: how it stands, and its latest runs with their durations and their errors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from dash_app.figures.paint import KILLED, marker
from dash_app.figures.style import Figure, View, axis, axis_title, empty, layout, legend
from dash_app.formatters.ages import Age
from dash_app.formatters.formats import NOTHING, counted, duration, minutes, number, percent, stamp, words
from dash_app.formatters.kpis import BAD, GOOD, WARN, Kpi
from dash_app.formatters.tables import Cell, Order, Table, figure_cell, headings
from dash_app.login.contacts import HIDDEN
from dash_app.page_text import raw_block
from dash_app.things.addresses import error_path
from dash_app.things.content import (
    ThingContent,
    chart_section,
    kpi_section,
    section,
    table_section,
    time_cell,
    title_of,
)
from engine.model.clock import to_iso
from engine.model.colours import FIXED, Paint
from engine.model.job_state import JobState, job_state
from engine.model.questions import JobAnswer, JobRun

STUCK_AFTER_S = 600
"""A run is not stuck before; the dataset ``job_health`` has the same rule."""

_RESULTS = ("success", "failed", "killed", "running")
_TONES = {"success": GOOD, "failed": BAD, "killed": BAD, "running": WARN}


def is_known(answer: JobAnswer) -> bool:
    """Return whether there is such a job, or was: a job that has gone keeps its runs."""
    return answer.name is not None or answer.enabled is not None or answer.runs_total > 0


def without_contacts(answer: JobAnswer) -> JobAnswer:
    """Return the answer for those who may not see contacts: errors may name some."""
    runs = tuple(
        replace(run, error=None if run.error is None else HIDDEN, error_kind=None) for run in answer.runs
    )
    return replace(answer, runs=runs)


def job_content(answer: JobAnswer, view: View) -> ThingContent:
    """Return what the page of a job shows."""
    title = title_of(answer.name or answer.task_key, "Job without a name")
    shown = len(answer.runs)
    whole = f"all {counted(shown, 'run')}" if shown == answer.runs_total else f"the newest {number(shown)}"
    remark = (
        "" if shown == answer.runs_total else f"The newest {number(shown)} of {number(answer.runs_total)}"
    )
    sections: list[Any] = [kpi_section("Now", "job", _key_figures(answer, view))]
    latest = latest_error(answer)
    if latest is not None:
        sections.append(section("Latest error", "error", raw_block(latest)))
    if answer.runs:
        sections += [
            chart_section(
                "Duration of its runs",
                "durations",
                durations_figure(answer, view),
                f"Durations of {whole} of {title}, oldest first. The table below has each of them.",
            ),
        ]
    sections.append(table_section("Runs", "runs", runs_table(answer, view), remark))
    return ThingContent(title, sections)


def result_of(run: JobRun, place: int) -> str | None:
    """Return how a run ended; ``place`` counts from the newest run.

    A run without an end is killed if a later one has started.
    """
    return "killed" if run.status == "running" and place > 0 else run.status


def failing_since(answer: JobAnswer) -> datetime | None:
    """Return the start of the first failed run since the latest success; None if the latest end was none."""
    since = None
    for run in answer.runs:
        if run.status == "success":
            break
        if run.status == "failed" and run.started_at is not None:
            since = run.started_at
    return since


def latest_error(answer: JobAnswer) -> str | None:
    """Return the error of the latest finished run; None if it succeeded, or says none."""
    finished = (run for run in answer.runs if run.status in ("success", "failed"))
    latest = next(finished, None)
    return latest.error if latest is not None and latest.status == "failed" else None


def state_of(answer: JobAnswer, now: datetime) -> JobState:
    """Return the job's state by the rules of ``job_health``, as far as the newest runs tell."""
    newest = answer.runs[0] if answer.runs else None
    is_running = newest is not None and newest.status == "running" and newest.started_at is not None
    running_since = newest.started_at if newest is not None and is_running else None
    longest = answer.p95_duration_s and 3 * answer.p95_duration_s
    if longest is None and answer.interval_minutes is not None:
        longest = round(60 * answer.interval_minutes)
    is_stuck = (
        running_since is not None
        and longest is not None
        and now - running_since > timedelta(seconds=max(longest, STUCK_AFTER_S))
    )
    week = now - timedelta(hours=168)
    killed = sum(
        result_of(run, place) == "killed" and run.started_at is not None and run.started_at > week
        for place, run in enumerate(answer.runs)
    )
    return job_state(
        {
            "enabled": answer.enabled,
            "failing": bool(answer.enabled) and failing_since(answer) is not None,
            "stuck": is_stuck,
            "abandoned_7d": killed,
            "running_since": None if running_since is None else to_iso(running_since),
            "last_success_at": True if answer.success else None,
        }
    )


def _key_figures(answer: JobAnswer, view: View) -> tuple[Kpi, ...]:
    return tuple(_kpis(answer, view))


def _kpis(answer: JobAnswer, view: View) -> Iterator[Kpi]:
    state = state_of(answer, view.as_of)
    since = failing_since(answer)
    age = None if since is None else Age(since, "failing for ", is_span=True)
    tone = {0: BAD, 1: BAD, 2: WARN, 4: GOOD}.get(state.rank, "")
    gone = answer.name is None and answer.enabled is None
    hint = "" if age is None else age.text(view.as_of)
    if gone:
        yield Kpi("not registered", "state", "its runs are still logged", WARN)
    else:
        yield Kpi(state.words, "state", hint, tone, hint_age=age)
    newest = answer.runs[0].started_at if answer.runs else None
    latest = None if newest is None else Age(newest)
    yield Kpi(
        NOTHING if latest is None else latest.text(view.as_of),
        "last run",
        stamp(newest, view.zone) if newest else "",
        value_age=latest,
    )
    if answer.interval_minutes is not None:
        interval = timedelta(minutes=answer.interval_minutes)
        due = None if newest is None else Age(newest + interval, "next ")
        is_overdue = newest is not None and bool(answer.enabled) and view.as_of > newest + 1.5 * interval
        yield Kpi(
            f"every {minutes(answer.interval_minutes)}",
            "schedule, critical job" if answer.critical else "schedule",
            "" if due is None else due.text(view.as_of),
            BAD if is_overdue else "",
            hint_age=due,
        )
    finished = answer.success + answer.failed
    rate = answer.success / finished if finished else None
    yield Kpi(
        percent(rate),
        "succeeded",
        f"{number(answer.success)} of {counted(finished, 'finished run')}",
        "" if rate is None or rate >= 0.95 else WARN,
    )
    yield Kpi(
        duration(answer.p50_duration_s), "median duration", f"95 % under {duration(answer.p95_duration_s)}"
    )


def runs_table(answer: JobAnswer, view: View) -> Table:
    """Return the runs, newest first, each error whole on demand."""
    return Table(
        headings("Started", "Status", "# Duration", "# Items", "# Items failed", "Error"),
        tuple(_run_row(run, place, view) for place, run in enumerate(answer.runs)),
        "this job has not run yet",
        main="Status",
        order=Order("Started", descending=True),
    )


def _run_row(run: JobRun, place: int, view: View) -> tuple[Cell, ...]:
    result = result_of(run, place)
    took = run.duration_s if run.duration_s is not None and run.duration_s >= 0 else None
    return (
        time_cell(run.started_at, view),
        _status_cell(run, result),
        figure_cell(took, duration(took)),
        figure_cell(run.items_processed, number(run.items_processed)),
        figure_cell(run.items_failed, number(run.items_failed), tone=WARN if run.items_failed else ""),
        Cell(run.error or NOTHING, raw=True),
    )


def _status_cell(run: JobRun, result: str | None) -> Cell:
    """Return how a run ended; that of an error leads to all errors of its kind."""
    tone, kind = _TONES.get(result or "", ""), run.error_kind
    if kind is None:
        return Cell(words(result), tone=tone, badge=True)
    path = error_path(kind.source, kind.stage, kind.message)
    return Cell(words(result), tone=tone, badge=True, note="All errors of this kind", path=path)


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
    return FIXED["run_status"].get(result or "", "#8c9699")


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
