"""The callbacks: one that reads each page, and one that draws its charts in the browser.

The inputs of a page's callbacks are its own components, so no callback fires for a page that is not open.
The browser sets a page's signal when the server sends a new version. No callback waits for a run: buttons
post to the addresses of ``dash_app.http.refresh``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from dash import ClientsideFunction, Dash, Input, Output, State, html, no_update

from dash_app.cache_reader import CacheReader, PageData
from dash_app.cards import content_output, rest_outputs
from dash_app.page_text import page_text
from dash_app.pages import CHART, Page
from dash_app.rendering import RenderedCard, Renderer, shown_as_of
from dash_app.selections import asked_of
from dash_app.sidebar import CACHE_STATE
from dash_app.table_windows import windows_of
from dash_app.unavailable import hidden_cards_line
from engine.model.clock import wall_clock

_ANSWER = ""
"""The page's sentence among the digests by card."""


def register(app: Dash, reader: CacheReader, pages: tuple[Page, ...]) -> None:
    """Register the callbacks of these pages."""
    renderer = Renderer(ZoneInfo(reader.settings.time_zone), hides=reader.settings.hide_unavailable)
    for page in pages:
        _register_reading(app, reader, renderer, page)
        _register_drawing(app, page)


def _register_reading(app: Dash, reader: CacheReader, renderer: Renderer, page: Page) -> None:
    zone = ZoneInfo(reader.settings.time_zone)
    outputs = [
        Output(page.id("hidden"), "children"),
        Output(CACHE_STATE, "children", allow_duplicate=True),
        Output(page.id("shown"), "data"),
        Output(page.id("cards"), "data-version"),
        Output(page.id("cards"), "data-as-of"),
    ]
    if page.answer is not None:
        outputs += [Output(page.id("answer"), part) for part in ("children", "className")]
    for card in page.cards:
        outputs += [Output(*each) for each in (content_output(page, card), *rest_outputs(page, card))]

    @app.callback(
        outputs,
        Input(page.id("signal"), "data"),
        State(page.id("shown"), "data"),
        State("_pages_location", "search"),
        prevent_initial_call="initial_duplicate",
    )  # type: ignore[untyped-decorator]
    async def read(signal: Any, shown: Any, search: Any) -> list[Any]:
        now = wall_clock()
        asked = asked_of(page, _search(signal, search), now.astimezone(zone).date())
        data = await reader.read_page(page, now, _in_view(signal), asked.selection)
        if renderer.is_rendered(page, data):
            cards = renderer.cards(page, data)
        else:
            # A long table takes a while, so it is rendered beside the event loop.
            cards = await asyncio.to_thread(renderer.cards, page, data)
        if windows := windows_of(signal):
            cards = await asyncio.to_thread(renderer.in_windows, page, data, cards, windows)
        answer = renderer.answer(page, data)
        holds = shown if isinstance(shown, Mapping) else {}
        values: list[Any] = [
            _lines(page, data, asked.refused, hides=reader.settings.hide_unavailable),
            renderer.sidebar(data),
            ({} if page.answer is None else {_ANSWER: answer.digest})
            | {card.name: [card.content_digest, card.rest_digest] for card in cards},
            data.view.version,
            shown_as_of(page, data),
        ]
        if page.answer is not None:
            holds_it = holds.get(_ANSWER) == answer.digest
            values += [no_update] * 2 if holds_it else [answer.children, answer.css_class]
        for card in cards:
            values += _differing(card, holds.get(card.name))
        return values


def _lines(page: Page, data: PageData, refused: tuple[str, ...], *, hides: bool) -> list[Any] | None:
    """Return the lines above the cards: what is not taken of the address, the hidden cards; None if none."""
    lines = [*refused, *([str(data.view.refusal)] if data.view.refusal is not None else [])]
    hidden = hidden_cards_line(page, data.view.entries) if hides else None
    refused_line = html.P(page_text(" · ".join(lines)), className="refused", role="status")
    return [*([refused_line] if lines else []), *([] if hidden is None else [hidden])] or None


def _search(signal: Any, at_first: Any) -> str:
    """Return the query of the address that a signal names; before the first one, that of the layout."""
    search = signal.get("search", at_first) if isinstance(signal, Mapping) else at_first
    return search if isinstance(search, str) else ""


def _register_drawing(app: Dash, page: Page) -> None:
    """Register what draws the page's new figures, in the browser, with the zoom of those shown."""
    charts = [card for card in page.cards if card.kind == CHART]
    if charts:
        app.clientside_callback(
            ClientsideFunction("dashboard", "drawFigures"),
            [Output(page.id("content", card), "figure") for card in charts],
            [Input(page.id("figure", card), "data") for card in charts],
            [State(page.id("content", card), "figure") for card in charts],
            prevent_initial_call=True,
        )


def _in_view(signal: Any) -> list[str]:
    """Return the cards in view that a signal names; none if it names none."""
    cards = signal.get("in_view") if isinstance(signal, Mapping) else None
    return [card for card in cards if isinstance(card, str)] if isinstance(cards, list) else []


def _differing(card: RenderedCard, held: Any) -> list[Any]:
    """Return the card's content and its rest, without what the browser holds already."""
    content, rest = held if isinstance(held, list) and len(held) == 2 else (None, None)
    return [
        no_update if content == card.content_digest else card.content,
        *([no_update] * len(card.rest) if rest == card.rest_digest else card.rest),
    ]
