"""The answer of the Cache page."""

from __future__ import annotations

from dash_app.answers.page_values import PageAnswer, PageValues
from dash_app.figures.style import View
from dash_app.formatters.cache_rows import FAILED, cache_rows
from dash_app.formatters.formats import number, percent
from engine.store import Analytics

_ENTRIES = "entries"


def page(values: PageValues, view: View) -> str:
    """Return the share of reads served at once, the failed keys, and the suggested lifetimes."""
    analytics: Analytics = values.system[_ENTRIES]
    rows, week = cache_rows(analytics), analytics.last_7_days
    failed = sum(row.state == FAILED for row in rows)
    suggested = sum(row.suggested_minutes is not None for row in rows)
    reads = "Nothing read in 7 days"
    if week.reads:
        reads = f"{percent(week.served_rate)} of reads in 7 days instant"
    suggestions = "suggestion" if suggested == 1 else "suggestions"
    return f"{reads} · {number(failed)} failed · {number(suggested)} TTL {suggestions}"


PAGE = PageAnswer(page, system=(_ENTRIES,))
