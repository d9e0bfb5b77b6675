"""The life of a server: what comes before its first client, and after its last."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from starlette.types import Message

from dash_app.cache_reader import CacheReader
from dash_app.documents import Documents
from dash_app.http.delivery import bodyless_request
from dash_app.http.doors import INTERNAL, INTERNAL_KEY
from dash_app.http.middleware.security_headers import ContentPolicy
from dash_app.live.broadcaster import LiveBroadcaster
from dash_app.login.web_login import WebLogin
from engine.runs.computing import Computing

log = logging.getLogger(__name__)


def lifespan_of(
    computing: Computing,
    broadcaster: LiveBroadcaster,
    reader: CacheReader,
    *,
    policy: ContentPolicy,
    documents: Documents,
    own_login: WebLogin | None,
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Return the lifespan of a server; its end closes ``own_login``, None if the login is of others."""

    @asynccontextmanager
    async def lifespan(server: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(computing.start)
        await asyncio.to_thread(reader.warm)
        # Dash completes its set-up on the first request for "/"; a deep link before it lacks its styles.
        document = await _get(server, "/")
        policy.allow_scripts_of(document)
        documents.complete(document, await _get(server, "/_dash-dependencies"))
        await asyncio.to_thread(computing.begin)
        try:
            async with broadcaster.watching():
                yield
        finally:
            reader.queue.close()
            await asyncio.to_thread(computing.close)
            await asyncio.to_thread(reader.close)
            if own_login is not None:
                own_login.close()

    return lifespan


async def _get(server: FastAPI, path: str) -> str:
    """Return the document at a path of the server, which is asked in this process."""
    parts: list[bytes] = []

    async def send(message: Message) -> None:
        parts.append(message.get("body", b""))
        if message["type"] == "http.response.start" and message["status"] != 200:
            log.error("the page at %s answers %d", path, message["status"])

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"localhost")],
        "server": ("localhost", 80),
        "client": ("localhost", 0),
        INTERNAL_KEY: INTERNAL,
    }
    await server(scope, bodyless_request(), send)
    return b"".join(parts).decode()
