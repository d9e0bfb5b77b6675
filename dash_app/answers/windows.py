"""The words for the time that a value covers, and for the period before it."""

from __future__ import annotations

from datetime import date, datetime

from dash_app.figures.period import Period
from dash_app.figures.style import Columns, View
from dash_app.formatters.formats import counted, parse_instant


def span(view: View, own: str, *, by_day: bool = False) -> str:
    """Return the words for a value's window: ``in 30 days``, ``in 48 h``, ``on 5 Nov``.

    ``own`` is the window of the dataset's name, such as ``30d``. ``by_day``: the rows are local days, so a
    range of hours covers the days that it touches.
    """
    period = view.over(own)
    if not _is_in_hours(period):
        return period.within
    if by_day:
        return f"in {counted(len(period.days(view.as_of, view.zone)), 'day')}"
    return f"in {period.short}"


def period_before(view: View, own: str, *, by_day: bool = False) -> str:
    """Return the words for the period before a value's window, such as ``the prior 30 d``."""
    period = view.over(own)
    return "the period before" if by_day and _is_in_hours(period) else period.prior


def _is_in_hours(period: Period) -> bool:
    return period.range.endswith("h")


def day(text: str, view: View) -> str:
    """Return a local day as ``5 Nov``, with its year if that is not the year of the value's instant."""
    shown = date.fromisoformat(text)
    year = "" if shown.year == view.as_of.astimezone(view.zone).year else f" {shown.year}"
    return f"{shown.day} {shown:%b}{year}"


def moment(text: str, view: View) -> str:
    """Return an instant as its local day and minute: ``5 Nov 14:00``."""
    return moment_of(parse_instant(text), view)


def moment_of(instant: datetime, view: View) -> str:
    """Return an instant as its local day and minute: ``5 Nov 14:00``."""
    local = instant.astimezone(view.zone)
    return f"{day(local.date().isoformat(), view)} {local:%H:%M}"


def nothing(what: str, when: str, view: View, filled_by: str) -> str:
    """Return the sentence of a card without anything to show: what there is not, and what would fill it.

    >>> from datetime import UTC
    >>> from zoneinfo import ZoneInfo
    >>> view = View(ZoneInfo("UTC"), datetime(2026, 11, 23, tzinfo=UTC))
    >>> nothing("No model was called", "in 30 days", view, "calls in llm_usage")
    'No model was called in 30 days; calls in llm_usage fill this'
    """
    if view.is_filtered:
        return " ".join(filter(None, (what, when, "with these filters"))).strip()
    return f"{' '.join(filter(None, (what, when)))}; {filled_by} fill this"


def before(view: View, name: str) -> float | None:
    """Return the sum of a column in the period before; None if the value is not compared."""
    columns: Columns | None = view.previous
    return None if columns is None else sum(value for value in columns[name] if value is not None)
