"""Refuses what goes to no door: a method or a socket that none of them takes."""

from __future__ import annotations

import re

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dash_app.http.doors import UNKNOWN_PAGE, door_of
from dash_app.http.middleware.refusals import refuse

MOST_PATH_LENGTH = 1000

# A router's `$` takes a line break at the end, so two of them could read such a path differently.
_ODD = re.compile(r"[\x00-\x1f\x7f\\]|/\.\.?(/|$)")


class KnownDoors:
    """Answers 400, 404, 405 or 414 to a request, and refuses a socket, that no row of ``DOORS`` takes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if it goes to a door."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        refusal = _refusal(scope)
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await refuse(refusal, scope, receive, send)


def _refusal(scope: Scope) -> Response | None:
    if _ODD.search(scope["path"]):
        return PlainTextResponse("Bad request", 400)
    if len(scope["path"]) > MOST_PATH_LENGTH:
        return PlainTextResponse("This address is too long", 414)
    door = door_of(scope)
    if door is None:
        return PlainTextResponse("Not found", 404)
    if door.is_socket or scope["method"] in door.methods:
        return None
    if door is UNKNOWN_PAGE:
        return PlainTextResponse("Not found", 404)
    return PlainTextResponse("Method not allowed", 405, {"Allow": ", ".join(sorted(door.methods))})
