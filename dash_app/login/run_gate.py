"""The gate of runs: every request of a client for a run passes here, and here alone it is decided.

Whoever looks may have computed what is due. An operator may refresh. A full refresh reads the whole source,
so each session and each token has one a minute.
"""

from __future__ import annotations

import asyncio

from dash_app.login.visitors import current_visitor
from engine.model.access import Right
from engine.model.clock import wall_clock
from engine.model.trigger import Trigger
from engine.runs.queue import RunFuture, RunQueue
from engine.sessions.opened import LoginState

NOT_AN_OPERATOR = "Only an operator can refresh."


class Refusal(Exception):
    """Why a client gets no run; ``wait_seconds`` is 0 if waiting does not help. ``str()`` is one line."""

    def __init__(self, line: str, wait_seconds: int = 0) -> None:
        super().__init__(line)
        self.wait_seconds = wait_seconds


class RunGate:
    """Submits to the queue what the visitor of the request under way may start.

    ``state`` None: the app asks for no login, and counts nobody's full refreshes.
    """

    def __init__(self, queue: RunQueue, state: LoginState | None) -> None:
        self._queue = queue
        self._state = state

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
        return self._queue.submit(trigger, datasets)

    def submit_due(self, datasets: tuple[str, ...]) -> bool:
        """Submit what a read found due; return whether it is being computed."""
        return current_visitor().may(Right.LOOK) and self._queue.submit_due(datasets)
