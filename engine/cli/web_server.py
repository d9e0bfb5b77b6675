"""The web server that ``dashboard serve`` runs: uvicorn, saying where it is once it answers."""

from __future__ import annotations

import socket
from typing import Any

import click
import uvicorn


class AnnouncingServer(uvicorn.Server):
    """Serves one ASGI app in this process and prints a line when it begins to."""

    def __init__(self, app: Any, announcement: str) -> None:
        super().__init__(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="on"))
        self.announcement = announcement

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to serve, then print the announcement."""
        await super().startup(sockets=sockets)
        if self.started:
            click.echo(self.announcement)
