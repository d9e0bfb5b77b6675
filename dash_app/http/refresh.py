"""The addresses by which a page's buttons and scripts start a run.

They answer at once, and the run goes on; with ``?wait=1`` they answer when it has ended. Waiting holds no
thread.
"""

from __future__ import annotations

import asyncio

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dash_app.login.run_gate import Refusal, RunGate
from dash_app.login.visitors import current_visitor
from dash_app.pages import PAGES, Page
from dash_app.selections import asked_of, selected_datasets
from engine.model.access import Right
from engine.model.clock import wall_clock
from engine.model.datasets import Dataset, catalogue, dataset_by_key
from engine.model.errors import DashboardError, nearest
from engine.model.selected import previous_of, selected
from engine.model.selection import parse_selection
from engine.model.text.plain_text import plain_text
from engine.model.text.without_paths import without_paths
from engine.model.trigger import Trigger


def refresh_routes(gate: RunGate) -> list[Route]:
    """Return the routes of a full refresh, of a page's, and of one dataset's."""
    pages = {page.name: page for page in PAGES if page.datasets}

    async def full(request: Request) -> Response:
        return await _refreshed(gate, request, Trigger.FULL, None)

    async def one_page(request: Request) -> Response:
        name = request.path_params["page"]
        if name not in pages:
            return _answer(404, {"error": f"{name}: no such page with datasets; {nearest(name, pages)}"})
        return await _refreshed(gate, request, Trigger.PAGE, _names_on(pages[name], request.url.query))

    async def one_dataset(request: Request) -> Response:
        key, known = request.path_params["key"], dataset_by_key()
        if key not in known:
            return _answer(404, {"error": f"{key}: no such dataset; {nearest(key, known)}"})
        try:
            names = _names_of(known[key], request.url.query)
        except DashboardError as error:
            return _answer(400, {"error": str(error)})
        return await _refreshed(gate, request, Trigger.CARD, names)

    return [
        Route("/api/refresh", full, methods=["POST"]),
        Route("/api/refresh/{page}", one_page, methods=["POST"]),
        Route("/api/refresh/dataset/{key:path}", one_dataset, methods=["POST"]),
    ]


def _names_on(page: Page, query: str) -> tuple[str, ...]:
    """Return the names of the datasets that a page shows at an address with this query."""
    selection = asked_of(page, query, wall_clock().date()).selection
    pairs = selected_datasets(page, selection)
    return tuple(
        each.name
        for name in page.datasets
        for each in ((pairs[name].dataset, pairs[name].previous) if name in pairs else (catalogue()[name],))
        if each is not None
    )


def _names_of(dataset: Dataset, query: str) -> tuple[str, ...]:
    """Return the names of a dataset as a query selects it, and the period before. Raises DashboardError."""
    parts = [part for part in query.split("&") if part.partition("=")[0] in ("range", "filter", "compare")]
    chosen = selected(dataset, parse_selection("&".join(parts)))
    return tuple(each.name for each in (chosen, previous_of(chosen)) if each is not None)


async def _refreshed(
    gate: RunGate, request: Request, trigger: Trigger, datasets: tuple[str, ...] | None
) -> Response:
    try:
        run = await gate.refresh(trigger, datasets)
    except Refusal as refusal:
        wait = {"Retry-After": str(refusal.wait_seconds)} if refusal.wait_seconds else {}
        return _answer(429 if wait else 403, {"error": str(refusal)}, wait)
    if request.query_params.get("wait") != "1":
        return _answer(202, {"status": "accepted"})
    failure = await asyncio.wrap_future(run)
    return _answer(200, {"status": "done"}) if failure is None else _answer(500, {"error": _shown(failure)})


def _shown(failure: str) -> str:
    """Return why a run failed, as the visitor of the request under way may read it."""
    if not current_visitor().may(Right.CONTACTS):
        return "The run has failed."
    return without_paths(plain_text(failure))


def _answer(status: int, content: dict[str, str], headers: dict[str, str] | None = None) -> Response:
    return Response(
        orjson.dumps(content), status, {"Cache-Control": "no-store", **(headers or {})}, "application/json"
    )
