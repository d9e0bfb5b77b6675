"""The page of one job: how it stands, and its latest runs with their durations and their errors."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from dash_app.figures.style import View
from dash_app.formatters.ages import Age
from dash_app.formatters.comparison import per
from dash_app.formatters.formats import NOTHING, duration, minutes, number, percent, stamp, words
from dash_app.formatters.jobs import tone_of_state
from dash_app.formatters.kpi import Kpi
from dash_app.formatters.tables import Cell, Order, Table, figure_cell, headings, moment_cell
from dash_app.formatters.tones import BAD, GOOD, WARN
from dash_app.login.contacts import HIDDEN
from dash_app.page_text import raw_block
from dash_app.things.addresses import error_path
from dash_app.things.content import ThingContent, chart_section, kpi_section, section, table_section, title_of
from dash_app.things.job_durations import durations_figure
from dash_app.things.job_standing import failing_since, is_overdue, latest_error, result_of, state_of
from engine.model.questions import JobAnswer, JobRun
from engine.model.text.in_words import counted

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
    sections: list[Any] = [kpi_section("Now", "job", _kpis(answer, view))]
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


def _kpis(answer: JobAnswer, view: View) -> tuple[Kpi, ...]:
    started = answer.runs[0].started_at if answer.runs else None
    finished = answer.success + answer.failed
    rate = per(answer.success, finished)
    schedule, p95 = _schedule(answer, started, view), duration(answer.p95_duration_s)
    return (
        _state(answer, view),
        _last_run(started, view),
        *(() if schedule is None else (schedule,)),
        Kpi(
            percent(rate),
            "succeeded",
            f"{number(answer.success)} of {counted(finished, 'finished run')}",
            "" if rate is None or rate >= 0.95 else WARN,
        ),
        Kpi(duration(answer.p50_duration_s), "median duration", f"95 % under {p95}"),
    )


def _state(answer: JobAnswer, view: View) -> Kpi:
    if answer.name is None and answer.enabled is None:
        return Kpi("not registered", "state", "its runs are still logged", WARN)
    state, since = state_of(answer, view.as_of), failing_since(answer)
    age = None if since is None else Age(since, "failing for ", is_span=True)
    return Kpi(
        state.words, "state", "" if age is None else age.text(view.as_of), tone_of_state(state), hint_age=age
    )


def _last_run(started: datetime | None, view: View) -> Kpi:
    if started is None:
        return Kpi(NOTHING, "last run")
    age = Age(started)
    return Kpi(age.text(view.as_of), "last run", stamp(started, view.zone), value_age=age)


def _schedule(answer: JobAnswer, started: datetime | None, view: View) -> Kpi | None:
    """Return how often the job runs, and when it is due after its latest start; None without a schedule."""
    if answer.interval_minutes is None:
        return None
    interval = timedelta(minutes=answer.interval_minutes)
    due = None if started is None else Age(started + interval, "next ")
    return Kpi(
        f"every {minutes(answer.interval_minutes)}",
        "schedule, critical job" if answer.critical else "schedule",
        "" if due is None else due.text(view.as_of),
        BAD if is_overdue(answer, view.as_of) else "",
        hint_age=due,
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
        moment_cell(run.started_at, view),
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
