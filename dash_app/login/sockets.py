"""The open sockets of those who are logged in: each is closed within a second after its login is over."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.model.access import Visitor
from engine.model.clock import wall_clock
from engine.model.errors import DashboardError
from engine.model.text.rare_log import RareLog
from engine.sessions.opened import LoginState

log = logging.getLogger(__name__)

LOGGED_OUT, ASK_AGAIN = 4401, 1012
"""How a socket is closed: its login is over; or the proxy is to say again who that is."""

POLL_SECONDS = 0.5
IDENTITY_SECONDS = 600.0
"""How long a socket is open by what a proxy said: it alone knows when its login is over."""


@dataclass(eq=False)
class _OpenSocket:
    visitor: Visitor
    opened_at: float
    over: asyncio.Event = field(default_factory=asyncio.Event)
    code: int = LOGGED_OUT


class OpenSockets:
    """The sockets of one process; belongs to one event loop."""

    def __init__(self, state: LoginState) -> None:
        self._state = state
        self._open: set[_OpenSocket] = set()
        self._watcher: asyncio.Task[None] | None = None
        self._rare = RareLog(log)

    async def serve(self, app: ASGIApp, visitor: Visitor, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app serve a socket until one of them ends it, or the visitor's login is over."""
        entry = _OpenSocket(visitor, time.monotonic())
        self._open.add(entry)
        if self._watcher is None or self._watcher.done():
            self._watcher = asyncio.create_task(self._watch(), name="dashboard-logins")
        is_closed = False

        async def receive_until_over() -> Message:
            nonlocal is_closed
            received = asyncio.ensure_future(receive())
            over = asyncio.ensure_future(entry.over.wait())
            try:
                await asyncio.wait({received, over}, return_when=asyncio.FIRST_COMPLETED)
                if received.done():
                    return received.result()
            finally:
                received.cancel()
                over.cancel()
            if not is_closed:
                is_closed = True
                with contextlib.suppress(RuntimeError):
                    await send({"type": "websocket.close", "code": entry.code})
            return {"type": "websocket.disconnect", "code": entry.code}

        async def send_until_over(message: Message) -> None:
            if not is_closed:
                await send(message)

        try:
            await app(scope, receive_until_over, send_until_over)
        finally:
            self._open.discard(entry)

    async def _watch(self) -> None:
        while self._open:
            await asyncio.sleep(POLL_SECONDS)
            digests = {
                entry.visitor.login
                for entry in self._open
                if entry.visitor.login is not None and not entry.visitor.is_identity
            }
            try:
                ended = await asyncio.to_thread(self._state.sessions.ended, digests, wall_clock())
            except DashboardError as error:
                self._rare.error("sessions cannot be read: %s", error)
                continue
            for entry in self._open:
                if entry.visitor.login in ended:
                    entry.over.set()
                elif entry.visitor.is_identity and time.monotonic() - entry.opened_at > IDENTITY_SECONDS:
                    entry.code = ASK_AGAIN
                    entry.over.set()
