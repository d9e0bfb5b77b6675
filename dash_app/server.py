"""The web server: one FastAPI application with the Dash app, its probes and its static files."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from functools import partial

from dash import Dash
from fastapi import FastAPI
from fastapi.responses import RedirectResponse, Response
from starlette.requests import Request
from starlette.types import Message
from starlette.websockets import WebSocket

from dash_app import callbacks
from dash_app.built_files import ASSETS
from dash_app.cache_reader import CacheReader
from dash_app.documents import Documents
from dash_app.http.api import api_routes
from dash_app.http.delivery import bodyless_request
from dash_app.http.doors import INTERNAL, INTERNAL_KEY
from dash_app.http.export import export_routes
from dash_app.http.metrics import CONTENT_TYPE as METRICS_TYPE
from dash_app.http.metrics import metrics_text
from dash_app.http.middleware.base_path import require_free_base_path
from dash_app.http.middleware.security_headers import ContentPolicy
from dash_app.http.probes import is_on_loopback, probe_routes
from dash_app.http.receipt import receipt_routes
from dash_app.http.refresh import refresh_routes
from dash_app.http.rows import rows_routes
from dash_app.http.search import search_routes
from dash_app.http.stack import put_round
from dash_app.live.broadcaster import LiveBroadcaster
from dash_app.login.routes import login_routes
from dash_app.login.visitors import current_visitor
from dash_app.login.web_login import WebLogin, open_web_login
from dash_app.page_check import check_pages
from dash_app.page_layouts import PageLayouts
from dash_app.page_reading import PageReadings
from dash_app.pages import NOT_FOUND, PAGES
from dash_app.shell import app_layout, index_document
from dash_app.sidebar import product_of
from dash_app.sources.served import ServedSource
from dash_app.things.pages import register_things
from engine.model.clock import wall_clock, wall_clock_ms
from engine.model.errors import SettingError
from engine.model.places.sources import SETTING as SOURCES
from engine.model.setting_table.loading import load_settings
from engine.model.settings import Settings
from engine.model.values.fingerprint import fingerprints
from engine.runs import Runner
from engine.runs.computing import Computing, is_source_readable
from engine.runs.health.readiness import ReadinessCheck
from engine.runs.health.watch import OwnWatch
from engine.runs.questions import ask
from engine.runs.turns.queue import RunQueue
from engine.runs.worker.working import Worker, start_worker

log = logging.getLogger(__name__)

_UNUSED_SCRIPTS = re.compile(r'<script src="[^"]*/(deps/polyfill|dash_table/|dcc/)[^"]*"></script>\n?')


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
        computing = _own_computing(settings, Runner(settings) if runner is None else runner, schedule_from)
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
        lifespan=_lifespan(
            computing, broadcaster, reader, policy=policy, documents=documents, own_login=own_login
        ),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )

    @server.get("/state")
    async def state() -> Response:
        text = broadcaster.message(wall_clock_ms())
        return Response(text, media_type="application/json", headers={"Cache-Control": "no-store"})

    @server.get("/cron")
    async def jobs() -> Response:
        # The address of the Jobs page before: bookmarks still work.
        return RedirectResponse("/jobs", status_code=308)

    @server.websocket("/live")
    async def live(socket: WebSocket) -> None:
        await broadcaster.serve(socket)

    async def metrics_now() -> bytes:
        now = wall_clock()
        return await asyncio.to_thread(
            metrics_text,
            settings.store,
            reader.read_log,
            broadcaster.connections,
            now,
            fingerprints(settings.time_zone),
            attention=reader.latest_attention(now),
            is_source_readable=partial(is_source_readable, settings, computing),
        )

    @server.get("/metrics")
    async def metrics() -> Response:
        text = await metrics_now()
        return Response(text, media_type=METRICS_TYPE, headers={"Cache-Control": "no-store"})

    check = ReadinessCheck(
        settings, reader.queue.unstored_failures, computing.watch, has_source=computing.has_source
    )
    server.router.routes.extend(probe_routes(check, is_on_loopback if logins is None else _is_logged_in))
    server.router.routes.extend(refresh_routes(reader.gate, settings))
    server.router.routes.extend(search_routes(computing.ask))
    # Before the API, which answers for every other address below /api.
    server.router.routes.extend(rows_routes(reader, computing.ask))
    server.router.routes.extend(receipt_routes(reader))
    server.router.routes.extend(api_routes(reader))
    server.router.routes.extend(export_routes(reader))
    server.router.routes.extend(login_routes(settings, login))
    app = _App(
        __name__,
        server=server,
        use_pages=False,
        title=product_of(settings),
        update_title="",
        assets_folder=str(ASSETS),
        index_string=index_document(settings),
        # Requests arrive without the base path, which the outermost middleware takes off.
        routes_pathname_prefix="/",
        requests_pathname_prefix=f"{settings.base_path}/",
        # The login page alone has its style sheet, the first drawer loads its module, and Plotly comes apart.
        assets_ignore=r"^(login|drawer|plotly|sources)-",
        include_pages_meta=False,
        # Otherwise every document has the layouts of all pages, for checks in the browser alone.
        suppress_callback_exceptions=True,
    )
    # Otherwise every page opens a socket that no callback uses.
    app.backend.websocket_capability = False
    app.layout = lambda: app_layout(settings, current_visitor())
    server.state.served = ServedSource(settings, reader, check, metrics_now)
    callbacks.register(app, readings, layouts, (*PAGES, NOT_FOUND))
    register_things(app, reader, computing.ask)
    _drop_unused_routes(server)
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


class _App(Dash):  # type: ignore[misc]
    """Dash, without the scripts that no page uses.

    They are old browsers' missing parts, its table, and its core components: ``core_components.js`` has the
    two of them that pages have.
    """

    def interpolate_index(self, **parts: str) -> str:
        """Return the document made of its parts."""
        parts["scripts"] = _UNUSED_SCRIPTS.sub("", parts["scripts"])
        document: str = super().interpolate_index(**parts)
        return document


def _own_computing(settings: Settings, runner: Runner, schedule_from: datetime | None) -> Computing:
    """Return what computes in a process beside the source; with the schedule it serves others too."""
    queue = RunQueue(runner)
    workers: list[Worker] = []

    def begin() -> None:
        if schedule_from is not None:
            workers.append(start_worker(runner, queue, schedule_from))

    def close() -> None:
        for worker in workers:
            worker.close()
        runner.close()

    return Computing(
        queue,
        OwnWatch(settings),
        lambda question: ask(settings, question, runner.hold_replica),
        runner.watch_files,
        begin,
        close,
    )


def _lifespan(
    computing: Computing,
    broadcaster: LiveBroadcaster,
    reader: CacheReader,
    *,
    policy: ContentPolicy,
    documents: Documents,
    own_login: WebLogin | None,
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(server: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(computing.start)
        await asyncio.to_thread(reader.warm)
        # Dash completes its set-up on the first request for "/"; a deep link before it lacks its styles.
        document = await _get(server, "/")
        policy.allow_scripts_of(document)
        documents.complete(document, await _get(server, "/_dash-dependencies"))
        await asyncio.to_thread(computing.begin)
        try:
            async with broadcaster.watching():
                yield
        finally:
            reader.queue.close()
            await asyncio.to_thread(computing.close)
            await asyncio.to_thread(reader.close)
            if own_login is not None:
                own_login.close()

    return lifespan


def _is_logged_in(_: Request) -> bool:
    """Return whether a request carries a login or a token, whatever that may do."""
    return bool(current_visitor().rights)


def _drop_unused_routes(server: FastAPI) -> None:
    """Remove what Dash adds and no page uses: its own socket, its reloading in development, its icon."""
    unused = ("/_dash-ws-callback", "/_reload-hash", "/_favicon.ico")
    server.router.routes[:] = [
        route for route in server.router.routes if getattr(route, "path", None) not in unused
    ]


async def _get(server: FastAPI, path: str) -> str:
    """Return the document at a path of the server, which is asked in this process."""
    parts: list[bytes] = []

    async def send(message: Message) -> None:
        parts.append(message.get("body", b""))
        if message["type"] == "http.response.start" and message["status"] != 200:
            log.error("the page at %s answers %d", path, message["status"])

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"localhost")],
        "server": ("localhost", 80),
        "client": ("localhost", 0),
        INTERNAL_KEY: INTERNAL,
    }
    await server(scope, bodyless_request(), send)
    return b"".join(parts).decode()
