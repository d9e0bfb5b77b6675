"""The frames of cards: what has its place before there is a value, and where callbacks put one."""

from __future__ import annotations

from typing import Any, NamedTuple

from dash import html

from dash_app.card_rooms import places_of_numbers
from dash_app.card_states import LOADING_STATE
from dash_app.chart_frame import chart_frame
from dash_app.elements import icon
from dash_app.markup import CONTENT, FIGURE, markup_of
from dash_app.pages import CHART, NUMBERS, Card, Page


class CardRest(NamedTuple):
    """What a callback sets in a card's frame beside the content, in the order of ``rest_outputs``.

    ``key`` is that of the value shown, ``as_of`` its instant; both are empty if there is none.
    """

    note: Any
    body_class: str
    answer: str | None
    key: str
    as_of: str
    heading: Any


def frame(page: Page, card: Card, content: Any = None, rest: CardRest | None = None) -> html.Section:
    """Return a card's frame in its final size, with a content and its rest, or without a value.

    ``content`` is what a callback puts into ``content_output``.
    """
    heading_id = page.id("heading", card)
    rest = rest or CardRest(None, LOADING_STATE.body_class, None, card.key or "", "", card.heading)
    return html.Section(
        id=page.id("card", card),
        className=f"card panel span-{card.width} panel-{card.kind}",
        **{
            "aria-labelledby": heading_id,
            "data-card": card.name,
            "data-kind": card.kind,
            "data-key": rest.key,
            "data-as-of": rest.as_of,
        },
        # The room of its content, which the card keeps in every state.
        style={"--room": f"{card.height}px"},
        children=[
            html.Header([html.H2(rest.heading, id=heading_id), _menu_button(card)], className="panel-head"),
            html.P(
                rest.answer,
                id=page.id("answer", card),
                className="card-answer" if card.answer is None else "card-answer has-room",
            ),
            html.Div(
                _body(page, card, content),
                id=page.id("body", card),
                className=rest.body_class,
            ),
            html.Footer(rest.note, id=page.id("note", card), className="panel-note"),
        ],
    )


def _menu_button(card: Card) -> html.Button:
    return html.Button(
        icon("three-dots"),
        type="button",
        className="card-menu",
        title="More",
        **{
            "aria-label": f"Menu of “{card.heading}”",
            "aria-haspopup": "menu",
            "aria-expanded": "false",
        },
    )


def _body(page: Page, card: Card, content: Any) -> Any:
    if card.kind != CHART:
        if content is None and card.kind == NUMBERS:
            content = markup_of(places_of_numbers(card.name, card.height))
        return html.Div(id=page.id("content", card), **{CONTENT: content or ""})
    # The browser draws the figure here, as far in as the shown one is zoomed.
    chart = html.Div(
        id=page.id("content", card),
        className="dash-graph",
        style={"height": f"{card.height}px"},
        **{FIGURE: content or ""},
    )
    return chart_frame([chart], card.heading, page.id("answer", card) if card.answer else None)


def content_output(page: Page, card: Card) -> tuple[str, str]:
    """Return the element id and the property that a callback puts the card's content into."""
    return page.id("content", card), FIGURE if card.kind == CHART else CONTENT


def rest_outputs(page: Page, card: Card) -> tuple[tuple[str, str], ...]:
    """Return the element id and the property of each value of a ``CardRest``."""
    return (
        (page.id("note", card), "children"),
        (page.id("body", card), "className"),
        (page.id("answer", card), "children"),
        (page.id("card", card), "data-key"),
        (page.id("card", card), "data-as-of"),
        (page.id("heading", card), "children"),
    )
