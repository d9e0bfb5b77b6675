"""The probes for monitoring: ``/healthz`` says that the process serves, ``/readyz`` that it is of use.

They answer without a login and whatever the Host header says. Why the dashboard is not ready is shown to
those who may know it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from ipaddress import ip_address

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dash_app.http.unstored import unstored_json
from dash_app.login.visitors import current_visitor
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


def may_see_reasons(request: Request, *, has_login: bool) -> bool:
    """Return whether a client may know why the dashboard is not ready.

    It may if it is logged in, or has a token of any kind; without a login if it is on this machine.
    """
    return bool(current_visitor().rights) if has_login else is_on_loopback(request)


def probe_routes(check: ReadinessCheck, sees_reasons: Callable[[Request], bool]) -> list[Route]:
    """Return the routes of the probes; ``sees_reasons`` decides for each request for ``/readyz``."""

    async def health(_: Request) -> Response:
        return unstored_json({"status": "ok"})

    async def ready(request: Request) -> Response:
        found = await asyncio.to_thread(check.readiness, wall_clock())
        if found.is_ready:
            return unstored_json({"status": "ready"})
        reasons = {"reasons": found.reasons} if sees_reasons(request) else {}
        return unstored_json({"status": "not ready", **reasons}, 503)

    return [Route("/healthz", health), Route("/health", health), Route("/readyz", ready)]
