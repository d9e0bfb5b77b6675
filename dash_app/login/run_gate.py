"""The gate of runs: every request of a client for a run passes here, and here alone it is decided.

Whoever looks may have computed what is due. An operator may refresh. A full refresh reads the whole source,
so each session and each token has one a minute. A range or filter that nobody has asked for yet costs a
computation, so their number is limited too.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterable

from dash_app.login.visitors import current_visitor
from engine.model.access import Right
from engine.model.catalogue.datasets import SELECTS
from engine.model.clock import wall_clock
from engine.model.trigger import Trigger
from engine.runs.turns.queue import RunFuture, Submits
from engine.sessions.opened import LoginState

NOT_AN_OPERATOR = "Only an operator can refresh."


class Refusal(Exception):
    """Why a client gets no run; ``wait_seconds`` is 0 if waiting does not help. ``str()`` is one line."""

    def __init__(self, line: str, wait_seconds: int = 0) -> None:
        super().__init__(line)
        self.wait_seconds = wait_seconds


MOST_NEW_SELECTIONS = 1_000
"""So many selections can one session, or one token, have computed in an hour."""

_HOUR_SECONDS = 3600
_MOST_VISITORS = 4096


class SelectionLimit:
    """Counts the selections that each visitor has asked for in the last hour; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: dict[str, dict[str, float]] = {}

    def take(self, login: str, datasets: Iterable[str]) -> None:
        """Count the selections among the datasets. Raises Refusal if there are too many new ones."""
        wanted = [name for name in datasets if SELECTS in name]
        if not wanted:
            return
        now = time.monotonic()
        with self._lock:
            if login not in self._asked and len(self._asked) >= _MOST_VISITORS:
                del self._asked[next(iter(self._asked))]
            asked = self._asked.setdefault(login, {})
            # The oldest comes first.
            while asked and now - (oldest := next(iter(asked.values()))) >= _HOUR_SECONDS:
                del asked[next(iter(asked))]
            new = [name for name in wanted if name not in asked]
            if len(asked) + len(new) > MOST_NEW_SELECTIONS:
                wait = _HOUR_SECONDS - int(now - oldest) if asked else _HOUR_SECONDS
                raise Refusal(f"At most {MOST_NEW_SELECTIONS:,} new ranges and filters an hour.", wait)
            asked.update(dict.fromkeys(new, now))


class RunGate:
    """Submits to the queue what the visitor of the request under way may start.

    ``state`` None: the app asks for no login, and counts nobody's full refreshes.
    """

    def __init__(self, queue: Submits, state: LoginState | None) -> None:
        self._queue = queue
        self._state = state
        self._selections = SelectionLimit()

    async def refresh(self, trigger: Trigger, datasets: tuple[str, ...] | None) -> RunFuture:
        """Submit a refresh; ``datasets`` None is a full one. Raises Refusal, DashboardError."""
        visitor = current_visitor()
        if not visitor.may(Right.REFRESH):
            raise Refusal(NOT_AN_OPERATOR)
        if datasets is None and self._state is not None and visitor.login is not None:
            limits = self._state.limits
            wait = await asyncio.to_thread(limits.take_full_refresh, visitor.login, wall_clock())
            if wait:
                raise Refusal(f"One full refresh a minute: the next in {wait} s.", wait)
        self._selections.take(visitor.login or "", datasets or ())
        return self._queue.submit(trigger, datasets)

    def submit_due(self, datasets: tuple[str, ...]) -> bool:
        """Submit what a read found due; return whether it is being computed.

        Raises Refusal, and submits nothing, if the visitor asks for too many new selections.
        """
        visitor = current_visitor()
        if not visitor.may(Right.LOOK):
            return False
        self._selections.take(visitor.login or "", datasets)
        return self._queue.submit_due(datasets)
