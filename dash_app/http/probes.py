"""The probes for monitoring: ``/healthz`` says that the process serves, ``/readyz`` that it is of use.

They answer without a login and whatever the Host header says. Why the dashboard is not ready is shown to
whoever may know it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from ipaddress import ip_address

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.model.clock import wall_clock
from engine.runs.health.readiness import ReadinessCheck

_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


def is_on_loopback(request: Request) -> bool:
    """Return whether a request comes from this machine, to a name of it.

    The name matters because a page of another site can have its own name lead to this machine.
    """
    client = request.client
    try:
        is_local = client is not None and ip_address(client.host).is_loopback
    except ValueError:
        return False
    return is_local and request.url.hostname in _LOOPBACK_NAMES


def probe_routes(
    check: ReadinessCheck, may_see_reasons: Callable[[Request], bool] = is_on_loopback
) -> list[Route]:
    """Return the routes of the probes; ``may_see_reasons`` decides for each request for ``/readyz``."""

    async def health(_: Request) -> Response:
        return _answer(200, {"status": "ok"})

    async def ready(request: Request) -> Response:
        found = await asyncio.to_thread(check.readiness, wall_clock())
        if found.is_ready:
            return _answer(200, {"status": "ready"})
        reasons = {"reasons": found.reasons} if may_see_reasons(request) else {}
        return _answer(503, {"status": "not ready", **reasons})

    return [Route("/healthz", health), Route("/health", health), Route("/readyz", ready)]


def _answer(status: int, content: dict[str, object]) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(orjson.dumps(content), status, headers, "application/json")
