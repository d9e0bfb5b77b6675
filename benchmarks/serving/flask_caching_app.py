"""The baseline: the dashboard's pages as a common Dash app on Flask, with Flask-Caching.

The app reads the same cache entries, memoizes each dataset's value, and has one callback a card, which
makes the figure with Plotly's own classes. It uses the fastest cache of Flask-Caching. gunicorn serves it
with two processes of four threads each, and its answers are compressed. Cards of the dashboard's own state
are left out.
"""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import plotly.graph_objects as go
from dash import Dash, Input, Output, dash_table, dcc, html, page_container, register_page
from flask import Flask
from flask_caching import Cache
from gunicorn.app.base import BaseApplication

from dash_app.figures.style import View
from dash_app.formatters.kpi import Kpi
from dash_app.formatters.tables import Table
from dash_app.pages import CHART, PAGES, TABLE, Card, Page
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import wall_clock
from engine.model.colours import ColourPlaces
from engine.model.setting_table.loading import load_settings
from engine.model.values.payload import Columns
from engine.store import read_entries
from engine.store.colours import read_colours

HOST = "127.0.0.1"
WORKERS, THREADS = 2, 4
REMEMBERED_SECONDS = 3600
REFRESH_MS = 300_000


def cards_of(page: Page) -> tuple[Card, ...]:
    """Return the cards of a page that the baseline has."""
    return tuple(card for card in page.cards if card.key is not None)


BASELINE_PAGES = tuple(page for page in PAGES if cards_of(page))


class Values:
    """The values of datasets, memoized."""

    def __init__(self, server: Flask, db: Path) -> None:
        cache = Cache(
            server, config={"CACHE_TYPE": "SimpleCache", "CACHE_DEFAULT_TIMEOUT": REMEMBERED_SECONDS}
        )

        @cache.memoize()
        def value(key: str, is_chart: bool) -> tuple[Columns | None, datetime | None]:
            entry = read_entries(db, [key], wall_clock())[key]
            return entry.shown if is_chart else entry.value, entry.as_of

        @cache.memoize()
        def places() -> ColourPlaces:
            return read_colours(db)

        self._value = value
        self._places = places

    def colours(self) -> ColourPlaces:
        """Return the places of names in the palette."""
        found: ColourPlaces = self._places()
        return found

    def get(self, key: str, *, is_chart: bool) -> tuple[Columns | None, datetime | None]:
        """Return a dataset's columns and the instant they describe; None without an entry.

        A chart gets the page value, as in the dashboard.
        """
        found: tuple[Columns | None, datetime | None] = self._value(key, is_chart)
        return found


def create_app(db: Path, zone: ZoneInfo) -> Dash:
    """Return the app over a database whose cache is filled. Its callbacks raise SourceError."""
    server = Flask(__name__)
    app = Dash(
        __name__,
        server=server,
        use_pages=True,
        pages_folder="",
        suppress_callback_exceptions=True,
        compress=True,
    )
    values = Values(server, db)
    app.layout = html.Div([html.Nav([_link(page) for page in BASELINE_PAGES]), page_container])
    for page in BASELINE_PAGES:
        register_page(f"baseline-{page.name}", path=page.path, name=page.title, layout=_layout(page))
        for card in cards_of(page):
            _register(app, values, zone, page, card)
    return app


def _link(page: Page) -> Any:
    return dcc.Link(page.title, href=page.path)


def _layout(page: Page) -> Any:
    return html.Div(
        [
            dcc.Interval(id=page.id("interval"), interval=REFRESH_MS),
            html.H1(page.title),
            *(
                html.Div([html.H2(card.heading), _holder(page, card)], className="card")
                for card in cards_of(page)
            ),
        ]
    )


def _holder(page: Page, card: Card) -> Any:
    content_id = page.id("content", card)
    if card.kind == CHART:
        return dcc.Graph(id=content_id)
    return html.Div(id=content_id)


def _register(app: Dash, values: Values, zone: ZoneInfo, page: Page, card: Card) -> None:
    name = "figure" if card.kind == CHART else "children"

    @app.callback(Output(page.id("content", card), name), Input(page.id("interval"), "n_intervals"))  # type: ignore[untyped-decorator]
    def update(_intervals: int | None) -> Any:
        columns, as_of = values.get(str(card.key), is_chart=card.kind == CHART)
        if columns is None or as_of is None or card.show is None:
            return go.Figure() if card.kind == CHART else "no data"
        beside = None
        if card.beside is not None:
            beside, _ = values.get(catalogue()[card.beside].key, is_chart=False)
        shown: Any = card.show(columns, View(zone, as_of, values.colours(), beside=beside))
        if card.kind == CHART:
            return go.Figure(shown)
        return _table(shown) if card.kind == TABLE else _kpis(shown)


def _kpis(kpis: tuple[Kpi, ...]) -> Any:
    return html.Div([html.Div([html.P(kpi.label), html.H3(kpi.value), html.Small(kpi.hint)]) for kpi in kpis])


def _table(table: Table) -> Any:
    names = [heading.text for heading in table.headings]
    return dash_table.DataTable(
        columns=[{"name": name, "id": name} for name in names],
        data=[dict(zip(names, (cell.text for cell in row), strict=True)) for row in table.rows],
        sort_action="native",
    )


def main() -> None:
    """Serve the app on a port of this machine until a signal ends it."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.serving.flask_caching_app", description=__doc__
    )
    parser.add_argument("--db", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    _Workers(given.db, given.port).run()


class _Workers(BaseApplication):  # type: ignore[misc]
    """The processes that serve the app, each with a cache of its own."""

    def __init__(self, db: Path, port: int) -> None:
        self._db = db
        self._port = port
        super().__init__()

    def load_config(self) -> None:
        """Say how the app is served."""
        for name, value in (
            ("bind", f"{HOST}:{self._port}"),
            ("workers", WORKERS),
            ("threads", THREADS),
            ("keepalive", 60),
        ):
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Return the app of one process."""
        settings = load_settings().with_db(self._db)
        server: Flask = create_app(settings.db, ZoneInfo(settings.time_zone)).server
        # Dash knows its own files from the first document on, which another process may have served.
        server.test_client().get("/")
        return server


if __name__ == "__main__":
    main()
