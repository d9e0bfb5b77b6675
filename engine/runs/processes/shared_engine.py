"""One engine process for the runs of several sources, in turn, in the order in which they ask.

So several sources need one memory limit. A source holds up the others for its own run alone: it waits for its
turn without the engine, and what ends one source's run ends no other's.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from engine.model.errors import ComputeError
from engine.model.values.orders import HoldOrder, RunOrder
from engine.model.values.results import ComputedDataset, Progress, RunOutcome
from engine.runs.processes.engine_process import EngineProcess

HOLD_SECONDS = 1.0
"""How long a question waits for the engine while that computes another source."""


class SharedEngine:
    """Hands the turns out; thread-safe. Each source's runner has a share."""

    def __init__(self, engine: EngineProcess | None = None) -> None:
        self.engine = EngineProcess() if engine is None else engine
        self._changed = threading.Condition()
        self._waiting: deque[object] = deque()
        self._at_work: EngineShare | None = None
        self._latest: EngineShare | None = None
        self._is_ending = False

    def share(self) -> EngineShare:
        """Return a share for one source."""
        return EngineShare(self)

    @contextmanager
    def turn(self, share: EngineShare, most_seconds: float | None = None) -> Iterator[None]:
        """Wait for a share's turn, and have it until the block ends.

        Raises ComputeError if the share is closed meanwhile, or after ``most_seconds``; None waits on.
        """
        ticket, closings = object(), share.closings

        def is_next() -> bool:
            is_free = self._at_work is None and not self._is_ending
            return (is_free and self._waiting[0] is ticket) or share.closings != closings

        with self._changed:
            self._waiting.append(ticket)
            has_turn = self._changed.wait_for(is_next, most_seconds)
            self._waiting.remove(ticket)
            if not has_turn or share.closings != closings:
                self._changed.notify_all()
                cause = "it computes another source" if not has_turn else "this source's work was ended"
                raise ComputeError("the engine process", cause, "try again in a moment")
            self._at_work = self._latest = share
        try:
            yield
        finally:
            with self._changed:
                self._at_work = None
                self._changed.notify_all()

    def end_work_of(self, share: EngineShare) -> None:
        """End a share's work under way, and have the engine let go of its files. Others' work goes on."""
        with self._changed:
            share.closings += 1
            # The engine has files of the source open whose order was the latest.
            has_files = self._latest is share and self._at_work in (share, None)
            self._is_ending = self._is_ending or has_files
            self._changed.notify_all()
        if not has_files:
            return
        try:
            self.engine.close()
        finally:
            with self._changed:
                self._is_ending = False
                self._changed.notify_all()

    def close(self) -> None:
        """End the engine process, with the work under way."""
        self.engine.close()


class EngineShare:
    """The engine process as the runner of one source has it; thread-safe."""

    def __init__(self, shared: SharedEngine) -> None:
        self._shared = shared
        self.closings = 0

    @property
    def pid(self) -> int | None:
        """Return the engine process's id; None if there is none."""
        return self._shared.engine.pid

    def compute(
        self,
        order: RunOrder,
        report: Callable[[Progress], None],
        deliver: Callable[[ComputedDataset], None] | None = None,
    ) -> RunOutcome:
        """Compute an order when its turn comes; see ``EngineProcess.compute``."""
        with self._shared.turn(self):
            return self._shared.engine.compute(order, report, deliver)

    def hold(self, order: HoldOrder) -> bool:
        """Have the engine hold a replica, if its turn comes soon; see ``EngineProcess.hold``."""
        with self._shared.turn(self, HOLD_SECONDS):
            return self._shared.engine.hold(order)

    def close(self) -> None:
        """End the work of this source."""
        self._shared.end_work_of(self)
