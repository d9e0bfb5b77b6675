"""Lets in who may: each request needs the right that its door asks for."""

from __future__ import annotations

import logging

from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dash_app.http.doors import UNKNOWN_PAGE, Access, Door, door_of, inner_path, is_internal
from dash_app.http.middleware.refusals import TRY_AGAIN
from dash_app.http.unstored import NO_STORE, unstored_json
from dash_app.login.addresses import login_address
from dash_app.login.sockets import LOGGED_OUT, OpenSockets
from dash_app.login.visitors import NOBODY, Visitors, set_visitor
from dash_app.pages import PAGE_PATHS
from engine.model.access import EVERYBODY, Visitor
from engine.model.errors import DashboardError

log = logging.getLogger(__name__)

UNCHECKED = "Logins cannot be checked at present; try again in a moment. The log of the dashboard says why."
NOT_ALLOWED, BROKEN = 4403, 1011
"""How a socket is closed to who is logged in and may not use it; and if logins cannot be checked."""


class Login:
    """Answers 401, or leads to the login, until somebody is logged in; answers 403 to who may not.

    ``sockets`` is None if the app asks for no login: everybody is then an operator. ``source_path`` is what
    the addresses of one of several sources have before those of its pages: the login is outside of it.
    """

    def __init__(
        self, app: ASGIApp, visitors: Visitors, sockets: OpenSockets | None, source_path: str = ""
    ) -> None:
        self._source_path = source_path
        self._app = app
        self._visitors = visitors
        self._sockets = sockets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if its visitor may use its door."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if is_internal(scope):
            await self._pass_on(EVERYBODY, scope, receive, send)
            return
        door = door_of(scope)
        access = Access.LOOK if door is None else door.access
        try:
            visitor = await self._visitors.of(scope)
        except DashboardError as error:
            log.error("nobody can be recognised: %s", error)
            if access is not Access.OPEN:
                answer = _unchecked(is_page=self._is_page(scope, door))
                await _refuse(answer, BROKEN, scope, receive, send)
                return
            visitor = None
        if access is Access.OPEN or (visitor is not None and visitor.may(access)):
            await self._pass_on(visitor or NOBODY, scope, receive, send)
        elif visitor is None:
            await _refuse(self._challenge(scope, door), LOGGED_OUT, scope, receive, send)
        else:
            answer = _json(403, f"This needs the right to {access.value}.")
            await _refuse(answer, NOT_ALLOWED, scope, receive, send)

    async def _pass_on(self, visitor: Visitor, scope: Scope, receive: Receive, send: Send) -> None:
        undo = set_visitor(visitor)
        try:
            if scope["type"] == "websocket" and self._sockets is not None:
                await self._sockets.serve(self._app, visitor, scope, receive, send)
            else:
                await self._app(scope, receive, send)
        finally:
            undo()

    def _challenge(self, scope: Scope, door: Door | None) -> Response:
        """Return the answer to who is not logged in: pages lead to the login, the rest is refused."""
        if not self._is_page(scope, door):
            return _json(401, "Log in, or send a token in the Authorization header.")
        path, query = inner_path(scope), scope["query_string"].decode("latin-1")
        after = self._source_path + (f"{path}?{query}" if query else path)
        return RedirectResponse(login_address(after), 303, NO_STORE)

    @staticmethod
    def _is_page(scope: Scope, door: Door | None) -> bool:
        """Return whether a request is a browser's for a page."""
        path = inner_path(scope)
        is_page = scope["type"] == "http" and (path in PAGE_PATHS or path == "/cron" or door is UNKNOWN_PAGE)
        return is_page and not any(name == b"authorization" for name, _ in scope["headers"])


def _unchecked(*, is_page: bool) -> Response:
    """Return the answer to who cannot be recognised, because the sessions cannot be read."""
    answer = PlainTextResponse(UNCHECKED, 503, NO_STORE) if is_page else _json(503, UNCHECKED)
    answer.headers.update(TRY_AGAIN)
    return answer


def _json(status: int, error: str) -> Response:
    return unstored_json({"error": error}, status, {"WWW-Authenticate": "Bearer"} if status == 401 else {})


async def _refuse(answer: Response, code: int, scope: Scope, receive: Receive, send: Send) -> None:
    """Send an answer in place of the app; a socket is opened and closed, because its page reads the code."""
    if scope["type"] == "http":
        await answer(scope, receive, send)
        return
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": code})
