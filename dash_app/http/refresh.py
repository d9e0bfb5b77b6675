"""The addresses by which a script starts a run; they answer at once, and the run goes on."""

from __future__ import annotations

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dash_app.login.run_gate import Refusal, RunGate
from dash_app.pages import PAGES
from engine.model.errors import nearest
from engine.model.trigger import Trigger


def refresh_routes(gate: RunGate) -> list[Route]:
    """Return the routes of a full refresh and of a page's."""
    pages = {page.name: page for page in PAGES if page.datasets}

    async def full(_: Request) -> Response:
        return await _submitted(gate, Trigger.FULL, None)

    async def one_page(request: Request) -> Response:
        name = request.path_params["page"]
        if name not in pages:
            return _answer(404, {"error": f"{name}: no such page with datasets; {nearest(name, pages)}"})
        return await _submitted(gate, Trigger.PAGE, pages[name].datasets)

    return [
        Route("/api/refresh", full, methods=["POST"]),
        Route("/api/refresh/{page}", one_page, methods=["POST"]),
    ]


async def _submitted(gate: RunGate, trigger: Trigger, datasets: tuple[str, ...] | None) -> Response:
    try:
        await gate.refresh(trigger, datasets)
    except Refusal as refusal:
        wait = {"Retry-After": str(refusal.wait_seconds)} if refusal.wait_seconds else {}
        return _answer(429 if wait else 403, {"error": str(refusal)}, wait)
    return _answer(202, {"status": "accepted"})


def _answer(status: int, content: dict[str, str], headers: dict[str, str] | None = None) -> Response:
    return Response(
        orjson.dumps(content), status, {"Cache-Control": "no-store", **(headers or {})}, "application/json"
    )
