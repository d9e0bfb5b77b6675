"""The router: hands each request to the app of the source that its path names, or to that of all sources."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from dash_app.sources.threads import ThreadsBySource, belonging_to

API = "api"


class SourceRouter:
    """An ASGI app: ``/north/llm`` goes to the app of ``north``, and ``/api/north/…`` is ``/north/api/…``.

    ``shared_path`` is what all addresses begin with; a proxy may have taken it off.
    """

    def __init__(self, shared_path: str, apps: Mapping[str, FastAPI], others: FastAPI) -> None:
        self._shared_path = shared_path
        self.apps = apps
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "lifespan":
            await _Lifespans({"": self._others, **self.apps})(scope, receive, send)
            return
        path: str = scope["path"]
        if self._shared_path and path.startswith(f"{self._shared_path}/"):
            path = path.removeprefix(self._shared_path)
        first, second, *_ = [*path[1:].split("/", 2), ""]
        if first == API and second in self.apps:
            first, path = second, f"/{second}/{API}{path.removeprefix(f'/{API}/{second}')}"
        app = self.apps.get(first)
        if app is None:
            await self._others(scope, receive, send)
            return
        with belonging_to(first):
            await app({**scope, "path": self._shared_path + path}, receive, send)


class _Lifespans:
    """Runs the lifespans of several apps, by source, as one."""

    def __init__(self, apps: Mapping[str, FastAPI]) -> None:
        self.apps = apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Begin them one after the other, and end them in the reverse order."""
        front = FastAPI(lifespan=self._lifespan, docs_url=None, redoc_url=None, openapi_url=None)
        await front(scope, receive, send)

    @asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        asyncio.get_running_loop().set_default_executor(ThreadsBySource())
        async with AsyncExitStack() as stack:
            for source, app in self.apps.items():
                with belonging_to(source):
                    await stack.enter_async_context(app.router.lifespan_context(app))
            yield
