"""Pages that do not exist: the shell, which says so, with the status that says so too."""

from __future__ import annotations

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dash_app.http.doors import UNKNOWN_PAGE, door_of

IS_UNKNOWN: Final = "dashboard.unknown_page"
"""In the scope of a request for a page that does not exist, whose path is then that of the first page."""


class UnknownPages:
    """Answers with the document of the first page and 404, so that no route sees a path that no door has."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http" or door_of(scope) is not UNKNOWN_PAGE:
            await self._app(scope, receive, send)
            return

        async def send_not_found(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                message = {**message, "status": 404}
            await send(message)

        root = scope.get("root_path", "")
        shell = {
            **scope,
            "path": f"{root}/",
            "raw_path": f"{root}/".encode(),
            "query_string": b"",
            IS_UNKNOWN: True,
        }
        await self._app(shell, receive, send_not_found)
