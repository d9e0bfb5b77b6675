"""Cards as Dash components: the frame with its placeholder, and the content of each kind.

A frame holds no data, so layouts are static. What fills it is the content and the note of an
``Entry``; a card in any state has both, whatever the value holds.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import dcc, html

from dash_app.figures.style import View, blank, empty
from dash_app.pages import CHART, TABLE, Card, Page
from dash_app.readouts.formats import age, clock_time
from dash_app.readouts.numbers import Stat
from dash_app.readouts.tables import Cell, Heading, Table
from engine.cache import Entry, EntryState
from engine.clock import to_iso
from engine.datasets import Dataset, catalogue

log = logging.getLogger(__name__)

LONG_TEXT = 30
_GRAPH_CONFIG = {"displayModeBar": False, "responsive": True, "displaylogo": False, "scrollZoom": False}
LOADING, READY, TROUBLED = "card-body is-loading", "card-body", "card-body is-troubled"


@dataclass(frozen=True)
class Filling:
    """What a callback puts into a card's frame: a figure or children, the note below, the body's class."""

    content: Any
    note: Any
    body_class: str


def frame(page: Page, card: Card) -> html.Section:
    """Return a card without its value, of the size it will have."""
    heading_id = page.id("heading", card)
    return html.Section(
        className=f"card panel span-{card.width} panel-{card.kind}",
        **{"aria-labelledby": heading_id},
        children=[
            html.Header(html.H2(card.heading, id=heading_id), className="panel-head"),
            html.Div(
                _body(page, card),
                id=page.id("body", card),
                className=LOADING,
                style={"--room": f"{card.height}px"},
            ),
            html.Footer(id=page.id("note", card), className="panel-note"),
        ],
    )


def _body(page: Page, card: Card) -> Any:
    content_id = page.id("content", card)
    if card.kind != CHART:
        return html.Div(id=content_id)
    graph = dcc.Graph(
        id=content_id,
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
    return html.Div(graph, role="img", **{"aria-label": description})


def content_property(card: Card) -> str:
    """Return the property of the card's content that a callback sets."""
    return "figure" if card.kind == CHART else "children"


def fill(card: Card, entry: Entry, zone: ZoneInfo, now: datetime) -> Filling:
    """Return what a dataset's card shows for an entry."""
    if entry.value is None or entry.as_of is None:
        return _without_value(card, _problem_line(entry) or "not computed yet")
    view = View(zone, entry.as_of)
    try:
        shown = card.show(entry.value, view)  # type: ignore[misc]
    except Exception:
        log.exception("card %s cannot show the value of %s", card.name, entry.key)
        return _without_value(card, "this value cannot be shown; a refresh computes it anew")
    stale = entry.state is not EntryState.FRESH or entry.problem is not None
    note = [_as_of(entry.as_of, zone, now, stale)]
    if problem := _problem_line(entry):
        note.append(html.Span(problem, className="note-problem"))
    return Filling(_rendered(card, shown, key=str(entry.computed_at)), note, READY)


def fill_internal(card: Card, value: Any, zone: ZoneInfo, now: datetime) -> Filling:
    """Return what a card about the dashboard itself shows; a value of None could not be read."""
    if value is None or card.internal is None:
        return _without_value(card, "cannot be read at present")
    return Filling(_rendered(card, card.internal.show(value, View(zone, now)), key=to_iso(now)), [], READY)


def well_formed(dataset: Dataset, value: Any) -> bool:
    """Tell whether a cached value has the dataset's columns, all of one length."""
    if not isinstance(value, dict) or not all(isinstance(column, list) for column in value.values()):
        return False
    names = {column.name for column in dataset.columns}
    return set(value) == names and len({len(column) for column in value.values()}) <= 1


def _problem_line(entry: Entry) -> str:
    if entry.problem is None:
        return ""
    return (
        entry.problem.reason
        if entry.problem.kind == "unavailable"
        else f"last run failed: {entry.problem.reason}"
    )


def _without_value(card: Card, reason: str) -> Filling:
    content = empty("") if card.kind == CHART else []
    return Filling(content, html.Span(reason, className="note-problem"), TROUBLED)


def _as_of(as_of: datetime, zone: ZoneInfo, now: datetime, stale: bool) -> html.Time:
    same_day = as_of.astimezone(zone).date() == now.astimezone(zone).date()
    day = "" if same_day else f"{as_of.astimezone(zone):%d %b} "
    return html.Time(
        [
            "as of ",
            day,
            clock_time(as_of, zone),
            ", ",
            html.Span(age(as_of, now), **{"data-age": to_iso(as_of)}),
        ],
        dateTime=to_iso(as_of),
        className="note-age is-stale" if stale else "note-age",
    )


def _rendered(card: Card, shown: Any, key: str) -> Any:
    if card.kind == CHART:
        return shown
    return table_element(shown, card.heading, key) if card.kind == TABLE else numbers_element(shown)


def numbers_element(stats: tuple[Stat, ...]) -> html.Dl:
    """Return numbers with their labels."""
    return html.Dl(
        [
            html.Div(
                [
                    html.Dt(stat.label),
                    html.Dd(
                        stat.value, className=f"stat-value tone-{stat.tone}" if stat.tone else "stat-value"
                    ),
                    html.Dd(stat.hint, className="stat-hint") if stat.hint else None,
                ],
                className="stat",
            )
            for stat in stats
        ],
        className="stats",
    )


def table_element(table: Table, caption: str, key: str) -> Any:
    """Return a table that sorts by its headings; a new key makes the browser draw it afresh."""
    if not table.rows:
        return html.P(table.nothing, className="nothing")
    return html.Div(
        html.Table(
            [
                html.Caption(caption, className="visually-hidden"),
                html.Thead(html.Tr([_heading(heading) for heading in table.headings])),
                html.Tbody(
                    [
                        html.Tr([_cell(*pair) for pair in zip(row, table.headings, strict=True)])
                        for row in table.rows
                    ]
                ),
            ],
            key=key,
            className="table table-sm table-hover sortable",
        ),
        className="table-scroll",
        tabIndex="0",
        role="region",
        **{"aria-label": caption},
    )


def _heading(heading: Heading) -> html.Th:
    return html.Th(
        html.Button(heading.text, type="button", className="sort"),
        scope="col",
        className="numeric" if heading.numeric else "",
    )


def _cell(cell: Cell, heading: Heading) -> html.Td:
    classes = ["numeric"] if heading.numeric else []
    if cell.tone and not cell.badge:
        classes.append(f"tone-{cell.tone}")
    if cell.share is not None:
        classes.append("with-share")
    if len(cell.text) > LONG_TEXT:
        classes.append("long")
    text = html.Span(cell.text, className=f"pill pill-{cell.tone or 'plain'}") if cell.badge else cell.text
    return html.Td(
        text,
        className=" ".join(classes),
        title=cell.note or None,
        style={"--share": f"{cell.share * 100:.1f}%"} if cell.share is not None else None,
        **{"data-sort": str(cell.text if cell.sort is None else cell.sort)},
    )
