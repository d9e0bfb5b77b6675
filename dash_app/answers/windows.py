"""The words for the time that a value covers, and for the period before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from dash_app.figures.style import View
from dash_app.figures.timeaxis import HOUR
from dash_app.formatters.formats import parse_instant
from engine.model.values.payload import Columns


def span(view: View, own: str, *, by_day: bool = False) -> str:
    """Return the words for a value's window: ``in 30 days``, ``in 48 h``, ``since 5 Nov``.

    ``own`` is the window of the dataset's name, such as ``30d``. ``by_day``: the rows are local days, so a
    range of hours covers the days that it touches.
    """
    period = view.over(own)
    is_own = period.range == own and period.is_in_hours and not by_day
    return f"in {period.short}" if is_own else view.within(own, by_day=by_day)


def period_before(view: View, own: str, *, by_day: bool = False) -> str:
    """Return the words for the period before a value's window, such as ``the prior 30 d``."""
    return view.over(own).prior_of(by_day=by_day)


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


def hour_of(text: str, view: View) -> str:
    """Return the local hour that begins at an instant: ``15:00 to 16:00``."""
    start = parse_instant(text)
    begins, ends = (instant.astimezone(view.zone) for instant in (start, start + HOUR))
    return f"{begins:%H:%M} to {ends:%H:%M}"


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


def is_selected(view: View) -> bool:
    """Return whether the page's address asks for a range, a filter or a comparison that it has."""
    return view.range is not None or view.is_filtered or view.previous is not None


def filtered(view: View) -> str:
    """Return the words for a value that filters restrict; else the empty text."""
    return " with these filters" if view.is_filtered else ""


@dataclass(frozen=True)
class Rolling:
    """A measure of ``activity_rolling`` in its last hours, and in as many before.

    ``previous`` is None if the history is too short to compare. ``period`` is ``24 h`` or ``7 d``.
    """

    current: float
    previous: float | None
    period: str

    @property
    def prior(self) -> str:
        """Return the name of the period before."""
        return f"the prior {self.period}"


def rolling(columns: Columns, measure: str, hours: int) -> Rolling | None:
    """Return a measure of ``activity_rolling`` over 24 or 168 hours; None if its table is missing."""
    places = list(zip(columns["measure"], columns["window_hours"], strict=True))
    row = places.index((measure, hours))
    if columns["current"][row] is None:
        return None
    previous, has_change = columns["previous"][row], columns["change"][row] is not None
    known = previous if has_change or not previous else None
    return Rolling(columns["current"][row], known, "24 h" if hours == 24 else "7 d")
