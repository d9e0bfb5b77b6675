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

from dash_app.card_states import ICONS, CardState, State
from dash_app.elements import icon
from dash_app.formatters.formats import clock_time, number
from dash_app.page_text import page_text
from engine.model.clock import to_iso
from engine.model.text.in_words import counted
from engine.model.values.payload import count_entries
from engine.store import Entry
from engine.store.quality import Quality


def page_as_of(entries: Iterable[Entry]) -> datetime | None:
    """Return the instant that most of these entries describe, the latest of several; None without values."""
    instants = Counter(entry.as_of for entry in entries if entry.value is not None)
    known = [(count, instant) for instant, count in instants.items() if instant is not None]
    return max(known)[1] if known else None


def notes_of(
    entry: Entry,
    state: CardState,
    zone: ZoneInfo,
    now: datetime,
    *,
    page_at: datetime | None,
    quality: Quality,
) -> list[Any]:
    """Return the notes of a card with a value; none if there is nothing to say.

    ``page_at`` is the instant of the page.
    """
    note: list[Any] = []
    if entry.as_of is not None and entry.as_of != page_at:
        note.append(_as_of(entry, entry.as_of, zone, now, stale=state.kind is not State.READY))
    if state.is_under_way:
        note.append(computing_element("expired, refreshing"))
    if state.line:
        note.append(html.Span(page_text(state.line), className="note-problem"))
    if state.remedy:
        note.append(html.Span(_remedy(state)))
    if cut := _cut_line(entry):
        note.append(html.Span(cut, className="note-problem"))
    return note + _quality_notes(quality)


def state_element(state: CardState) -> html.Div:
    """Return what stands in the room of a card without a value to show: icon, line and remedy."""
    if state.kind in (State.LOADING, State.COMPUTING):
        line = [html.Span(f"{state.line}; ")] if state.line else []
        return html.Div([*line, computing_element("Loading…")], className="card-state is-computing")
    return html.Div(
        [
            icon(ICONS[state.kind]),
            html.P(page_text(state.line), className="state-line"),
            html.P(_remedy(state), className="state-remedy") if state.remedy else None,
        ],
        className=f"card-state is-{state.kind}",
    )


def _remedy(state: CardState) -> list[Any]:
    refresh = html.Span(" Refresh does it now.", className="for-operators")
    return [page_text(state.remedy), *([refresh] if state.ends_by_refresh else [])]


def computing_element(words: str) -> html.Span:
    """Return the words of what a run computes; the browser writes how far the run is in their place."""
    return html.Span(words, className="note-state", **{"data-computing": words})


def _cut_line(entry: Entry) -> str:
    """Return how much of its dataset a value holds; the empty text if it holds all rows."""
    rows = count_entries(entry.value)
    if entry.rows_found is None or entry.rows_found <= rows:
        return ""
    return f"cut at {number(rows)} of {number(entry.rows_found)} rows"


def _as_of(entry: Entry, as_of: datetime, zone: ZoneInfo, now: datetime, *, stale: bool) -> html.Time:
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
