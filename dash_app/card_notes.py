"""The notes below a card: age, days of another zone, expiry, problems, cuts and values left out.

A card names its age only if it differs from the page's, which the status pill shows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import html

from dash_app.formatters.formats import clock_time, counted, number
from dash_app.page_text import page_text
from engine.model.clock import to_iso
from engine.model.payload import count_entries
from engine.model.results import UNAVAILABLE
from engine.store import Entry, EntryState
from engine.store.quality import Quality


def page_as_of(entries: Iterable[Entry]) -> datetime | None:
    """Return the instant that most of these entries describe, the latest of several; None without values."""
    instants = Counter(entry.as_of for entry in entries if entry.value is not None)
    known = [(count, instant) for instant, count in instants.items() if instant is not None]
    return max(known)[1] if known else None


def notes_of(
    entry: Entry,
    as_of: datetime,
    zone: ZoneInfo,
    now: datetime,
    *,
    page_at: datetime | None,
    is_under_way: bool,
    quality: Quality,
) -> list[Any]:
    """Return the notes of a card with a value; none if there is nothing to say.

    ``page_at`` is the instant of the page. ``is_under_way``: a run computes the entry.
    """
    note: list[Any] = []
    if as_of != page_at:
        stale = entry.state is not EntryState.FRESH or entry.problem is not None
        note.append(_as_of(entry, as_of, zone, now, stale))
    if entry.reason:
        note.append(html.Span(page_text(entry.reason), className="note-problem"))
    if is_under_way:
        note.append(html.Span("expired, refreshing", className="note-state"))
    elif entry.state is EntryState.EXPIRED and entry.problem is None and not entry.reason:
        note.append(html.Span("expired", className="note-problem"))
    if cut := _cut_line(entry):
        note.append(html.Span(cut, className="note-problem"))
    if problem := problem_line(entry):
        note.append(html.Span(page_text(problem), className="note-problem"))
    return note + _quality_notes(quality)


def problem_line(entry: Entry) -> str:
    """Return why a value is missing or old; the empty text if nothing is known to be wrong."""
    if entry.problem is None:
        return ""
    return (
        entry.problem.reason
        if entry.problem.kind == UNAVAILABLE
        else f"last run failed: {entry.problem.reason}"
    )


def _cut_line(entry: Entry) -> str:
    """Return how much of its dataset a value holds; the empty text if it holds all rows."""
    rows = count_entries(entry.value)
    if entry.rows_found is None or entry.rows_found <= rows:
        return ""
    return f"cut at {number(rows)} of {number(entry.rows_found)} rows"


def _as_of(entry: Entry, as_of: datetime, zone: ZoneInfo, now: datetime, stale: bool) -> html.Time:
    same_day = as_of.astimezone(zone).date() == now.astimezone(zone).date()
    day = "" if same_day else f"{as_of.astimezone(zone):%d %b} "
    return html.Time(
        [
            "as of ",
            day,
            clock_time(as_of, zone),
            ", ",
            # The browser writes the age, so the rendered card stays the same for all readers.
            html.Span(**{"data-age": to_iso(as_of)}),
        ],
        dateTime=to_iso(as_of),
        title=f"computed at {clock_time(entry.computed_at, zone)}",
        className="note-age is-stale" if stale else "note-age",
    )


def _quality_notes(quality: Quality) -> list[html.Details]:
    """Return the counts of values that a dataset could not take, in one line that opens to their columns."""
    unrecognised = sum(count.values for count in quality.unrecognised)
    unreadable = sum(count.values for count in quality.unreadable)
    parts = ((unrecognised, "not recognised"), (unreadable, "not readable"))
    found = [(values, what) for values, what in parts if values]
    if not found:
        return []
    first, *more = found
    parts_found = [
        f"{counted(first[0], 'value')} {first[1]}",
        *(f"{number(values)} {what}" for values, what in more),
    ]
    lines = [
        f"{count.table}.{count.column} “{count.word}”: {number(count.values)}"
        for count in quality.unrecognised
    ]
    lines += [
        f"{count.table}.{count.column}, not readable: {number(count.values)}" for count in quality.unreadable
    ]
    items = html.Ul([html.Li(page_text(line)) for line in lines])
    return [html.Details([html.Summary(", ".join(parts_found)), items], className="note-quality")]
