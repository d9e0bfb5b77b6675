"""The answers of the Jobs page's cards."""

from __future__ import annotations

from collections import Counter
from typing import Any

from dash_app.answers.page_values import PageAnswer, PageValues
from dash_app.answers.phrases import (
    against,
    amount,
    highest,
    listed,
    name_of,
    of_noun,
    page_sentence,
    quoted,
    sentence,
    share,
    total,
    versus,
)
from dash_app.answers.windows import before, day, filtered, moment, nothing, period_before, span
from dash_app.figures.cron import MOST_RUNS
from dash_app.figures.style import View
from dash_app.formatters.formats import duration
from dash_app.formatters.jobs import count_jobs
from dash_app.formatters.tables import rows_of
from dash_app.login.contacts import HIDDEN
from engine.model.values.payload import Columns

_FILLED_BY, _FILLED_BY_JOBS = "rows of cron_job_logs", "rows of cron_jobs"
_HOURS = "job_hours_24h"
_ENDS = ("success", "failed", "running", "killed", "other")


def job_health(columns: Columns, view: View) -> str:
    """Return which jobs fail, how often in a row and why; without one, which are stuck or were killed."""
    jobs = count_jobs(columns)
    if not jobs.jobs:
        return nothing("No jobs are registered", "", view, "rows of cron_jobs")
    enabled = of_noun(jobs.enabled, "job" if jobs.enabled == jobs.jobs else "enabled job")
    rows = [row for row in rows_of(columns) if row["enabled"]]
    failing = sorted((row for row in rows if row["failing"]), key=lambda row: -row["consecutive_failures"])
    if len(failing) == 1:
        return sentence(f"1 of {enabled} fails: {_job(failing[0])}, {_failures(failing[0])}")
    if failing:
        names = [f"{_job(row)} ({amount(row['consecutive_failures'])} in a row)" for row in failing]
        return sentence(f"{len(failing)} of {enabled} fail: {listed(names)}")
    stuck = [_job(row) for row in rows if row["stuck"]]
    killed = [_job(row) for row in rows if row["abandoned_7d"]]
    return sentence(
        f"none of {enabled} fails" if jobs.enabled else f"none of {of_noun(jobs.jobs, 'job')} is enabled",
        f"stuck: {listed(stuck)}" if stuck else "",
        f"with killed runs in 7 days: {listed(killed)}" if killed else "",
    )


def _failures(row: dict[str, Any]) -> str:
    times = row["consecutive_failures"]
    often = "once" if times == 1 else f"{amount(times)} times in a row"
    error = row["last_error"]
    return often if error is None or error == HIDDEN else f"{often}, last error {quoted(error)}"


def _job(row: dict[str, Any]) -> str:
    return name_of(row["name"] or row["task_key"])


def job_hours(columns: Columns, view: View) -> str:
    """Return the runs and how many failed or were killed, and the job with most failures."""
    ends = {name: total(columns[name]) for name in _ENDS}
    runs, when = total(ends.values()), span(view, "24h")
    if not runs:
        return nothing("No job ran", when, view, _FILLED_BY)
    jobs = len(set(columns["job_name"]))
    failed: Counter[str] = Counter()
    for key, name, count in zip(columns["job_name"], columns["name"], columns["failed"], strict=True):
        failed[name_of(name if name is not None else key)] += count or 0
    most = highest(list(failed), list(failed.values()))
    return sentence(
        f"{of_noun(runs, 'run')} of {of_noun(jobs, 'job')} {when}"
        + against(runs, _all_runs(view), period_before(view, "24h")),
        _bad_ends(ends["failed"], ends["killed"]),
        f"most failures in {most[0]}, {amount(most[1])}" if most and len(failed) > 1 else "",
    )


def _all_runs(view: View) -> float | None:
    counts = [before(view, name) for name in _ENDS]
    return None if view.previous is None else total(counts)


def _bad_ends(failed: float, killed: float) -> str:
    if not failed and not killed:
        return "none failed"
    return f"{amount(failed)} failed" + (f", {amount(killed)} killed" if killed else "")


def cron_timeline(columns: Columns, view: View) -> str:
    """Return the runs shown, how many failed, were killed or still run, and the longest."""
    runs, when = len(columns["started_at"]), span(view, "24h")
    if not runs:
        return nothing("No job ran", when, view, _FILLED_BY)
    latest = {job: row for row, job in enumerate(columns["job_name"])}
    running = killed = 0
    for row, (job, status) in enumerate(zip(columns["job_name"], columns["status"], strict=True)):
        if status == "running":
            # A run without a readable job is not known to have a later one.
            has_later = job is not None and row < latest[job]
            killed, running = killed + has_later, running + (not has_later)
    failed = sum(status == "failed" for status in columns["status"])
    longest = highest(range(runs), columns["duration_s"])
    head = f"{of_noun(runs, 'run')} {when}"
    if runs >= MOST_RUNS:
        head = f"the newest {amount(runs)} runs, since {moment(columns['started_at'][0], view)}"
    return sentence(
        head,
        _bad_ends(failed, killed) + (f", {amount(running)} running" if running else ""),
        f"longest {name_of(columns['name'][longest[0]])}, {duration(longest[1])}" if longest else "",
    )


def job_schedule(columns: Columns, view: View) -> str:
    """Return which jobs are overdue, and the runs of 24 hours."""
    if not columns["name"]:
        return nothing("No jobs are registered", "", view, "rows of cron_jobs")
    rows = list(rows_of(columns))
    enabled = sum(bool(row["enabled"]) for row in rows)
    overdue = [_job(row) for row in rows if row["overdue"]]
    jobs = of_noun(enabled, "job" if enabled == len(rows) else "enabled job")
    head = f"none of {jobs} is overdue" if enabled else f"none of {of_noun(len(rows), 'job')} is enabled"
    if overdue:
        head = f"{len(overdue)} of {jobs} overdue: {listed(overdue)}"
    runs, failures = total(columns["runs_24h"]), total(columns["failures_24h"])
    return sentence(
        head, f"{of_noun(runs, 'run')} in 24 h, {amount(failures)} failed" if runs else "no run in 24 h"
    )


def cron_daily_history(columns: Columns, view: View) -> str:
    """Return the finished runs, how many failed, and the worst day."""
    success, failed = total(columns["success"]), total(columns["failed"])
    when = span(view, "7d", by_day=True)
    if not (success or failed):
        return nothing("No run succeeded or failed", when, view, _FILLED_BY)
    worst = highest(columns["day"], columns["failed"])
    earlier = before(view, "failed")
    change = "" if earlier is None else f", {amount(earlier)} in {period_before(view, '7d', by_day=True)}"
    part = share(failed, success + failed)
    return sentence(
        f"{of_noun(success + failed, 'finished run')} {when}",
        f"{amount(failed)} failed ({part}){change}" if failed else f"none failed{change}",
        f"most on {day(worst[0], view)}, {amount(worst[1])}" if worst and not change else "",
    )


def page(values: PageValues, view: View) -> str:
    """Return which jobs fail, are stuck or are overdue; if none does, that they run and how often."""
    columns = values["job_health"]
    jobs = count_jobs(columns)
    if not jobs.enabled:
        if jobs.jobs:
            return page_sentence(f"none of {of_noun(jobs.jobs, 'job')} is enabled")
        return nothing("No jobs are registered", "", view, _FILLED_BY_JOBS)
    rows = [row for row in rows_of(columns) if row["enabled"]]
    failing = [
        _job(row) for row in sorted(rows, key=lambda row: -row["consecutive_failures"]) if row["failing"]
    ]
    stuck = [_job(row) for row in rows if row["stuck"]]
    schedule = list(rows_of(values["cron_job_summary"])) if "cron_job_summary" in values else []
    overdue = [_job(row) for row in schedule if row["overdue"]]
    killed = [_job(row) for row in rows if row["abandoned_7d"]]
    enabled = of_noun(jobs.enabled, "job" if jobs.enabled == jobs.jobs else "enabled job")
    found = [
        (names, word)
        for names, word in (
            (failing, "fails" if len(failing) == 1 else "fail"),
            (stuck, "stuck"),
            (overdue, "overdue"),
        )
        if names
    ]
    parts = [
        f"{len(names)} {'' if place else f'of {enabled} '}{word}: {listed(names)}"
        for place, (names, word) in enumerate(found)
    ] or [
        "the one enabled job is not failing, stuck or overdue"
        if jobs.enabled == 1
        else f"none of {enabled} is failing, stuck or overdue"
    ]
    return page_sentence(*parts, _runs(values), f"killed runs in 7 days: {listed(killed)}" if killed else "")


def _runs(values: PageValues) -> str:
    if _HOURS not in values:
        return ""
    columns, view = values[_HOURS], values.view(_HOURS)
    ends = {name: total(columns[name]) for name in _ENDS}
    when = span(view, "24h") + filtered(view)
    runs = total(ends.values())
    if not runs:
        return f"no run {when}"
    earlier = versus(runs, _all_runs(view), period_before(view, "24h"))
    return f"{of_noun(runs, 'run')} {when}, {_bad_ends(ends['failed'], ends['killed'])}{earlier}"


PAGE = PageAnswer(page, ("job_health",), ("cron_job_summary", _HOURS))
