"""The answers of the Errors page's cards."""

from __future__ import annotations

from dash_app.answers.phrases import (
    against,
    amount,
    by_name,
    highest,
    leads,
    of_noun,
    quoted,
    sentence,
    total,
)
from dash_app.answers.windows import before, day, nothing, period_before, span
from dash_app.figures.style import Columns, View
from dash_app.login.contacts import HIDDEN

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
