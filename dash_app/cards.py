"""The content of cards: what a card shows of an entry or of the dashboard's own state.

An entry in any state gives a card a content and a note, also if its value cannot be shown.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import html

from dash_app.card_notes import notes_of, state_element
from dash_app.card_rooms import places_of_numbers
from dash_app.card_states import (
    COMPUTED_NEXT,
    CardState,
    State,
    left_alone,
    nothing_to_show,
    state_of_card,
)
from dash_app.comparing import ShownDataset, drawn, nothing_before, view_of
from dash_app.elements import kpis_element
from dash_app.figures.style import View, blank, empty_note, with_legend_below
from dash_app.formatters.column_help import with_help
from dash_app.openers import openers_of
from dash_app.pages import CHART, NUMBERS, TABLE, Card
from dash_app.table_elements import table_element
from dash_app.table_windows import FIRST_WINDOW, Window
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import to_iso
from engine.model.colours import NO_PLACES, ColourPlaces
from engine.model.values.payload import Columns
from engine.store import Entry
from engine.store.quality import GOOD_QUALITY, Quality

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CardContent:
    """What a callback sets in a card's frame: a figure or children, the note below, the body's class.

    ``answer`` is the sentence below the title, ``as_of`` the instant of the value in ISO 8601; both are empty
    if there is none.
    """

    content: Any
    note: Any
    body_class: str
    answer: str = ""
    as_of: str = ""


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
    page_at: datetime | None = None,
    selected: ShownDataset | None = None,
    beside: Columns | None = None,
    refusal: str = "",
    absence: str = "",
) -> CardContent:
    """Return the content of a dataset's card; ``is_computing``: a run computes what is due.

    ``window`` is the part of a long table to show. ``page_at`` is the instant that most of the page's values
    describe: a card with another one names it. ``selected`` is what the entry is a selection of, None if
    it is none. ``beside`` has the columns of the dataset beside the card's own, if it has a
    value. ``refusal`` says why nothing is computed for this visitor, ``absence`` that nobody computes.
    """
    state = state_of_card(entry, zone, is_computing=is_computing, refusal=refusal, absence=absence)
    if not state.shows_value or entry.as_of is None:
        return _without_value(card, state)
    # Days and hours are shown in the zone they were computed in; the note names it if it is another one.
    dataset = catalogue()[str(card.dataset)]
    view = View(_zone_of(entry) or zone, entry.as_of, colours, openers=openers_of(dataset), beside=beside)
    view = view_of(view, selected)
    shown = _shown(card, entry, view, selected)
    if shown is None:
        return _without_value(card, left_alone(_UNSHOWABLE, absence))
    notes = [html.Span(line) for line in (nothing_before(selected, view),) if line]
    notes += notes_of(entry, state, zone, now, page_at=page_at, quality=quality)
    as_of = to_iso(entry.as_of)
    if (nothing := _nothing_in(card, shown)) is not None:
        empty = nothing_to_show(state, nothing, dataset, is_filtered=view.is_filtered)
        return CardContent(_nothing(card), [state_element(empty), *notes], empty.body_class, as_of=as_of)
    return CardContent(
        _rendered(card, shown, window),
        notes,
        state.body_class,
        "" if card.answer is None else _answer(card, entry.value, view),
        as_of,
    )


def _shown(card: Card, entry: Entry, view: View, selected: ShownDataset | None) -> Any:
    """Return the figure, the KPIs or the table of an entry's value; None if none can be made of it."""
    try:
        # KPIs and tables use all rows, charts the page value.
        columns = entry.shown if card.kind == CHART else entry.value
        shown = drawn(card, columns, view, selected)
        return with_help(shown, catalogue()[str(card.dataset)]) if card.kind == TABLE else shown
    except Exception:
        log.exception("card %s cannot show the value of %s", card.name, entry.key)
        return None


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
        return _without_value(card, _UNREAD)
    try:
        shown = card.system.show(value, View(zone, now))
        ready = CardState(State.READY, shows_value=True)
        if (nothing := _nothing_in(card, shown)) is not None:
            empty = nothing_to_show(ready, nothing, None, is_filtered=False)
            return CardContent(_nothing(card), state_element(empty), empty.body_class)
        return CardContent(_rendered(card, shown, window), [], ready.body_class)
    except Exception:
        log.exception("card %s cannot show what was read for it", card.name)
        return _without_value(card, _UNSHOWABLE)


def _answer(card: Card, columns: Any, view: View) -> str:
    """Return the sentence that answers the card's question; empty if it cannot be made of this value."""
    try:
        return card.answer(columns, view) if card.answer is not None else ""
    except Exception:
        log.exception("card %s has no answer for its value", card.name)
        return ""


_UNSHOWABLE = CardState(State.DAMAGED, "This value cannot be shown", COMPUTED_NEXT)
_UNREAD = CardState(State.FAILED, "Cannot be read at present", "It is tried again when the page is opened.")


def _without_value(card: Card, state: CardState) -> CardContent:
    is_waiting = state.kind is State.COMPUTING and card.kind == NUMBERS
    content = places_of_numbers(card.name, card.height) if is_waiting else _nothing(card)
    return CardContent(content, state_element(state), state.body_class)


def _nothing(card: Card) -> Any:
    return blank() if card.kind == CHART else []


def _nothing_in(card: Card, shown: Any) -> str | None:
    """Return the line of a chart or a table that has nothing to show; None if it has something."""
    if card.kind == CHART:
        return empty_note(shown)
    return shown.nothing if card.kind == TABLE and not shown.rows else None


def _rendered(card: Card, shown: Any, window: Window) -> Any:
    if card.kind == CHART:
        return with_legend_below(shown)
    return table_element(shown, card.heading, window) if card.kind == TABLE else kpis_element(shown)
