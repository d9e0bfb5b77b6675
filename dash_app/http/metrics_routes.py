"""The address of the metrics: their text is made whenever it is asked for, in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dash_app.cache_reader import CacheReader
from dash_app.http.metrics import CONTENT_TYPE, metrics_text
from dash_app.http.unstored import NO_STORE
from dash_app.live.broadcaster import LiveBroadcaster
from engine.model.clock import wall_clock
from engine.model.values.fingerprint import fingerprints
from engine.runs.computing import Computing, is_source_readable

MetricsNow = Callable[[], Awaitable[bytes]]
"""Returns the metrics as text."""


def metrics_of(reader: CacheReader, broadcaster: LiveBroadcaster, computing: Computing) -> MetricsNow:
    """Return what makes the metrics of one source."""
    settings = reader.settings

    async def metrics_now() -> bytes:
        now = wall_clock()
        return await asyncio.to_thread(
            metrics_text,
            settings.store,
            reader.read_log,
            broadcaster.connections,
            now,
            fingerprints(settings.time_zone),
            attention=reader.latest_attention(now),
            is_source_readable=lambda: is_source_readable(settings, computing),
        )

    return metrics_now


def metrics_routes(metrics_now: MetricsNow) -> list[Route]:
    """Return the route of the metrics."""

    async def metrics(_: Request) -> Response:
        return Response(await metrics_now(), headers=NO_STORE, media_type=CONTENT_TYPE)

    return [Route("/metrics", metrics)]
