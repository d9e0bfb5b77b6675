"""The callbacks: one that reads each page, one for each button that starts a run.

A page's own components are the only inputs of its callbacks, so none fires for a page that is
not open. A change of the root-level signal reaches the open page through the browser. All that
blocks runs in a thread; the event loop only waits.
"""

from __future__ import annotations

import asyncio
from typing import Any
from zoneinfo import ZoneInfo

from dash import Dash, Input, Output, ctx, no_update

from dash_app.cards import Filling, content_property, fill, fill_internal
from dash_app.pages import PAGES, Card, Page
from dash_app.reading import Reader, Reading
from dash_app.shell import (
    BUTTON,
    BUTTON_BUSY,
    CACHE_STATE,
    FULL_REFRESH,
    RUN_NOTICE,
    SIGNAL,
    alert,
    cache_state_element,
)
from engine.clock import to_iso, wall_clock
from engine.runs import Trigger

_PASS_ON = """
function (data) {
    const page = document.querySelector("[data-page]");
    if (page && data) { dash_clientside.set_props(page.dataset.page + "-signal", {data: data}); }
}
"""


def register(app: Dash, reader: Reader, pages: tuple[Page, ...]) -> None:
    """Register the callbacks of the shell and of these pages."""
    for page in pages:
        _register_reading(app, reader, page)
        if page in PAGES:
            _register_refresh(app, reader, page)
    _register_full_refresh(app, reader)
    app.clientside_callback(_PASS_ON, Input(SIGNAL, "data"), prevent_initial_call=True)


def _register_reading(app: Dash, reader: Reader, page: Page) -> None:
    zone = ZoneInfo(reader.settings.time_zone)
    outputs = [
        Output(page.id("trouble"), "children"),
        Output(CACHE_STATE, "children", allow_duplicate=True),
        Output(RUN_NOTICE, "children", allow_duplicate=True),
    ]
    for card in page.cards:
        outputs += [
            Output(page.id("content", card), content_property(card)),
            Output(page.id("note", card), "children"),
            Output(page.id("body", card), "className"),
        ]

    @app.callback(
        outputs,
        Input(page.id("signal"), "data"),
        Input(page.id("interval"), "n_intervals"),
        prevent_initial_call="initial_duplicate",
    )  # type: ignore[untyped-decorator]
    async def read(_signal: Any, _intervals: int | None) -> list[Any]:
        reading = await asyncio.to_thread(reader.read_page, page, wall_clock())
        # What a button said stands until the page is read anew by itself, and that goes well.
        is_over = ctx.triggered_id == page.id("interval") and reading.trouble is None
        values: list[Any] = [
            alert(reading.trouble),
            cache_state_element(reading.state, zone, reading.now),
            None if is_over else no_update,
        ]
        for card in page.cards:
            filling = _filling(card, reading, zone)
            values += [filling.content, filling.note, filling.body_class]
        return values


def _filling(card: Card, reading: Reading, zone: ZoneInfo) -> Filling:
    if card.key is None:
        return fill_internal(card, reading.internals[card.name], zone, reading.now)
    return fill(card, reading.entries[card.key], zone, reading.now)


def _running(button: str, look: str) -> list[tuple[Output, Any, Any]]:
    return [
        (Output(button, "disabled"), True, False),
        (Output(button, "className"), f"{BUTTON_BUSY} {look}", f"{BUTTON} {look}"),
    ]


def _register_refresh(app: Dash, reader: Reader, page: Page) -> None:
    @app.callback(
        Output(page.id("signal"), "data"),
        Output(RUN_NOTICE, "children", allow_duplicate=True),
        Input(page.id("refresh"), "n_clicks"),
        running=_running(page.id("refresh"), "btn-outline-secondary"),
        prevent_initial_call=True,
    )  # type: ignore[untyped-decorator]
    async def refresh(clicks: int | None) -> tuple[Any, Any]:
        if not clicks:
            return no_update, no_update
        now = wall_clock()
        if not page.datasets:
            return _signal(clicks), None
        failure = await asyncio.to_thread(reader.run, Trigger.PAGE, page.datasets, now)
        return _signal(clicks), alert(failure and f"Refresh failed. {failure}", "danger")


def _register_full_refresh(app: Dash, reader: Reader) -> None:
    @app.callback(
        Output(SIGNAL, "data"),
        Output(RUN_NOTICE, "children", allow_duplicate=True),
        Input(FULL_REFRESH, "n_clicks"),
        running=_running(FULL_REFRESH, "btn-primary"),
        prevent_initial_call=True,
    )  # type: ignore[untyped-decorator]
    async def full_refresh(clicks: int | None) -> tuple[Any, Any]:
        if not clicks:
            return no_update, no_update
        failure = await asyncio.to_thread(reader.run, Trigger.FULL, None, wall_clock())
        return _signal(clicks), alert(failure and f"Full refresh failed. {failure}", "danger")


def _signal(clicks: int) -> dict[str, Any]:
    """Return a value that differs from the one before, so that the page is read again."""
    return {"at": to_iso(wall_clock()), "clicks": clicks}
