"""The caps on open WebSockets: each tab has one, and each costs memory and a descriptor."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dash_app.http.middleware.refusals import refuse
from engine.model.text.rare_log import RareLog

log = logging.getLogger(__name__)

MOST_OF_ALL = 1000
MOST_OF_A_SESSION = 50


class SocketCaps:
    """Refuses a socket beyond a cap; its page then polls. ``session`` says whose it is, None if unknown."""

    def __init__(
        self,
        app: ASGIApp,
        session: Callable[[], str | None],
        most_of_all: int = MOST_OF_ALL,
        most_of_a_session: int = MOST_OF_A_SESSION,
    ) -> None:
        self._app = app
        self._session = session
        self._most_of_all = most_of_all
        self._most_of_a_session = most_of_a_session
        self._open: Counter[str | None] = Counter()
        self._rare = RareLog(log)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and a socket if there is room."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        session = self._session()
        if self._open.total() >= self._most_of_all:
            self._rare.warning(
                "%d sockets are open, the most at a time: further pages poll instead", self._most_of_all
            )
            await refuse(PlainTextResponse("Too many sockets are open", 503), scope, receive, send)
        elif session is not None and self._open[session] >= self._most_of_a_session:
            await refuse(PlainTextResponse("This session has too many sockets", 429), scope, receive, send)
        else:
            self._open[session] += 1
            try:
                await self._app(scope, receive, send)
            finally:
                self._open[session] -= 1
                self._open += Counter()
