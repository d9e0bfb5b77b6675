"""The base path: what the addresses of the app begin with in a browser, behind a proxy that shares its name.

It is taken off each request, and put before each redirect. So the app and the other middlewares know paths
below it alone, and a proxy may pass the base path on or take it off itself.
"""

from __future__ import annotations

from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dash_app.http.doors import DOORS
from dash_app.login.addresses import LOGIN
from engine.model.errors import SettingError


def require_free_base_path(base_path: str) -> None:
    """Raise SettingError if an address of the app begins with the base path: it would mean two things."""
    first = base_path.split("/")[1:2]
    if any(door.pattern.split("/")[1] in first for door in DOORS if door.pattern != "/"):
        raise SettingError(
            "DASHBOARD_BASE_PATH",
            f"the dashboard has addresses of its own below /{first[0]}",
            "choose another, such as /dashboard",
        )


class BasePath:
    """Takes the base path off requests and sockets, and puts it before redirects; "" changes nothing.

    ``shared_path`` stands before those to the login in its place, because several sources have one login;
    None means the base path.
    """

    def __init__(self, app: ASGIApp, base_path: str, shared_path: str | None = None) -> None:
        self._app = app
        self._base_path = base_path
        self._shared_path = base_path if shared_path is None else shared_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, without the base path."""
        base = self._base_path
        if not base or scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return

        async def send_below(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                to = headers.get("location", "")
                if to.startswith("/") and not to.startswith("//"):
                    is_login = to.partition("?")[0] == LOGIN
                    headers["location"] = (self._shared_path if is_login else base) + to
            await send(message)

        path: str = scope["path"]
        if path == base and scope["type"] == "http":
            query = scope["query_string"].decode("latin-1")
            await RedirectResponse("/" + (f"?{query}" if query else ""), 308)(scope, receive, send_below)
            return
        if path.startswith(f"{base}/"):
            scope["path"] = path.removeprefix(base)
            scope["raw_path"] = quote(scope["path"]).encode()
        await self._app(scope, receive, send_below)
