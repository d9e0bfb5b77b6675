"""The web server of ``dashboard serve``: uvicorn, which prints its address once it answers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import Any

import uvicorn

from engine.cli.terminal_text import say


class AnnouncingServer(uvicorn.Server):
    """Serves one ASGI app in this process, and prints a line when it begins.

    At its shutdown it calls the functions of ``ends`` first, so that it does not wait for requests that a run
    answers.
    """

    def __init__(self, app: Any, announcement: str, ends: Sequence[Callable[[], None]]) -> None:
        config = uvicorn.Config(
            app,
            # Its records are formatted like all others.
            log_config=None,
            log_level="warning",
            access_log=False,
            lifespan="on",
            # Whoever is on this machine could send them; which proxies are trusted is the app's to know.
            proxy_headers=False,
            server_header=False,
            # A request may wait for the run of another process.
            timeout_graceful_shutdown=3,
        )
        super().__init__(config)
        self.announcement = announcement
        self._ends = ends

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start serving, then print the announcement."""
        await super().startup(sockets=sockets)
        if self.started:
            say(self.announcement)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what is under way, then stop serving."""
        for end in self._ends:
            await asyncio.to_thread(end)
        await super().shutdown(sockets=sockets)
