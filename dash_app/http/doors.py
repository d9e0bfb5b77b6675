"""The doors: every route and socket of the web app, and what a client needs to use it.

A path that no row names is an unknown page. A request that the process makes of itself has ``INTERNAL`` in
its scope, which no client can send.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from starlette.routing import compile_path
from starlette.types import Scope

from dash_app.pages import PAGES
from dash_app.things.table import THINGS

INTERNAL: Final = object()
INTERNAL_KEY: Final = "dashboard.internal"

READING: Final = frozenset({"GET", "HEAD"})


class Access(StrEnum):
    """What a door takes: nothing, or the right to look, to refresh or to read the metrics."""

    OPEN = "open"
    LOOK = "look"
    REFRESH = "refresh"
    METRICS = "metrics"


@dataclass(frozen=True)
class Door:
    """One row. ``pattern`` is a path as Starlette's routes spell it.

    ``methods`` is empty for a socket. ``any_host``: it answers whatever the Host header says. ``takes`` is
    the media type of a body, any if it is empty.
    """

    pattern: str
    access: Access = Access.LOOK
    methods: frozenset[str] = READING
    any_host: bool = False
    takes: str = ""

    @property
    def is_socket(self) -> bool:
        """Return whether it is a WebSocket."""
        return not self.methods


DOORS: Final = (
    Door("/healthz", Access.OPEN, any_host=True),
    Door("/health", Access.OPEN, any_host=True),
    Door("/readyz", Access.OPEN, any_host=True),
    Door("/metrics", Access.METRICS),
    Door("/state"),
    Door("/live", methods=frozenset()),
    *(Door(page.path) for page in PAGES),
    Door("/cron"),
    *(Door(thing.door) for thing in THINGS),
    Door("/login", Access.OPEN, READING | {"POST"}, takes="application/x-www-form-urlencoded"),
    Door("/logout", Access.OPEN, frozenset({"POST"})),
    Door("/assets/login-{digest}.css", Access.OPEN),
    Door("/assets/favicon.svg", Access.OPEN),
    Door("/api/pages"),
    Door("/api/openapi.json"),
    Door("/api/page/{page}"),
    Door("/api/dataset/{key:path}"),
    Door("/api/receipt/{key:path}"),
    Door("/export/{key:path}.csv"),
    Door("/api/rows"),
    Door("/api/rows.csv"),
    Door("/api/text"),
    Door("/api/refresh", Access.REFRESH, frozenset({"POST"})),
    Door("/api/refresh/{page}", Access.REFRESH, frozenset({"POST"})),
    Door("/api/search"),
    Door("/api/attention"),
    Door("/api/refresh/dataset/{key:path}", Access.REFRESH, frozenset({"POST"})),
    Door("/api/{rest:path}"),
    Door("/assets/{path:path}"),
    Door("/_dash-component-suites/{package_name}/{fingerprinted_path:path}"),
    Door("/_dash-layout"),
    Door("/_dash-dependencies"),
    # Most callbacks read. Those who may not refresh are refused where a run is submitted.
    Door("/_dash-update-component", methods=frozenset({"POST"}), takes="application/json"),
)

UNKNOWN_PAGE: Final = Door("/{path:path}")
"""The door of a page that does not exist: those who may look get the shell with a 404."""

_EXACT = {(door.pattern, door.is_socket): door for door in DOORS if "{" not in door.pattern}
_PATTERNS = tuple((compile_path(door.pattern)[0], door) for door in DOORS if "{" in door.pattern)


def is_internal(scope: Scope) -> bool:
    """Return whether this process makes the request of itself."""
    return scope.get(INTERNAL_KEY) is INTERNAL


def door_of(scope: Scope) -> Door | None:
    """Return the door that a request or a socket goes to.

    It is ``UNKNOWN_PAGE`` if no row has the path, and None for a socket of such a path. The method is not
    compared.
    """
    is_socket = scope["type"] == "websocket"
    path = inner_path(scope)
    door = _EXACT.get((path, is_socket))
    if door is not None or is_socket:
        return door
    return next((door for pattern, door in _PATTERNS if pattern.fullmatch(path)), UNKNOWN_PAGE)


def inner_path(scope: Scope) -> str:
    """Return the path of a request below the path that the app is mounted at."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path[len(root) :] if root and path.startswith(f"{root}/") else path
