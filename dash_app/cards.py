"""Cards as Dash components: the frame with its placeholder, and the content that an entry gives it.

A frame holds no data, so layouts are static. An entry in any state gives a card a content and a note, also if
its value cannot be shown.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import dcc, html

from dash_app.elements import icon, kpis_element, table_element
from dash_app.figures.style import View, blank, empty
from dash_app.formatters.formats import clock_time, counted, number
from dash_app.page_text import page_text
from dash_app.pages import CHART, TABLE, Card, Page
from dash_app.table_windows import FIRST_WINDOW, Window
from engine.model.clock import to_iso
from engine.model.colours import NO_PLACES, ColourPlaces
from engine.model.datasets import catalogue
from engine.model.payload import count_entries
from engine.model.results import UNAVAILABLE
from engine.store import Entry, EntryState
from engine.store.quality import GOOD_QUALITY, Quality

log = logging.getLogger(__name__)

_GRAPH_CONFIG = {"displayModeBar": False, "responsive": True, "displaylogo": False, "scrollZoom": False}
CARD_BUTTON = "card-button run-button"
LOADING, READY, TROUBLED = "card-body is-loading", "card-body", "card-body is-troubled"
ABSENT = "card-body is-troubled is-absent"


@dataclass(frozen=True)
class CardContent:
    """What a callback sets in a card's frame: a figure or children, the note below, the body's class."""

    content: Any
    note: Any
    body_class: str


def frame(page: Page, card: Card) -> html.Section:
    """Return a card's frame in its final size, without a value."""
    heading_id = page.id("heading", card)
    return html.Section(
        className=f"card panel span-{card.width} panel-{card.kind}",
        **{"aria-labelledby": heading_id, "data-card": card.name},
        children=[
            html.Header(
                [html.H2(card.heading, id=heading_id), *_refresh(page, card)],
                className="panel-head",
            ),
            html.Div(
                _body(page, card),
                id=page.id("body", card),
                className=LOADING,
                style={"--room": f"{card.height}px"},
            ),
            html.Footer(id=page.id("note", card), className="panel-note"),
        ],
    )


def _refresh(page: Page, card: Card) -> list[html.Button]:
    """Return the button that computes the card's dataset; none if the card shows no dataset."""
    if card.dataset is None:
        return []
    label = f"Refresh “{card.heading}”"
    return [
        html.Button(
            icon("arrow-clockwise"),
            id=page.id("refresh", card),
            type="button",
            className=CARD_BUTTON,
            title="Refresh",
            **{"aria-label": label},
        )
    ]


def _body(page: Page, card: Card) -> Any:
    if card.kind != CHART:
        return html.Div(id=page.id("content", card))
    graph = dcc.Graph(
        id=page.id("content", card),
        figure=blank(),
        config=_GRAPH_CONFIG,
        responsive=True,
        style={"height": f"{card.height}px"},
    )
    description = (
        f"Chart: {card.heading}. One row is {catalogue()[card.dataset].row}."
        if card.dataset
        else card.heading
    )
    # The browser draws the new figure as far in as the shown one is zoomed.
    new_figure = dcc.Store(id=page.id("figure", card))
    return html.Div([graph, new_figure], role="img", **{"aria-label": description})


def content_output(page: Page, card: Card) -> tuple[str, str]:
    """Return the element id and the property that a callback puts the card's content into."""
    if card.kind == CHART:
        return page.id("figure", card), "data"
    return page.id("content", card), "children"


def fill(
    card: Card,
    entry: Entry,
    zone: ZoneInfo,
    now: datetime,
    *,
    is_computing: bool = False,
    colours: ColourPlaces = NO_PLACES,
    quality: Quality = GOOD_QUALITY,
    window: Window = FIRST_WINDOW,
) -> CardContent:
    """Return the content of a dataset's card; ``is_computing``: a run computes what is due.

    ``window`` is the part of a long table to show.
    """
    under_way = is_computing and entry.due
    if entry.value is None or entry.as_of is None:
        if under_way:
            damage = "the stored value is damaged; " if entry.state is EntryState.DAMAGED else ""
            return CardContent(
                _nothing(card), html.Span(f"{damage}Loading…", className="note-state"), LOADING
            )
        shown_as = ABSENT if entry.is_unavailable else TROUBLED
        return _without_value(card, _problem_line(entry) or "not computed yet", shown_as)
    # Days and hours are shown in the zone they were computed in; the note names it if it is another one.
    view = View(_zone_of(entry) or zone, entry.as_of, colours)
    try:
        # KPIs and tables use all rows, charts the page value.
        columns = entry.shown if card.kind == CHART else entry.value
        shown = card.show(columns, view)  # type: ignore[misc]
    except Exception:
        log.exception("card %s cannot show the value of %s", card.name, entry.key)
        return _without_value(card, "this value cannot be shown; refresh it")
    stale = entry.state is not EntryState.FRESH or entry.problem is not None
    note = [_as_of(entry, entry.as_of, zone, now, stale)]
    if entry.reason:
        note.append(html.Span(page_text(entry.reason), className="note-problem"))
    if under_way:
        note.append(html.Span("expired, refreshing", className="note-state"))
    elif entry.state is EntryState.EXPIRED and entry.problem is None and not entry.reason:
        note.append(html.Span("expired", className="note-problem"))
    if cut := _cut_line(entry):
        note.append(html.Span(cut, className="note-problem"))
    if problem := _problem_line(entry):
        note.append(html.Span(page_text(problem), className="note-problem"))
    note += _quality_notes(quality)
    return CardContent(_rendered(card, shown, window), note, READY)


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


def _zone_of(entry: Entry) -> ZoneInfo | None:
    """Return the zone that a value was computed in; None if it is the page's or unknown here."""
    if not entry.mismatch or entry.origin is None:
        return None
    try:
        return ZoneInfo(entry.origin.fingerprint.time_zone)
    except (KeyError, ValueError, OSError):
        return None


def fill_system_card(
    card: Card, value: Any, zone: ZoneInfo, now: datetime, window: Window = FIRST_WINDOW
) -> CardContent:
    """Return the content of a system card; None as a value means that it cannot be read."""
    if value is None or card.system is None:
        return _without_value(card, "cannot be read at present")
    try:
        return CardContent(_rendered(card, card.system.show(value, View(zone, now)), window), [], READY)
    except Exception:
        log.exception("card %s cannot show what was read for it", card.name)
        return _without_value(card, "cannot be shown at present")


def _problem_line(entry: Entry) -> str:
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


def _without_value(card: Card, reason: str, body_class: str = TROUBLED) -> CardContent:
    return CardContent(_nothing(card), html.Span(page_text(reason), className="note-problem"), body_class)


def _nothing(card: Card) -> Any:
    return empty("") if card.kind == CHART else []


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


def _rendered(card: Card, shown: Any, window: Window) -> Any:
    if card.kind == CHART:
        return shown
    return table_element(shown, card.heading, window) if card.kind == TABLE else kpis_element(shown)
