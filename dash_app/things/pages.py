"""The pages of things in Dash: static layouts, and one callback for each that asks and shows.

A layout holds no data. The browser makes a page read itself when it is laid out, when its address changes and
when the server names another version. Nobody waits for a run: the question goes to the process that holds the
replica, in a thread.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from dash import Dash, Input, Output, State, dcc, html, no_update

from dash_app.cache_reader import CacheReader, PageData
from dash_app.digest import digest_of
from dash_app.figures.style import View
from dash_app.login.visitors import current_visitor
from dash_app.markup import plain
from dash_app.rendering import Renderer
from dash_app.sidebar import show_cache_state
from dash_app.things.content import notice
from dash_app.things.table import THINGS, Thing
from engine.model.access import Right
from engine.model.clock import wall_clock
from engine.model.errors import ComputeError, DashboardError
from engine.model.text.without_paths import without_paths
from engine.runs.computing import Ask
from engine.runs.questions import NoWorker

log = logging.getLogger(__name__)

AWAY = "This is not to be had at present: no process holds the replica. It comes with the next run."
HIDDEN_FROM_VIEWERS = "Error messages are hidden from viewers, because they may name people."
BROKEN = "This cannot be shown at present."


@dataclass(frozen=True)
class Shown:
    """What a callback sets: the title, the sections, and whether the browser is to ask again soon."""

    title: str
    sections: Any
    asks_again: bool = False


def register_things(app: Dash, reader: CacheReader, ask: Ask) -> None:
    """Register the callbacks of the pages of things; ``ask`` blocks, and raises DashboardError."""
    for thing in THINGS:
        _register_reading(app, reader, ask, thing)


def thing_layout(thing: Thing) -> html.Div:
    """Return the static layout of a thing's page: a skeleton in about its final size."""
    return html.Div(
        id=thing.id("page"),
        className="page thing",
        **{"data-page": thing.name, "data-title": thing.title, "data-thing": thing.name},
        children=[
            dcc.Store(id=thing.id("signal")),
            dcc.Store(id=thing.id("shown")),
            html.Div(
                skeleton(), id=thing.id("cards"), className="cards", **{"data-version": "", "data-again": ""}
            ),
        ],
    )


def skeleton() -> list[html.Section]:
    """Return the place of what is still read."""
    rooms = (("numbers", 12, 88), ("chart", 12, 240), ("table", 12, 320))
    return [
        html.Section(
            html.Div(
                html.Div(className="card-body is-loading", style={"--room": f"{room}px"}),
            ),
            className=f"card panel span-{width} panel-{kind}",
            **{"aria-hidden": "true"},
        )
        for kind, width, room in rooms
    ]


def _register_reading(app: Dash, reader: CacheReader, ask: Ask, thing: Thing) -> None:
    zone = ZoneInfo(reader.settings.time_zone)
    renderer = Renderer(zone, hides=reader.settings.hide_unavailable)

    @app.callback(
        Output(thing.id("page"), "data-title"),
        Output(thing.id("cards"), "children"),
        Output(thing.id("cards"), "data-version"),
        Output(thing.id("cards"), "data-again"),
        Output(thing.id("shown"), "data"),
        Input(thing.id("signal"), "data"),
        State(thing.id("shown"), "data"),
        prevent_initial_call=True,
    )  # type: ignore[untyped-decorator]
    async def read(signal: Any, held: Any) -> list[Any]:
        # The version comes first: what is read then is as new as it says, or newer.
        view = await reader.read((), wall_clock())
        show_cache_state(renderer.sidebar(PageData(view, {})))
        path, search = _address(signal, reader.settings.base_path)
        shown = await asyncio.to_thread(shown_at, thing, path, search, ask, zone)
        sections = plain(shown.sections)
        digest = digest_of(orjson.dumps([path, search, shown.title, sections]))
        again = "yes" if shown.asks_again else ""
        if held == digest:
            return [no_update, no_update, view.version, again, no_update]
        return [shown.title, sections, view.version, again, digest]


def _address(signal: Any, base_path: str) -> tuple[str, str]:
    """Return path and query that a signal names, the path below the base path; empty if it names none."""
    found = signal if isinstance(signal, Mapping) else {}
    path, search = found.get("path"), found.get("search")
    path = path if isinstance(path, str) else ""
    inner = path[len(base_path) :] if path.startswith(f"{base_path}/") else path
    return inner, search if isinstance(search, str) else ""


class _NothingToShow(Exception):
    """Why a page shows a sentence alone; ``asks_again``: it may be otherwise in a moment."""

    def __init__(self, sentence: str, *, asks_again: bool = False) -> None:
        super().__init__(sentence)
        self.asks_again = asks_again


def shown_at(thing: Thing, path: str, search: str, ask: Ask, zone: ZoneInfo) -> Shown:
    """Return what the page of a thing shows at an address, to the visitor of the request; it blocks."""
    try:
        answer = _answer(thing, path, search, ask)
        content = thing.show(answer, View(zone, answer.replica_as_of or wall_clock()), search)
    except _NothingToShow as nothing:
        return Shown(thing.title, notice(str(nothing)), nothing.asks_again)
    except Exception:
        log.exception("the page of a %s cannot be shown", thing.name)
        return Shown(thing.title, notice(BROKEN))
    return Shown(content.title, list(content.sections))


def _answer(thing: Thing, path: str, search: str, ask: Ask) -> Any:
    """Return the answer for an address, with what the visitor may see of it. Raises _NothingToShow."""
    sees_contacts = current_visitor().may(Right.CONTACTS)
    if not sees_contacts and thing.without_contacts is None:
        raise _NothingToShow(HIDDEN_FROM_VIEWERS)
    question = thing.question(path, search)
    if question is None:
        raise _NothingToShow(thing.not_found)
    try:
        answer = ask(question)
    except DashboardError as error:
        log.info("the page of a %s is not answered: %s", thing.name, without_paths(str(error)))
        if isinstance(error, NoWorker):
            raise _NothingToShow(f"{error.line}.", asks_again=True) from None
        if isinstance(error, ComputeError):
            raise _NothingToShow(AWAY, asks_again=True) from None
        raise _NothingToShow(thing.not_found) from None
    if not thing.is_known(answer):
        raise _NothingToShow(thing.not_found)
    return answer if sees_contacts or thing.without_contacts is None else thing.without_contacts(answer)
