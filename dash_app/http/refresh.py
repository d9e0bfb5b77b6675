"""The addresses by which a page's buttons and scripts start a run.

They answer at once, and the run goes on; with ``?wait=1`` they answer when it has ended. Waiting holds no
thread.
"""

from __future__ import annotations

import asyncio
from datetime import date

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dash_app.http.middleware.refusals import TRY_AGAIN
from dash_app.http.selected import asked_dataset, local_today, refused
from dash_app.http.unstored import unstored_json
from dash_app.login.run_gate import Refusal, RunGate
from dash_app.login.visitors import current_visitor
from dash_app.pages import PAGES, Page
from dash_app.selections import asked_of, selected_datasets
from engine.model.access import Right
from engine.model.catalogue.datasets import catalogue
from engine.model.errors import DashboardError, nearest
from engine.model.selections.selected import with_previous
from engine.model.settings import Settings
from engine.model.text.plain_text import plain_text
from engine.model.text.without_paths import without_paths
from engine.model.trigger import Trigger
from engine.runs.turns.queued import NotNow


def refresh_routes(gate: RunGate, settings: Settings) -> list[Route]:
    """Return the routes of a full refresh, of a page's, and of one dataset's."""
    pages = {page.name: page for page in PAGES if page.datasets}

    async def full(request: Request) -> Response:
        return await _refreshed(gate, request, Trigger.FULL, None)

    async def one_page(request: Request) -> Response:
        name = request.path_params["page"]
        if name not in pages:
            return refused(404, f"{name}: no such page with datasets; {nearest(name, pages)}")
        names = _names_on(pages[name], request.url.query, local_today(settings))
        return await _refreshed(gate, request, Trigger.PAGE, names)

    async def one_dataset(request: Request) -> Response:
        dataset = asked_dataset(request, settings, ("wait",))
        if isinstance(dataset, Response):
            return dataset
        names = tuple(each.name for each in with_previous([dataset]))
        return await _refreshed(gate, request, Trigger.CARD, names)

    return [
        Route("/api/refresh", full, methods=["POST"]),
        Route("/api/refresh/{page}", one_page, methods=["POST"]),
        Route("/api/refresh/dataset/{key:path}", one_dataset, methods=["POST"]),
    ]


def _names_on(page: Page, query: str, today: date) -> tuple[str, ...]:
    """Return the names of the datasets that a page shows at an address with this query."""
    pairs = selected_datasets(page, asked_of(page, query, today).selection)
    shown = [pairs[name].dataset if name in pairs else catalogue()[name] for name in page.datasets]
    return tuple(each.name for each in with_previous(shown))


async def _refreshed(
    gate: RunGate, request: Request, trigger: Trigger, datasets: tuple[str, ...] | None
) -> Response:
    try:
        run = await gate.refresh(trigger, datasets)
    except Refusal as refusal:
        wait = {"Retry-After": str(refusal.wait_seconds)} if refusal.wait_seconds else {}
        return unstored_json({"error": str(refusal)}, 429 if wait else 403, wait)
    except DashboardError as error:
        # The database of the cache is away, so nobody can be asked for a run.
        return _not_now(str(error))
    is_refused = run.done() and run.result() is not None
    if request.query_params.get("wait") != "1" and not is_refused:
        return unstored_json({"status": "accepted"}, 202)
    failure = await asyncio.wrap_future(run)
    if failure is None:
        return unstored_json({"status": "done"})
    if isinstance(failure, NotNow):
        # There is no worker, a server is away, or the dashboard is being ended.
        return _not_now(failure)
    return unstored_json({"error": _shown(failure)}, 500)


def _not_now(line: str) -> Response:
    return unstored_json({"error": without_paths(plain_text(line))}, 503, TRY_AGAIN)


def _shown(failure: str) -> str:
    """Return why a run failed, as the visitor of the request under way may read it."""
    if not current_visitor().may(Right.CONTACTS):
        return "The run has failed."
    return without_paths(plain_text(failure))
