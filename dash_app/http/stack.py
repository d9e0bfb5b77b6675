"""The order of the middlewares, in one place."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI
from starlette.middleware import Middleware

from dash_app.documents import Documents
from dash_app.http.delivery import CompressedAnswers, CompressedFiles
from dash_app.http.middleware.access_log import AccessLog
from dash_app.http.middleware.base_path import BasePath
from dash_app.http.middleware.callbacks import Callbacks, ValidCallbacks
from dash_app.http.middleware.client_address import ClientAddress
from dash_app.http.middleware.faults import Faults
from dash_app.http.middleware.hosts import AllowedHosts
from dash_app.http.middleware.known_doors import KnownDoors
from dash_app.http.middleware.limits import BodyLimits
from dash_app.http.middleware.login import Login
from dash_app.http.middleware.named_files import NamedFiles
from dash_app.http.middleware.origin import SameOrigin
from dash_app.http.middleware.page_documents import PageDocuments
from dash_app.http.middleware.proxy_headers import ProxyHeaders
from dash_app.http.middleware.reading import Reading
from dash_app.http.middleware.security_headers import ContentPolicy, SecurityHeaders
from dash_app.http.middleware.sockets import SocketCaps
from dash_app.http.middleware.unknown_pages import UnknownPages
from dash_app.login.sockets import OpenSockets
from dash_app.login.visitors import Visitors, current_visitor
from engine.model.settings import Settings
from engine.sessions.opened import LoginState
from engine.store import CacheSnapshot

FILE_PATHS = ("/_dash-component-suites/", "/assets/")


def put_round(
    server: FastAPI,
    settings: Settings,
    *,
    policy: ContentPolicy,
    latest: Callable[[], CacheSnapshot | None],
    callbacks: Callable[[], Callbacks],
    documents: Documents,
    visitors: Visitors,
    logins: LoginState | None,
) -> None:
    """Put the middlewares round a server that has all its routes.

    ``latest`` returns the latest snapshot, ``callbacks`` the callbacks of the app by their output,
    ``documents`` makes those of pages. ``logins`` is None if the app asks for no login.
    """
    # Outermost first. Files leave as they are kept, the rest is compressed as it comes.
    stack = [
        Middleware(ClientAddress),
        Middleware(AccessLog, is_on=settings.access_log),
        Middleware(SecurityHeaders, policy=policy),
        Middleware(Reading),
        Middleware(Faults),
        Middleware(BasePath, base_path=settings.base_path, shared_path=settings.shared_path),
        Middleware(AllowedHosts, settings=settings),
        Middleware(BodyLimits),
        Middleware(KnownDoors),
        Middleware(ProxyHeaders, settings=settings),
        Middleware(SameOrigin, settings=settings),
        Middleware(
            Login,
            visitors=visitors,
            sockets=None if logins is None else OpenSockets(logins),
            source_path=settings.base_path.removeprefix(settings.shared_path),
        ),
        *([Middleware(NamedFiles, source_name=settings.source_name)] if settings.source_name else []),
        Middleware(SocketCaps, session=lambda: current_visitor().login),
        Middleware(UnknownPages),
        Middleware(ValidCallbacks, callbacks=callbacks),
        Middleware(CompressedFiles, prefixes=FILE_PATHS),
        Middleware(CompressedAnswers, latest=latest),
        Middleware(PageDocuments, documents=documents, stores=logins is None),
    ]
    # Dash's own middleware stands between; it would answer a fault unlogged.
    server.user_middleware[:] = [*stack, *server.user_middleware, Middleware(Faults)]
