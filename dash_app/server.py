"""The web server of one source: one FastAPI application, put together of the Dash app and all routes."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from dash_app import callbacks
from dash_app.cache_reader import CacheReader
from dash_app.documents import Documents
from dash_app.http.api import api_routes
from dash_app.http.export import export_routes
from dash_app.http.metrics_routes import metrics_of, metrics_routes
from dash_app.http.middleware.base_path import require_free_base_path
from dash_app.http.middleware.security_headers import ContentPolicy
from dash_app.http.probes import may_see_reasons, probe_routes
from dash_app.http.receipt import receipt_routes
from dash_app.http.refresh import refresh_routes
from dash_app.http.rows import rows_routes
from dash_app.http.search import search_routes
from dash_app.http.stack import put_round
from dash_app.lean_dash import LeanDash
from dash_app.lifespan import lifespan_of
from dash_app.live.broadcaster import LiveBroadcaster
from dash_app.live.routes import live_routes
from dash_app.login.routes import login_routes
from dash_app.login.web_login import WebLogin, open_web_login
from dash_app.page_check import check_pages
from dash_app.page_layouts import PageLayouts
from dash_app.page_reading import PageReadings
from dash_app.pages import NOT_FOUND, PAGES
from dash_app.sidebar import product_of
from dash_app.sources.served import ServedSource
from dash_app.things.pages import register_things
from engine.model.errors import SettingError
from engine.model.places.sources import SETTING as SOURCES
from engine.model.setting_table.loading import load_settings
from engine.model.settings import Settings
from engine.runs import Runner
from engine.runs.computing import Computing, by_own_engine
from engine.runs.health.readiness import ReadinessCheck


def create_server(
    settings: Settings | None = None,
    *,
    schedule_from: datetime | None = None,
    runner: Runner | None = None,
    login: WebLogin | None = None,
    computing: Computing | None = None,
) -> FastAPI:
    """Return the application; None for settings reads them from the environment.

    The process also runs the schedule, with the first run at ``schedule_from``; None means no schedule.
    ``runner`` makes the runs, None makes one, because a process has one runner with one engine process.
    ``computing`` is what computes in place of a runner, for a process without a source. The end of the
    lifespan ends all of them. ``login`` is that which several sources share, None opens one. Raises
    DashboardError.
    """
    check_pages()
    settings = load_settings() if settings is None else settings
    if settings.sources and not settings.source_name:
        raise SettingError(SOURCES, "this app serves one source", "start `dashboard serve`, which serves all")
    require_free_base_path(settings.base_path)
    if computing is None:
        computing = by_own_engine(settings, runner or Runner(settings), schedule_from)
    own_login = open_web_login(settings) if login is None else None
    login = login or own_login
    assert login is not None
    logins, visitors = login.logins, login.visitors
    reader = CacheReader(settings, computing.queue, logins, computing.watch)
    broadcaster = LiveBroadcaster(reader)
    policy = ContentPolicy()
    readings = PageReadings(reader)
    layouts = PageLayouts(readings, settings.base_path, product_of(settings))
    documents = Documents(settings, layouts)
    server = FastAPI(
        lifespan=lifespan_of(
            computing, broadcaster, reader, policy=policy, documents=documents, own_login=own_login
        ),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )

    metrics_now = metrics_of(reader, broadcaster, computing)
    check = ReadinessCheck(
        settings, reader.queue.unstored_failures, computing.watch, has_source=computing.has_source
    )
    server.router.routes.extend([
        Route("/cron", _jobs_page),
        *live_routes(broadcaster),
        *metrics_routes(metrics_now),
        *probe_routes(check, partial(may_see_reasons, has_login=logins is not None)),
        *refresh_routes(reader.gate, settings),
        *search_routes(computing.ask),
        # Before the API, which answers for every other address below /api.
        *rows_routes(reader, computing.ask),
        *receipt_routes(reader),
        *api_routes(reader),
        *export_routes(reader),
        *login_routes(settings, login),
    ])  # fmt: skip
    app = LeanDash(server, settings)
    server.state.served = ServedSource(settings, reader, check, metrics_now)
    callbacks.register(app, readings, layouts, (*PAGES, NOT_FOUND))
    register_things(app, reader, computing.ask)
    put_round(
        server,
        settings,
        policy=policy,
        latest=lambda: reader.snapshots.latest,
        callbacks=lambda: app.callback_map,
        documents=documents,
        visitors=visitors,
        logins=logins,
    )
    return server


async def _jobs_page(_: Request) -> Response:
    """Lead to the page of jobs, whose address is this in old bookmarks."""
    return RedirectResponse("/jobs", 308)
