"""The callbacks: one that reads each page, one for each button.

The inputs of a page's callbacks are its own components, so no callback fires for a page that is not open.
The browser sets a page's signal when the server sends a new version. Only the callbacks of buttons wait for a
run, and they hold no thread meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from dash_app.cache_reader import CacheReader, PageData
from dash_app.cards import CARD_BUTTON, content_output
from dash_app.login.run_gate import Refusal
from dash_app.pages import CHART, PAGES, Page
from dash_app.rendering import RenderedCard, Renderer
from dash_app.shell import (
    BUTTON,
    BUTTON_BUSY,
    CACHE_STATE,
    FULL_REFRESH,
    RUN_NOTICE,
    alert,
)
from dash_app.table_windows import windows_of
from dash_app.unavailable import hidden_cards_line
from engine.model.clock import wall_clock
from engine.runs import Trigger


def register(app: Dash, reader: CacheReader, pages: tuple[Page, ...]) -> None:
    """Register the callbacks of the shell and of these pages."""
    renderer = Renderer(ZoneInfo(reader.settings.time_zone), hides=reader.settings.hide_unavailable)
    for page in pages:
        _register_reading(app, reader, renderer, page)
        _register_drawing(app, page)
        if page in PAGES:
            _register_refresh(app, reader, page)
    _register_full_refresh(app, reader)


def _register_reading(app: Dash, reader: CacheReader, renderer: Renderer, page: Page) -> None:
    outputs = [
        Output(page.id("trouble"), "children"),
        Output(CACHE_STATE, "children", allow_duplicate=True),
        Output(page.id("shown"), "data"),
        Output(page.id("cards"), "data-version"),
    ]
    for card in page.cards:
        outputs += [
            Output(*content_output(page, card)),
            Output(page.id("note", card), "children"),
            Output(page.id("body", card), "className"),
        ]

    @app.callback(
        outputs,
        Input(page.id("signal"), "data"),
        State(page.id("shown"), "data"),
        prevent_initial_call="initial_duplicate",
    )  # type: ignore[untyped-decorator]
    async def read(signal: Any, shown: Any) -> list[Any]:
        data = await reader.read_page(page, wall_clock(), _in_view(signal))
        if renderer.is_rendered(page, data):
            cards = renderer.cards(page, data)
        else:
            # A long table takes a while, so it is rendered beside the event loop.
            cards = await asyncio.to_thread(renderer.cards, page, data)
        if windows := windows_of(signal):
            cards = await asyncio.to_thread(renderer.in_windows, page, data, cards, windows)
        holds = shown if isinstance(shown, Mapping) else {}
        values: list[Any] = [
            _notices(page, data, hides=reader.settings.hide_unavailable),
            renderer.sidebar(data),
            {card.name: [card.content_digest, card.rest_digest] for card in cards},
            data.view.version,
        ]
        for card in cards:
            values += _differing(card, holds.get(card.name))
        return values


def _notices(page: Page, data: PageData, *, hides: bool) -> list[Any] | None:
    """Return the lines above the cards: why the cache cannot be read, the hidden cards; None if none."""
    lines = [alert(data.view.trouble), hidden_cards_line(page, data.view.entries) if hides else None]
    return [line for line in lines if line is not None] or None


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
    """Return the card's content, note and class, without those that the browser holds already."""
    content, rest = held if isinstance(held, list) and len(held) == 2 else (None, None)
    return [
        no_update if content == card.content_digest else card.content,
        *([no_update] * 2 if rest == card.rest_digest else [card.note, card.body_class]),
    ]


def _running(button: str, look: str, busy: str) -> list[tuple[Output, Any, Any]]:
    return [(Output(button, "disabled"), True, False), (Output(button, "className"), busy, look)]


def _register_refresh(app: Dash, reader: CacheReader, page: Page) -> None:
    """Register the buttons of the page and of its cards."""
    cards = {page.id("refresh", card): card for card in page.cards if card.dataset is not None}
    look, busy = f"{BUTTON} btn-outline-secondary", f"{BUTTON_BUSY} btn-outline-secondary"
    if page.datasets:
        _register_button(app, reader, page.id("refresh"), (Trigger.PAGE, page.datasets), (look, busy))
    else:
        _register_rereading(app, page)
    for button, card in cards.items():
        _register_button(
            app, reader, button, (Trigger.CARD, (str(card.dataset),)), (CARD_BUTTON, f"{CARD_BUTTON} is-busy")
        )


def _register_full_refresh(app: Dash, reader: CacheReader) -> None:
    looks = (f"{BUTTON} btn-primary", f"{BUTTON_BUSY} btn-primary")
    _register_button(app, reader, FULL_REFRESH, (Trigger.FULL, None), looks)


def _register_button(
    app: Dash,
    reader: CacheReader,
    button: str,
    request: tuple[Trigger, tuple[str, ...] | None],
    looks: tuple[str, str],
) -> None:
    """Register a button that submits a run and looks busy until that ends."""

    @app.callback(
        Output(RUN_NOTICE, "children", allow_duplicate=True),
        Input(button, "n_clicks"),
        running=_running(button, *looks),
        prevent_initial_call=True,
    )  # type: ignore[untyped-decorator]
    async def refresh(clicks: int | None) -> Any:
        if not clicks:
            return no_update
        trigger, datasets = request
        try:
            failure = await asyncio.wrap_future(await reader.gate.refresh(trigger, datasets))
        except Refusal as refusal:
            return alert(str(refusal))
        name = "Full refresh" if trigger is Trigger.FULL else "Refresh"
        return alert(failure and f"{name} failed. {failure}", "danger")


def _register_rereading(app: Dash, page: Page) -> None:
    """Register the button of a page without datasets, which reads the page again."""
    app.clientside_callback(
        "function (clicks) { return {clicks: clicks}; }",
        Output(page.id("signal"), "data"),
        Input(page.id("refresh"), "n_clicks"),
        prevent_initial_call=True,
    )
