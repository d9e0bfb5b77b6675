"""The answer of the Cache page."""

from __future__ import annotations

from dash_app.answers.page_values import PageAnswer, PageValues
from dash_app.figures.style import View
from dash_app.formatters.formats import number, percent
from engine.store import Analytics

_READ = "keys"


def page(values: PageValues, view: View) -> str:
    """Return the share of reads served at once, the failed entries, and the suggested lifetimes."""
    analytics: Analytics = values.system[_READ]
    week = analytics.last_7_days
    failed = sum(info.problem is not None for info in analytics.infos)
    suggested = sum(
        entry.suggestion.minutes not in (None, entry.lifetime_minutes) for entry in analytics.entries
    )
    reads = (
        f"{percent(week.served_rate)} of reads in 7 days instant" if week.reads else "Nothing read in 7 days"
    )
    suggestions = "suggestion" if suggested == 1 else "suggestions"
    return f"{reads} · {number(failed)} failed · {number(suggested)} TTL {suggestions}"


PAGE = PageAnswer(page, system=(_READ,))
