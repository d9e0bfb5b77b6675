"""What an address asks for: a dataset by its key, and the range, filters and comparison of its query."""

from __future__ import annotations

from datetime import date

import orjson
from starlette.requests import Request
from starlette.responses import Response

from dash_app.cache_reader import CacheReader, CacheView
from engine.model.catalogue.datasets import Dataset, dataset_by_key
from engine.model.clock import Clock, wall_clock
from engine.model.errors import DashboardError, nearest
from engine.model.selections.selected import selected, with_previous
from engine.model.selections.selection import parse_selection
from engine.model.settings import Settings
from engine.store import Entry


def local_today(settings: Settings) -> date:
    """Return the day that it is now where the dashboard's days are."""
    now = wall_clock()
    return Clock(now, settings.time_zone).local_day(now)


def asked_dataset(
    request: Request, settings: Settings, own_parameters: tuple[str, ...] = ()
) -> Dataset | Response:
    """Return the dataset that a request asks for, as its query selects it; an error as an answer.

    ``own_parameters`` are those of the query that select nothing.
    """
    key = request.path_params["key"]
    dataset = dataset_by_key().get(key)
    if dataset is None:
        return refused(404, f"{key}: no such dataset; {nearest(key, dataset_by_key())}")
    parts = [part for part in request.url.query.split("&") if part.partition("=")[0] not in own_parameters]
    try:
        return selected(dataset, parse_selection("&".join(parts), local_today(settings)))
    except DashboardError as error:
        return refused(400, str(error))


async def read_asked(
    request: Request, reader: CacheReader, own_parameters: tuple[str, ...] = ()
) -> tuple[Dataset, CacheView] | Response:
    """Return the dataset that a request asks for, and a view with its entry first; an error as an answer.

    In a comparison the view's second entry is that of the period before.
    """
    dataset = asked_dataset(request, reader.settings, own_parameters)
    if isinstance(dataset, Response):
        return dataset
    view = await reader.read(tuple(each.key for each in with_previous([dataset])), wall_clock())
    if view.refusal is not None:
        return refused(429, str(view.refusal), {"Retry-After": str(view.refusal.wait_seconds)})
    return dataset, view


def refused(status: int, error: str, headers: dict[str, str] | None = None) -> Response:
    """Return an answer that says in one line why there is none."""
    return Response(orjson.dumps({"error": error}), status, headers, "application/json")


def without_value(entry: Entry) -> Response:
    """Return the answer for an entry that has no value."""
    return refused(404, f"{entry.key}: {'no value yet' if entry.problem is None else entry.problem.reason}")
