"""The app of all sources: their page, the login, the probes and the metrics that have them all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from dash_app.built_files import ASSETS
from dash_app.http.delivery import CompressedAnswers, CompressedFiles
from dash_app.http.metrics_routes import metrics_routes
from dash_app.http.middleware.access_log import AccessLog
from dash_app.http.middleware.base_path import BasePath
from dash_app.http.middleware.client_address import ClientAddress
from dash_app.http.middleware.faults import Faults
from dash_app.http.middleware.hosts import AllowedHosts
from dash_app.http.middleware.known_doors import KnownDoors
from dash_app.http.middleware.limits import BodyLimits
from dash_app.http.middleware.login import Login
from dash_app.http.middleware.origin import SameOrigin
from dash_app.http.middleware.proxy_headers import ProxyHeaders
from dash_app.http.middleware.reading import Reading
from dash_app.http.middleware.security_headers import ContentPolicy, SecurityHeaders
from dash_app.http.probes import may_see_reasons
from dash_app.http.unstored import NO_STORE, unstored_json
from dash_app.login.routes import login_routes
from dash_app.login.visitors import current_visitor
from dash_app.login.web_login import WebLogin
from dash_app.pages import PAGE_PATHS
from dash_app.sources.figures import SourceFigures, figures_json, figures_of
from dash_app.sources.metrics import labelled_metrics
from dash_app.sources.page import all_sources_page
from dash_app.sources.served import ServedSource
from dash_app.sources.threads import AskedOfAll
from engine.model.access import EVERYBODY
from engine.model.clock import wall_clock
from engine.model.settings import Settings
from engine.runs.health.readiness import Readiness
from engine.runs.processes.shared_engine import SharedEngine

SILENT = Readiness(("it has not answered in time",))
FAILED = Readiness(("it cannot be asked; the log says why",))


def all_sources_app(
    settings: Settings, sources: Mapping[str, ServedSource], login: WebLogin, engine: SharedEngine
) -> FastAPI:
    """Return the app of all sources; the end of its lifespan closes login and engine.

    Raises DashboardError.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await asyncio.to_thread(engine.close)
            login.close()

    asked = AskedOfAll({name: source.metrics for name, source in sources.items()}, failed=b"")

    async def metrics_now() -> bytes:
        return await asyncio.to_thread(labelled_metrics, await asked.answers())

    policy = ContentPolicy()
    policy.allow_scripts_of(all_sources_page(settings, EVERYBODY, (), wall_clock()))
    return FastAPI(
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        middleware=_stack(settings, login, policy),
        routes=[
            *_page_routes(settings, sources),
            *metrics_routes(metrics_now),
            *_probe_routes(sources, has_login=login.logins is not None),
            *login_routes(settings, login),
            Mount("/assets", StaticFiles(directory=ASSETS)),
            Route("/{path:path}", _unknown, methods=["GET", "POST"]),
        ],
    )


def _page_routes(settings: Settings, sources: Mapping[str, ServedSource]) -> list[Route]:
    """Return the routes of the page, and of its figures as JSON."""

    def figures() -> tuple[SourceFigures, ...]:
        now = wall_clock()
        return tuple(figures_of(source.reader, now) for source in sources.values())

    async def page(_: Request) -> Response:
        text = all_sources_page(settings, current_visitor(), figures(), wall_clock())
        return HTMLResponse(text, headers=NO_STORE)

    async def as_json(_: Request) -> Response:
        return unstored_json(figures_json(figures(), wall_clock()))

    return [Route("/", page), Route("/api/sources", as_json)]


def _probe_routes(sources: Mapping[str, ServedSource], *, has_login: bool) -> list[Route]:
    """Return the routes of the probes: a process that serves one of the sources is of use, and so ready."""

    async def health(_: Request) -> Response:
        return unstored_json({"status": "ok"})

    async def readiness_of(source: ServedSource) -> Readiness:
        return await asyncio.to_thread(source.readiness.readiness, wall_clock())

    ask = {name: partial(readiness_of, source) for name, source in sources.items()}
    asked = AskedOfAll(ask, failed=FAILED)

    async def ready(request: Request) -> Response:
        answers = await asked.answers()
        found = {name: answers.get(name, SILENT) for name in sources}
        is_ready = any(each.is_ready for each in found.values())
        content: dict[str, object] = {"status": "ready" if is_ready else "not ready"}
        if may_see_reasons(request, has_login=has_login):
            content["sources"] = {name: each.reasons for name, each in found.items()}
        return unstored_json(content, 200 if is_ready else 503)

    return [Route("/healthz", health), Route("/health", health), Route("/readyz", ready)]


async def _unknown(request: Request) -> Response:
    # A bookmark of the time before the sources had names.
    if request.scope["path"] in PAGE_PATHS:
        return RedirectResponse("/", 307, NO_STORE)
    return PlainTextResponse("Not found", 404)


def _stack(settings: Settings, login: WebLogin, policy: ContentPolicy) -> list[Middleware]:
    """Return the middlewares, outermost first: those of each source that this app has a use for."""
    return [
        Middleware(ClientAddress),
        Middleware(AccessLog, is_on=settings.access_log),
        Middleware(SecurityHeaders, policy=policy),
        Middleware(Reading),
        Middleware(Faults),
        Middleware(BasePath, base_path=settings.shared_path),
        Middleware(AllowedHosts, settings=settings),
        Middleware(BodyLimits),
        Middleware(KnownDoors),
        Middleware(ProxyHeaders, settings=settings),
        Middleware(SameOrigin, settings=settings),
        # It has no socket.
        Middleware(Login, visitors=login.visitors, sockets=None),
        Middleware(CompressedFiles, prefixes=("/assets/",)),
        Middleware(CompressedAnswers, latest=lambda: None),
    ]
