"""The answers of the Errors page's cards."""

from __future__ import annotations

from dash_app.answers.page_values import PageAnswer, PageValues
from dash_app.answers.phrases import (
    against,
    amount,
    by_name,
    highest,
    leads,
    of_noun,
    page_sentence,
    quoted,
    sentence,
    total,
    versus,
)
from dash_app.answers.windows import (
    before,
    day,
    filtered,
    is_selected,
    nothing,
    period_before,
    rolling,
    span,
)
from dash_app.figures.style import View, rows_in
from dash_app.login.contacts import HIDDEN
from engine.attention.pipeline import is_unusual, new_errors
from engine.model.values.payload import Columns

_DAILY, _GROUPS = "http_errors_30d", "error_groups_30d"
MOST_GROUPS, MOST_KINDS = 50, 20
"""The most rows of ``error_groups_30d`` and of ``error_breakdown``: there may be more kinds then."""


def http_errors(columns: Columns, view: View) -> str:
    """Return the failed requests, the most frequent code, and the worst day."""
    errors, when = total(columns["errors"]), span(view, "30d", by_day=True)
    if not errors:
        return nothing("No request failed", when, view, "rows of http_errors")
    codes = ["no response" if code == "none" else code for code in columns["status_code"]]
    sizes = by_name(columns | {"status_code": codes}, "status_code", "errors", as_words=False)
    days: dict[str, float] = {}
    for key, count in zip(columns["day"], columns["errors"], strict=True):
        days[key] = days.get(key, 0) + (count or 0)
    worst = highest(list(days), list(days.values()))
    change = against(errors, before(view, "errors"), period_before(view, "30d", by_day=True))
    return sentence(
        f"{of_noun(errors, 'failed request')} {when}{change}",
        leads(sizes, ("code", "codes")),
        f"most on {day(worst[0], view)}, {amount(worst[1])}" if worst and not change else "",
    )


def error_groups(columns: Columns, view: View) -> str:
    """Return the number of kinds of error, and the one most frequent in 7 days."""
    kinds = len(columns["message"])
    if not kinds:
        return nothing("No errors", "in 30 days", view, "failed runs and rows with an error_message")
    head = (
        f"{kinds} kinds of error or more in 30 days"
        if kinds >= MOST_GROUPS
        else f"{of_noun(kinds, 'kind')} of error in 30 days"
    )
    if not total(columns["errors_7d"]):
        return sentence(head, "none in 7 days")
    return sentence(head, _most(columns, "errors_7d", "in 7 days"))


def error_breakdown(columns: Columns, view: View) -> str:
    """Return the number of errors of the kinds shown, and the most frequent one."""
    kinds, errors = len(columns["message"]), total(columns["errors"])
    if not errors:
        return nothing("No errors", "", view, "failed runs and rows with an error_message")
    head = f"{of_noun(errors, 'error')} of {of_noun(kinds, 'kind')}"
    if kinds >= MOST_KINDS:
        head = f"{of_noun(errors, 'error')} of the {kinds} most frequent kinds"
    return sentence(head, _most(columns, "errors", ""))


def _most(columns: Columns, size: str, when: str) -> str:
    """Return the most frequent kind of error and its count; without its text if that is hidden."""
    first = highest(range(len(columns[size])), columns[size])
    if first is None:
        most = max(value or 0 for value in columns[size])
        several = sum(value == most for value in columns[size])
        return f"{several} kinds are most frequent, {amount(most)} each {when}".strip()
    row, count = first
    message = columns["message"][row]
    times = f"{amount(count)} {when}".strip()
    if message is None or message == HIDDEN:
        return f"the most frequent: {times}"
    return f"most frequent {quoted(message)}, {times}"


def page(values: PageValues, view: View) -> str:
    """Return what fails now, whether more fails than before, and which error is new."""
    row = {name: cells[0] for name, cells in values["active_errors_count"].items()}
    active = row["active_errors"]
    parts = [
        of_noun(row[column], *nouns)
        for column, nouns in (
            ("failing_sites", ("failing site",)),
            ("failed_outreaches", ("failed message",)),
            ("failed_jobs", ("failing job",)),
        )
        if row[column]
    ]
    head = f"{of_noun(active, 'active error')}" if active is not None else ""
    if len(parts) == 1:
        head = parts[0]
    return page_sentence(head, _requests(values), _new(values))


def _requests(values: PageValues) -> str:
    if _DAILY in values and is_selected(values.view(_DAILY)):
        view = values.view(_DAILY)
        errors, earlier = total(values[_DAILY]["errors"]), before(view, "errors")
        when, prior = span(view, "30d", by_day=True), period_before(view, "30d", by_day=True)
        return f"{of_noun(errors, 'failed request')} {when}{filtered(view)}{versus(errors, earlier, prior)}"
    if "activity_rolling" not in values:
        return ""
    today = values.today("failed_requests")
    if today is not None and is_unusual(today):
        usual = amount(today["usual_q75"]) if today["usual_q75"] else "none"
        return f"failed requests far above usual: {amount(today['so_far'])} today, usually {usual} by now"
    day_ = rolling(values["activity_rolling"], "failed_requests", 24)
    if day_ is None:
        return ""
    change = versus(day_.current, day_.previous, day_.prior)
    judged = "" if today is None else ", not far from usual"
    return f"{of_noun(day_.current, 'failed request')} in {day_.period}{change}{judged}"


def _new(values: PageValues) -> str:
    """Return which job has an error that is new, and how many there are, as the Overview judges it."""
    if _GROUPS not in values:
        return ""
    jobs = rows_in(values["job_health"]) if "job_health" in values else []
    failing = {row["task_key"] for row in jobs if row["enabled"] and row["failing"]}
    names = {row["task_key"]: row["name"] for row in jobs}
    groups = values.value(_GROUPS)
    new = new_errors(groups, names, failing, groups.as_of)
    if len(new) > 1:
        return f"{len(new)} new errors of jobs in 24 h"
    return f"{new[0].title[:1].lower()}{new[0].title[1:]}" if new else ""


PAGE = PageAnswer(
    page, ("active_errors_count",), ("activity_rolling", _DAILY, _GROUPS, "usual_today", "job_health")
)
