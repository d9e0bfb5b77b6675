"""The broadcaster: sends every open page the status, that is the version, the run under way and the notices.

One watcher in each process polls the database's version a few times a second, and sends the status over the
sockets of the open pages. A page without a socket polls ``/state``. The status has no value of the source: a
page that gets a new version reads itself again, from a snapshot that is then in memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from dash_app.cache_reader import CacheReader
from dash_app.live.conditions import Condition, Kind, condition, worst_first
from dash_app.live.facts import NO_FACTS, facts_of
from dash_app.live.notices import NO_NOTICES, Notices, failed_condition, read_notices
from dash_app.live.progress import run_status
from dash_app.login.visitors import current_visitor
from engine.model.access import Right
from engine.model.clock import wall_clock, wall_clock_ms
from engine.model.text.plain_text import plain_text
from engine.model.text.rare_log import RareLog
from engine.model.text.without_paths import without_paths
from engine.store import Entry

log = logging.getLogger(__name__)

POLL_SECONDS = 0.25
"""How often the version is polled."""
NOTICES_SECONDS = 5.0
"""How often the notices are read."""
RESTING_POLL_SECONDS, RESTING_NOTICES_SECONDS = 2.0, 30.0
"""How often one of several sources is polled while nobody has a page of it open."""
ASKED_SECONDS = 60.0
"""How long a page counts as open after it has asked without a socket."""
FLUSH_SECONDS = 60.0
"""How often the counts of reads are written."""
HEARTBEAT_SECONDS = 25.0
"""How often an open page hears something, so that no proxy closes its socket."""
NEVER = -math.inf
"""The time of what has not happened, as ``time.monotonic`` counts."""


@dataclass(frozen=True)
class _Status:
    """The status: what is the same for all visitors, and the conditions that hold, worst first."""

    shared: dict[str, Any]
    conditions: tuple[Condition, ...]

    def text(self, *, sees_contacts: bool) -> str:
        """Return it as JSON."""
        shown = [one.as_json(sees_contacts=sees_contacts) for one in self.conditions]
        return orjson.dumps(self.shared | {"conditions": shown}).decode()


class LiveBroadcaster:
    """The watcher of one process and the sockets of its open pages; belongs to one event loop."""

    def __init__(self, reader: CacheReader) -> None:
        self.connections = 0
        self._reader = reader
        self._settings = reader.settings
        self._status: _Status | None = None
        self._facts: dict[str, Any] = NO_FACTS
        self._trouble: Condition | None = None
        self._text = self._text_without_contacts = "{}"
        self._changed = asyncio.Event()
        self._wake = asyncio.Event()
        self._contents: object = None
        self._entries: Mapping[str, Entry] = {}
        self._failed: tuple[int, object] = (0, None)
        self._notices: Notices = NO_NOTICES
        self._is_worked = True
        self._asked_at = NEVER
        self._notices_at = self._flushed_at = NEVER
        self._rare = RareLog(log)

    def message(self, now_ms: int) -> str:
        """Return the status for the visitor, with the server's clock, by which a page counts ages."""
        self._be_asked()
        return _stamped(self._text_for(sees_contacts=current_visitor().may(Right.CONTACTS)), now_ms)

    def _text_for(self, *, sees_contacts: bool) -> str:
        return self._text if sees_contacts else self._text_without_contacts

    @property
    def _is_resting(self) -> bool:
        """Return whether nobody has a page open of this source, which is one of several."""
        is_asked = self.connections > 0 or time.monotonic() - self._asked_at < ASKED_SECONDS
        return bool(self._settings.source_name) and not is_asked

    def _be_asked(self) -> None:
        """Note that a page is open; the first one has everything read at once."""
        if self._is_resting:
            self._notices_at = NEVER
            self._wake.set()
        self._asked_at = time.monotonic()

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Watch the database until the block ends."""
        loop = asyncio.get_running_loop()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended before its threads
                loop.call_soon_threadsafe(self._wake.set)

        self._reader.queue.on_change = wake
        await self._poll_or_log()
        watcher = asyncio.create_task(self._watch(), name="dashboard-watcher")
        try:
            yield
        finally:
            watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watcher

    async def _watch(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                pause = RESTING_POLL_SECONDS if self._is_resting else POLL_SECONDS
                # ``wait_for`` may swallow the end of the watch, if that comes just when the event is set.
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            self._wake.clear()
            await self._poll_or_log()

    async def _poll_or_log(self) -> None:
        """Poll once; log an error, now and then, and let the next poll try again."""
        try:
            await self._poll()
        except Exception:
            self._rare.exception("the database could not be polled")

    async def _poll(self) -> None:
        now = wall_clock()
        version = await self._version(now)
        await self._publish_status(version, now)
        # The notices take a moment, so they come after the version.
        if await self._read_notices(now):
            await self._publish_status(version, now)

    async def _publish_status(self, version: str, now: datetime) -> None:
        queue, notices = self._reader.queue.state, self._notices
        progress = await asyncio.to_thread(self._reader.watch.progress, now)
        run = run_status(progress, queue, now)
        conditions = list(notices.conditions)
        if self._trouble is not None:
            conditions.append(self._trouble)
        if queue.failures != self._failed[0]:
            self._failed = (queue.failures, self._contents)
        # A failure that is not in the database is known here alone. It stays until a run of any process
        # succeeds.
        is_latest = self._failed[1] == self._contents
        failure = without_paths(plain_text(queue.failure or ""))
        if failure and is_latest and not any(failure in one.text for one in conditions):
            failed = failed_condition(f"The latest run failed: {failure}", self._reader.watch.trouble())
            conditions += [] if failed is None else [failed]
        found = worst_first(conditions)
        self._reader.conditions = found
        lag = {
            "lag": {page: each.text for page, each in notices.lag.items()},
            "pending": [page for page, each in notices.lag.items() if each.is_pending],
        }
        self._publish(_Status({"version": version, "run": run, **lag, **self._facts}, found))

    async def _version(self, now: datetime) -> str:
        """Return the version that pages show now; a new snapshot is read before its version is sent."""
        snapshot = self._reader.snapshots.current(now)
        if snapshot is None:
            snapshot = await asyncio.to_thread(self._reader.snapshots.read, now)
        if snapshot.version is not None:
            if snapshot.version.contents != self._contents:
                self._contents, self._notices_at = snapshot.version.contents, NEVER
            self._entries = snapshot.entries
            self._facts = facts_of(snapshot)
        self._trouble = self._trouble_of(snapshot.trouble, now)
        return self._reader.version(snapshot, now)

    def _trouble_of(self, line: str | None, now: datetime) -> Condition | None:
        """Return the condition that the cache cannot be read, since this process first could not."""
        if line is None:
            return None
        known = self._trouble
        return condition(Kind.UNREADABLE, line, now if known is None else known.since)

    async def _read_notices(self, now: datetime) -> bool:
        """Read the notices and write the counts of reads if due; return whether notices were read."""
        ticks, is_worked = time.monotonic(), self._reader.watch.trouble() is None
        pause = RESTING_NOTICES_SECONDS if self._is_resting else NOTICES_SECONDS
        # That a worker comes or goes is in memory, and shows at once.
        is_due = ticks - self._notices_at >= pause or is_worked is not self._is_worked
        self._is_worked = is_worked
        if is_due:
            self._notices_at = ticks
            self._notices = await asyncio.to_thread(
                read_notices,
                self._settings,
                self._entries,
                now,
                self._reader.queue.unstored_failures,
                self._reader.watch,
            )
        keeper = self._reader.keeper
        if ticks - self._flushed_at >= FLUSH_SECONDS and (keeper is None or not keeper.is_in_use):
            self._flushed_at = ticks
            await asyncio.to_thread(self._reader.read_log.flush, self._settings.store, now)
        return is_due

    def _publish(self, status: _Status) -> None:
        if status != self._status:
            self._status = status
            self._text = status.text(sees_contacts=True)
            self._text_without_contacts = status.text(sees_contacts=False)
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()

    async def serve(self, socket: WebSocket) -> None:
        """Send one open page each new status; a slow page gets the latest alone.

        After ``HEARTBEAT_SECONDS`` without a change it gets the same again, as a sign of life.
        """
        await socket.accept()
        self._be_asked()
        self.connections += 1
        sees_contacts = current_visitor().may(Right.CONTACTS)
        sender = asyncio.create_task(self._send(socket, sees_contacts=sees_contacts))
        try:
            while True:
                await socket.receive_text()
        except (WebSocketDisconnect, KeyError):
            pass  # the page has gone, or sends something else than text
        finally:
            self.connections -= 1
            sender.cancel()

    async def _send(self, socket: WebSocket, *, sees_contacts: bool) -> None:
        sent = ""
        while True:
            changed, text = self._changed, self._text_for(sees_contacts=sees_contacts)
            if text != sent:
                try:
                    await socket.send_text(_stamped(text, wall_clock_ms()))
                except (WebSocketDisconnect, RuntimeError):
                    return
                sent = text
            else:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        await changed.wait()
                    continue
                sent = ""


def _stamped(state: str, now_ms: int) -> str:
    return f'{{"now_ms":{now_ms}{"," if len(state) > 2 else ""}{state[1:]}'
