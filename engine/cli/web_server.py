"""The web server of ``dashboard serve``: uvicorn, which prints its address once it answers."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import socket
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import uvicorn

from dash_app.http.protocol import GuardedProtocol, GuardedSocket
from engine.cli.terminal_text import say
from engine.model.text.rare_log import RareLog

log = logging.getLogger(__name__)

MOST_FILES = 65536
RESERVED_FILES = 200
"""What a process opens beside its connections: databases, pipes, locks, scripts."""

MOST_MESSAGE_BYTES = 1024
"""The longest message of a page, which sends none."""


def raise_file_limit() -> int:
    """Raise the soft limit on open files as far as the hard one allows, and return it."""
    try:
        import resource
    except ImportError:  # not on this system
        return MOST_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    return MOST_FILES if soft == resource.RLIM_INFINITY else soft


class AnnouncingServer(uvicorn.Server):
    """Serves one ASGI app in this process, and prints a line when it begins.

    At its shutdown it calls the functions of ``ends`` first, so that it does not wait for requests that a run
    answers.
    """

    def __init__(self, app: Any, announcement: str, ends: Sequence[Callable[[], None]]) -> None:
        files = raise_file_limit()
        config = uvicorn.Config(
            app,
            http=partial(GuardedProtocol, most_connections=max(files - RESERVED_FILES, files // 2)),  # type: ignore[arg-type]
            ws=GuardedSocket,
            ws_max_size=MOST_MESSAGE_BYTES,
            ws_per_message_deflate=False,
            # Its records are formatted like all others.
            log_config=None,
            # Below that it logs each request that is none, which a stranger can send without end.
            log_level="error",
            access_log=False,
            lifespan="on",
            # Any program of this machine could send them; which proxies are trusted is the app's to know.
            proxy_headers=False,
            server_header=False,
            # A request may wait for the run of another process.
            timeout_graceful_shutdown=3,
        )
        super().__init__(config)
        self.announcement = announcement
        self._ends = ends
        self._rare = RareLog(log)

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

    async def on_tick(self, counter: int) -> bool:
        """Look once a second whether a file can be opened: the event loop refuses connections silently."""
        if counter % 10 == 0:
            try:
                os.close(os.dup(0))
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE):
                    self._rare.warning("too many open files: connections are refused; raise `ulimit -n`")
        return await super().on_tick(counter)
