"""The gate of runs: every request of a client for a run passes here, and here alone it is decided.

Those who may look may have what is due computed. An operator may refresh. A full refresh reads the whole
source, so each session and each token has one a minute. A range or filter that nobody has asked for yet
costs a computation, so their number is limited too.
"""

from __future__ import annotations

import asyncio

from dash_app.login.selection_limit import SelectionLimit
from dash_app.login.visitors import current_visitor
from engine.model.access import Right, Visitor
from engine.model.clock import wall_clock
from engine.model.trigger import Trigger
from engine.runs.turns.queued import RunFuture, Submits
from engine.sessions.limits import MOST_SELECTIONS
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

    def __init__(self, queue: Submits, state: LoginState | None, selections: SelectionLimit) -> None:
        self._queue = queue
        self._state = state
        self._selections = selections

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
        await self._require_few_new(visitor, datasets or ())
        return self._queue.submit(trigger, datasets)

    async def submit_due(self, datasets: tuple[str, ...]) -> bool:
        """Submit what a read found due; return whether it is being computed.

        Raises Refusal, and submits nothing, if the visitor asks for too many new selections.
        """
        visitor = current_visitor()
        if not visitor.may(Right.LOOK):
            return False
        await self._require_few_new(visitor, datasets)
        return self._queue.submit_due(datasets)

    async def _require_few_new(self, visitor: Visitor, datasets: tuple[str, ...]) -> None:
        wait = await self._selections.take(visitor.login or "", datasets)
        if wait:
            raise Refusal(f"At most {MOST_SELECTIONS:,} new ranges and filters an hour.", wait)
