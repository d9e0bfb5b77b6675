"""Who may change something: the dashboard's own pages, so that no page of another site acts for a reader."""

from __future__ import annotations

import logging

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dash_app.http.doors import READING, door_of, is_internal
from dash_app.http.middleware.refusals import header_values, refuse, shown
from engine.model.places.addresses import origin_of, read_origin, split_authority
from engine.model.settings import Settings
from engine.model.text.rare_log import RareLog

log = logging.getLogger(__name__)

FOREIGN = (
    "This request does not come from a page of this dashboard. Behind a proxy, its operator sets"
    " DASHBOARD_PUBLIC_URL to the address that browsers show."
)


class SameOrigin:
    """Answers 403 to sockets and to all but GET and HEAD, unless they come from the dashboard's own pages.

    The browser says so in Sec-Fetch-Site. If it does not send that, Origin is compared with
    ``DASHBOARD_PUBLIC_URL``; without that setting, with the address served, whose Host is checked already.
    A token without a cookie passes, to be checked further in, because no page of another site can send one.
    A body of another type than the door takes gets a 415.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._public_url = settings.public_url
        self._rare = RareLog(log)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if it reads, or if it is of the dashboard's own pages."""
        is_reading = scope["type"] == "lifespan" or (scope["type"] == "http" and scope["method"] in READING)
        if is_reading or is_internal(scope):
            await self._app(scope, receive, send)
        elif not (_has_token_alone(scope) or self._is_own(scope)):
            origins = header_values(scope, b"origin")
            if origins:
                self._rare.warning(
                    "a request from a page of %s was refused; if that is this dashboard, set"
                    " DASHBOARD_PUBLIC_URL to that address",
                    shown(origins[0]),
                )
            await refuse(PlainTextResponse(FOREIGN, 403), scope, receive, send)
        elif not _has_taken_type(scope):
            await refuse(PlainTextResponse("Unsupported media type", 415), scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_own(self, scope: Scope) -> bool:
        sites = header_values(scope, b"sec-fetch-site")
        if sites:
            return sites == ["same-origin"]
        origins = header_values(scope, b"origin")
        if len(origins) != 1:
            return False
        own = self._public_url or _served_origin(scope)
        return own is not None and read_origin(origins[0]) == own


def _served_origin(scope: Scope) -> str | None:
    hosts = header_values(scope, b"host")
    authority = split_authority(hosts[0]) if len(hosts) == 1 else None
    is_tls = scope.get("scheme") in ("https", "wss")
    return None if authority is None else origin_of("https" if is_tls else "http", *authority)


def _has_token_alone(scope: Scope) -> bool:
    tokens = header_values(scope, b"authorization")
    is_token = len(tokens) == 1 and tokens[0][:7].lower() == "bearer "
    return is_token and not header_values(scope, b"cookie")


def _has_taken_type(scope: Scope) -> bool:
    door = door_of(scope)
    if scope["type"] == "websocket" or door is None or not door.takes:
        return True
    types = header_values(scope, b"content-type")
    return len(types) == 1 and types[0].partition(";")[0].strip().lower() == door.takes
