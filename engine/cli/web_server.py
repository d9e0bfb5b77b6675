"""The web server that ``dashboard serve`` runs: uvicorn, saying where it is once it answers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import Any

import uvicorn

from engine.cli.terminal_text import say


class AnnouncingServer(uvicorn.Server):
    """Serves one ASGI app in this process and prints a line when it begins to.

    The functions of ``ends`` are called when it is told to end, so that nothing that is answered by
    a run keeps it waiting.
    """

    def __init__(self, app: Any, announcement: str, ends: Sequence[Callable[[], None]]) -> None:
        config = uvicorn.Config(
            app,
            # Its records go the way of all others.
            log_config=None,
            log_level="warning",
            access_log=False,
            lifespan="on",
            # Nor does a page that waits for the run of another process.
            timeout_graceful_shutdown=3,
        )
        super().__init__(config)
        self.announcement = announcement
        self._ends = ends

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to serve, then print the announcement."""
        await super().startup(sockets=sockets)
        if self.started:
            say(self.announcement)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let go what is under way, then stop to serve."""
        for end in self._ends:
            await asyncio.to_thread(end)
        await super().shutdown(sockets=sockets)
