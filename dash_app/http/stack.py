"""The order of the middlewares, in one place."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI
from starlette.middleware import Middleware

from dash_app.http.delivery import CompressedAnswers, CompressedFiles
from dash_app.http.middleware.access_log import AccessLog
from dash_app.http.middleware.base_path import BasePath
from dash_app.http.middleware.client_address import ClientAddress
from dash_app.http.middleware.hosts import AllowedHosts
from dash_app.http.middleware.known_doors import KnownDoors
from dash_app.http.middleware.origin import SameOrigin
from dash_app.http.middleware.security_headers import SecurityHeaders
from engine.model.settings import Settings
from engine.store import CacheSnapshot

FILE_PATHS = ("/_dash-component-suites/", "/assets/")


def put_round(server: FastAPI, settings: Settings, latest: Callable[[], CacheSnapshot | None]) -> None:
    """Put the middlewares round a server that has all its routes; ``latest`` returns the latest snapshot."""
    # Outermost first. Files leave as they are kept, the rest is compressed as it comes.
    stack = [
        Middleware(ClientAddress),
        Middleware(AccessLog, is_on=settings.access_log),
        Middleware(SecurityHeaders),
        Middleware(BasePath, base_path=settings.base_path),
        Middleware(AllowedHosts, settings=settings),
        Middleware(KnownDoors),
        Middleware(SameOrigin, settings=settings),
        Middleware(CompressedFiles, prefixes=FILE_PATHS),
        Middleware(CompressedAnswers, latest=latest),
    ]
    server.user_middleware[:0] = stack
