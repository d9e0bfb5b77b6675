"""Axes of time: instants are plotted in UTC and labelled in the dashboard's time zone.

Plotting in UTC separates the two hours with one label when clocks are set back.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from dash_app.figures.period import Period, local_midnight
from dash_app.figures.style import View, axis
from dash_app.formatters.formats import parse_instant
from engine.model.clock import Clock, to_iso

HOUR = timedelta(hours=1)
SO_FAR = ", so far"
_PROBE = timedelta(minutes=15)
_TICK_HOURS, _MOST_TICKS = (3, 6, 12, 24), 9


def running_hour(view: View) -> str:
    """Return the start of the local hour of the value's instant; the empty text in the period before."""
    return "" if view.is_previous else to_iso(Clock(view.as_of, view.zone.key).hour_start(view.as_of))


def is_running_day(day: str, view: View) -> bool:
    """Return whether a local day is not over at the value's instant; none is in the period before."""
    return not view.is_previous and date.fromisoformat(day) == view.as_of.astimezone(view.zone).date()


def plot_time(instant: datetime) -> str:
    """Return an instant as Plotly reads it: UTC, without an offset."""
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def plot_times(instants: list[str]) -> list[str]:
    """Return instants of a dataset as Plotly reads them."""
    return [text[:10] + " " + text[11:19] for text in instants]


def local_labels(instants: list[str], view: View, length: timedelta = timedelta(0)) -> list[str]:
    """Return ``Mon 23 Nov 20:00`` for each instant; with a length, ``20:00–21:00``."""
    labels = []
    for text in instants:
        start = parse_instant(text).astimezone(view.zone)
        label = f"{start:%a %d %b %H:%M}"
        if length:
            label += f"–{(parse_instant(text) + length).astimezone(view.zone):%H:%M}"
        labels.append(label)
    return labels


def hours_axis(first: datetime, last: datetime, view: View, **settings: Any) -> dict[str, Any]:
    """Return a time axis with up to nine ticks at local hours or midnights; midnight shows its day."""
    ticks = _ticks(first, last, view)
    ends = [plot_time(first), plot_time(last)]
    return axis(
        type="date",
        # This is no range, because a range that moves with each run would end a zoom.
        autorange=True,
        autorangeoptions={"include": ends, "clipmin": ends[0], "clipmax": ends[1]},
        tickmode="array",
        tickvals=[plot_time(tick) for tick in ticks],
        ticktext=[_tick_label(tick.astimezone(view.zone)) for tick in ticks],
        showgrid=False,
        fixedrange=False,
        **settings,
    )


def _ticks(first: datetime, last: datetime, view: View) -> list[datetime]:
    span = last - first
    every = next((hours for hours in _TICK_HOURS if span <= hours * _MOST_TICKS * HOUR), None)
    if every is None:
        days = Period(f"{first.astimezone(view.zone):%Y-%m-%d}..{last.astimezone(view.zone):%Y-%m-%d}")
        midnights = [local_midnight(date.fromisoformat(day), view.zone) for day in days.days(last, view.zone)]
        step = -(-len(midnights) // _MOST_TICKS)
        return [midnight for midnight in reversed(midnights[::-step]) if first <= midnight <= last]
    ticks: list[datetime] = []
    probe = first.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while probe <= last:
        local = probe.astimezone(view.zone)
        if probe >= first and local.minute == 0 and local.hour % every == 0:
            ticks.append(probe)
        probe += _PROBE
    return ticks


def _tick_label(local: datetime) -> str:
    return f"<b>{local:%a} {local.day}</b>" if local.hour == 0 else f"{local:%H:%M}"


def days_axis(days: list[str], view: View, **settings: Any) -> dict[str, Any]:
    """Return an axis of the labels of local days, about five of them written out."""
    every = -(-len(days) // 6)
    labels = day_labels(days, view)
    ticks = range(len(days) - 1, -1, -every)
    return axis(
        type="category",
        categoryorder="array",
        categoryarray=labels,
        tickmode="array",
        tickangle=0,
        tickvals=[labels[place] for place in ticks],
        ticktext=[day_label(days[place]) for place in ticks],
        showgrid=False,
        fixedrange=False,
        **settings,
    )


def day_label(day: str) -> str:
    """Return ``23 Nov``."""
    parsed = date.fromisoformat(day)
    return f"{parsed.day} {parsed:%b}"


def day_labels(days: list[str], view: View) -> list[str]:
    """Return ``Mon 23 Nov`` for each day; a day that is not over ends in *so far*."""
    return [
        f"{date.fromisoformat(day):%a} {day_label(day)}{SO_FAR if is_running_day(day, view) else ''}"
        for day in days
    ]
