"""The words for the time that a value covers, and for the period before it."""

from __future__ import annotations

import re
from datetime import date, datetime

from dash_app.figures.style import Columns, View
from dash_app.formatters.formats import counted, parse_instant
from engine.model.clock import Clock

_UNITS = {"h": "h", "d": "day", "w": "week"}
_COUNT = re.compile(r"(\d{1,4})([hdw])")


def span(view: View, own: str, *, by_day: bool = False) -> str:
    """Return the words for a value's window: ``in 30 days``, ``in 48 h``, ``on 5 Nov``, ``from 1 to 5 Nov``.

    ``own`` is the window of the dataset's name, such as ``30d``. ``by_day``: the rows are local days, so a
    range of hours covers the days that it touches.
    """
    wanted = view.range or own
    counted_range = _COUNT.fullmatch(wanted)
    if counted_range is None:
        return _between(wanted, view)
    count, unit = int(counted_range[1]), counted_range[2]
    if unit == "h" and by_day:
        count, unit = _days_touched(count, view), "d"
    return f"in {_length(count, unit)}"


def period_before(view: View, own: str, *, by_day: bool = False) -> str:
    """Return the words for the period before a value's window, such as ``the 30 days before``."""
    counted_range = _COUNT.fullmatch(view.range or own)
    if counted_range is None or (counted_range[2] == "h" and by_day):
        return "the period before"
    if counted_range[2] == "d" and counted_range[1] == "1":
        return "the day before"
    return f"the {_length(int(counted_range[1]), counted_range[2])} before"


def _length(count: int, unit: str) -> str:
    return f"{count} h" if unit == "h" else counted(count, _UNITS[unit])


def _days_touched(hours: int, view: View) -> int:
    clock = Clock(view.as_of, view.zone.key)
    first = clock.hours(hours)[0].astimezone(view.zone).date()
    return (view.as_of.astimezone(view.zone).date() - first).days + 1


def _between(wanted: str, view: View) -> str:
    first, _, last = wanted.partition("..")
    if first == last:
        return f"on {day(first, view)}"
    if first[:7] == last[:7]:
        return f"from {int(first[8:])} to {day(last, view)}"
    return f"from {day(first, view)} to {day(last, view)}"


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
