"""The callbacks: one that reads each page, and one that draws its charts in the browser.

The inputs of a page's callbacks are its own components, so no callback fires for a page that is not open.
The browser sets a page's signal when the server sends a new version. No callback waits for a run: buttons
post to the addresses of ``dash_app.http.refresh``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from dash_app.card_frames import content_output, rest_outputs
from dash_app.page_layouts import PageLayouts
from dash_app.page_reading import ANSWER, PageReadings
from dash_app.pages import Page
from dash_app.rendering import RenderedCard
from dash_app.sidebar import show_cache_state
from dash_app.table_windows import windows_of


def register(app: Dash, readings: PageReadings, layouts: PageLayouts, pages: tuple[Page, ...]) -> None:
    """Register the callbacks of these pages, and those that lay out the page of another address."""
    _register_routing(app, layouts)
    for page in pages:
        _register_reading(app, readings, page)


def _register_routing(app: Dash, layouts: PageLayouts) -> None:
    # A document brings its own page along, so this is called when somebody goes to another one.
    @app.callback(
        Output("_pages_content", "children"),
        Output("_pages_store", "data"),
        Input("_pages_location", "pathname"),
        Input("_pages_location", "search"),
        prevent_initial_call=True,
    )  # type: ignore[untyped-decorator]
    async def lay_out(pathname: str, search: str) -> tuple[Any, dict[str, str]]:
        page = layouts.page_at(pathname)
        laid = await layouts.lay_out(page, search)
        return laid.content, {"title": layouts.title_of(page)}

    app.clientside_callback(ClientsideFunction("dashboard", "nameDocument"), Input("_pages_store", "data"))


def _register_reading(app: Dash, readings: PageReadings, page: Page) -> None:
    outputs = [
        Output(page.id("hidden"), "children"),
        Output(page.id("shown"), "data"),
        Output(page.id("cards"), "data-version"),
        Output(page.id("cards"), "data-as-of"),
    ]
    if page.answer is not None:
        outputs += [Output(page.id("answer"), part) for part in ("children", "className")]
    for card in page.cards:
        outputs += [Output(*each) for each in (content_output(page, card), *rest_outputs(page, card))]

    # A page is laid out with its first values.
    @app.callback(
        outputs,
        Input(page.id("signal"), "data"),
        State(page.id("shown"), "data"),
        State("_pages_location", "search"),
        prevent_initial_call=True,
    )  # type: ignore[untyped-decorator]
    async def read(signal: Any, shown: Any, search: Any) -> list[Any]:
        reading = await readings.read(page, _search(signal, search), _in_view(signal), windows_of(signal))
        show_cache_state(reading.sidebar)
        holds = shown if isinstance(shown, Mapping) else {}
        values: list[Any] = [
            reading.lines,
            reading.digests,
            reading.version,
            reading.as_of,
        ]
        if page.answer is not None:
            answer = reading.answer
            holds_it = holds.get(ANSWER) == answer.digest
            values += [no_update] * 2 if holds_it else [answer.children, answer.css_class]
        for card in reading.cards:
            values += _differing(card, holds.get(card.name))
        return values


def _search(signal: Any, at_first: Any) -> str:
    """Return the query of the address that a signal names; before the first one, that of the layout."""
    search = signal.get("search", at_first) if isinstance(signal, Mapping) else at_first
    return search if isinstance(search, str) else ""


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
