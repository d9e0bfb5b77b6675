"""What every open page is told by itself: that there is something new, how far a run is, what is amiss.

One watcher a process looks at the database's pulse some times a second and tells all open pages over
their sockets; a page that has none asks at ``/state`` for the same. No value of the source is sent:
a page that hears of a new version reads itself anew, and by then the values are in memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from dash_app.live.briefing import NO_BRIEFING, Briefing, read_briefing
from dash_app.live.progress import told_run
from dash_app.reading import UNREADABLE, Reader
from dash_app.rendering import digest_of
from engine.cache import Entry, EntryState
from engine.clock import wall_clock
from engine.errors import DashboardError
from engine.runs import read_progress

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.25
BRIEFING_SECONDS = 5.0
FLUSH_SECONDS = 30.0
WARNING_SECONDS = 60.0


class LiveHub:
    """The watcher of one process and the sockets of its open pages; belongs to one event loop."""

    def __init__(self, reader: Reader) -> None:
        self.connections = 0
        self._reader = reader
        self._settings = reader.settings
        self._state: dict[str, Any] = {}
        self._text = "{}"
        self._changed = asyncio.Event()
        self._wake = asyncio.Event()
        self._contents: object = None
        self._entries: Mapping[str, Entry] = {}
        self._briefing: Briefing = NO_BRIEFING
        self._briefed_at = self._flushed_at = 0.0

    @property
    def state_text(self) -> str:
        """Return what is told to every page, as JSON."""
        return self._text

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Watch the database until the block ends."""
        loop = asyncio.get_running_loop()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended before its threads
                loop.call_soon_threadsafe(self._wake.set)

        self._reader.desk.on_change = wake
        await self._look()
        watcher = asyncio.create_task(self._watch(), name="dashboard-watcher")
        try:
            yield
        finally:
            watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watcher

    async def _watch(self) -> None:
        warned_at = -WARNING_SECONDS
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), LOOK_SECONDS)
            self._wake.clear()
            try:
                await self._look()
            except Exception:
                # The next look may go well; what goes wrong each time is not told each time.
                if time.monotonic() - warned_at > WARNING_SECONDS:
                    warned_at = time.monotonic()
                    log.exception("the database could not be looked at")

    async def _look(self) -> None:
        now = wall_clock()
        version = await self._version(now)
        await self._brief(now)
        run = told_run(read_progress(self._settings, now), self._reader.desk.state, now)
        briefing = self._briefing
        alerts = [*briefing.alerts, *([briefing.late_run] if briefing.late_run and run is None else [])]
        self._tell({"version": version, "run": run, "news": briefing.news, "alerts": alerts})

    async def _version(self, now: datetime) -> str:
        """Return the version of what pages show now; entries of a new one are read before it is told."""
        try:
            pulse = self._reader.memory.pulse_reader.read()
            known = self._reader.memory.known(self._reader.keys, now)
            if known is None:
                known = await asyncio.to_thread(self._reader.read_ahead, now)
        except DashboardError as error:
            return f"{UNREADABLE}.{digest_of(str(error).encode())}"
        if pulse.contents != self._contents:
            self._contents, self._briefed_at = pulse.contents, 0.0
        self._entries = known.entries
        # An entry that expires is news too: its page is to say so, and to have it computed.
        expired = sum(entry.state is EntryState.EXPIRED for entry in known.entries.values())
        return f"{known.pulse.version}.{self._reader.desk.state.failures}.{expired}"

    async def _brief(self, now: datetime) -> None:
        ticks = time.monotonic()
        if ticks - self._briefed_at >= BRIEFING_SECONDS:
            self._briefed_at = ticks
            self._briefing = await asyncio.to_thread(read_briefing, self._settings, self._entries, now)
        if ticks - self._flushed_at >= FLUSH_SECONDS:
            self._flushed_at = ticks
            await asyncio.to_thread(self._reader.read_log.flush, self._settings.db, now)

    def _tell(self, state: dict[str, Any]) -> None:
        if state != self._state:
            self._state, self._text = state, orjson.dumps(state).decode()
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()

    async def serve(self, socket: WebSocket) -> None:
        """Tell one open page the state, and each that follows; a slow one is told the latest alone."""
        await socket.accept()
        self.connections += 1
        sender = asyncio.create_task(self._send(socket))
        try:
            while True:
                await socket.receive_text()
        except (WebSocketDisconnect, KeyError):
            pass  # the page has gone, or it sends what is no text
        finally:
            self.connections -= 1
            sender.cancel()

    async def _send(self, socket: WebSocket) -> None:
        sent = ""
        while True:
            changed, text = self._changed, self._text
            if text != sent:
                try:
                    await socket.send_text(text)
                except (WebSocketDisconnect, RuntimeError):
                    return
                sent = text
            else:
                await changed.wait()
