"""The addresses of the status: a socket on which it comes, and one to ask at where no socket is to be had."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from dash_app.http.unstored import NO_STORE
from dash_app.live.broadcaster import LiveBroadcaster
from engine.model.clock import wall_clock_ms


def live_routes(broadcaster: LiveBroadcaster) -> list[BaseRoute]:
    """Return the routes on which a broadcaster sends the status."""

    async def state(_: Request) -> Response:
        text = broadcaster.message(wall_clock_ms())
        return Response(text, headers=NO_STORE, media_type="application/json")

    return [Route("/state", state), WebSocketRoute("/live", broadcaster.serve)]
