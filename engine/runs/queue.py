"""The desk of one process: takes wishes for runs, has them computed in a thread, tells how each ended.

Asking never waits. However many ask for the same, one run answers them: a wish joins the run under
way where that covers it, and all wishes that wait meanwhile become one run.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass

from engine.model.clock import wall_clock
from engine.model.datasets import catalogue
from engine.model.errors import ComputeError, DashboardError
from engine.model.trigger import Trigger
from engine.runs.request import RunRequest
from engine.runs.runner import Runner
from engine.store.freshness.unstored import UnstoredFailures

log = logging.getLogger(__name__)

GATHER_SECONDS = 0.03
"""How long readers' wishes are gathered before their run begins, so that one run has them all."""

READ_REST_SECONDS = 60.0
"""How long nothing is computed for readers after a run of theirs has failed as a whole."""

Ending = Future[str | None]
"""How a run ended: the one line that says why it failed, None where it did not."""


@dataclass(frozen=True)
class DeskState:
    """What the desk is at: the trigger of the run under way or waited for, None where there is none.

    ``failures`` counts the runs that failed; ``failure`` is the latest run's line, None if it went well.
    """

    trigger: Trigger | None
    failures: int
    failure: str | None


@dataclass(frozen=True)
class _Wish:
    trigger: Trigger
    datasets: tuple[str, ...] | None
    ending: Ending

    def covers(self, other: _Wish) -> bool:
        if other.trigger is Trigger.FULL and self.trigger is not Trigger.FULL:
            return False  # only a full refresh checks the whole file
        return set(other.names) <= set(self.names)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(catalogue()) if self.datasets is None else self.datasets


_RANK = (
    Trigger.FULL,
    Trigger.SCHEDULE,
    Trigger.COMMAND,
    Trigger.WARM,
    Trigger.PAGE,
    Trigger.CARD,
    Trigger.CHECK,
    Trigger.READ,
)


class RunDesk:
    """Wishes of one process, one run at a time; thread-safe. ``on_change`` is told of each step."""

    def __init__(self, runner: Runner, on_change: Callable[[], None] = lambda: None) -> None:
        self.on_change = on_change
        self._runner = runner
        self._wakes = threading.Condition()
        self._waiting: list[_Wish] = []
        self._running: list[_Wish] = []
        self._thread: threading.Thread | None = None
        self._closed = False
        self._failures = 0
        self._failure: str | None = None
        self._rests_until = 0.0

    @property
    def unstored_failures(self) -> UnstoredFailures:
        """Return the failures of this process's runs that could not be written to the database."""
        return self._runner.unstored_failures

    @property
    def state(self) -> DeskState:
        """Return what the desk is at."""
        with self._wakes:
            wishes = self._running or self._waiting
            return DeskState(_merged(wishes).trigger if wishes else None, self._failures, self._failure)

    @property
    def mark(self) -> str:
        """Return a text that differs after each failure, and while nothing is computed for readers."""
        return f"{self._failures}{'r' if time.monotonic() < self._rests_until else ''}"

    def ask(self, trigger: Trigger, datasets: Iterable[str] | None = None) -> Ending:
        """Ask for a run of datasets, the first named first, all where None; return its ending to come."""
        wish = _Wish(trigger, None if datasets is None else tuple(datasets), Future())
        # As one under way it cannot be cancelled: who goes away does not keep others from their answer.
        wish.ending.set_running_or_notify_cancel()
        with self._wakes:
            if self._closed:
                wish.ending.set_result("the dashboard is being ended; start it again")
                return wish.ending
            if self._running and _merged(self._running).covers(wish):
                self._running.append(wish)
            else:
                self._waiting.append(wish)
                self._start()
                self._wakes.notify()
        self.on_change()
        return wish.ending

    def ask_for_readers(self, datasets: Iterable[str]) -> bool:
        """Have what readers found due computed; tell whether that is under way.

        Not where a run for readers has just failed: they see what there is, and why.
        """
        with self._wakes:
            wishes = [*self._running, *self._waiting]
            asked = {name for wish in wishes for name in wish.names}
            lacking = [name for name in datasets if name not in asked]
            if lacking and (self._closed or time.monotonic() < self._rests_until):
                return False
        if lacking:
            self.ask(Trigger.READ, lacking)
        return True

    def ask_for_warming(self, datasets: Iterable[str]) -> Ending:
        """Ask for a run of what nobody has read yet."""
        return self.ask(Trigger.WARM, datasets)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="dashboard-runs", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while True:
            with self._wakes:
                while not self._waiting and not self._closed:
                    self._wakes.wait()
                if self._closed:
                    return
                is_for_readers = all(wish.trigger is Trigger.READ for wish in self._waiting)
                if is_for_readers and self._wakes.wait_for(lambda: self._closed, GATHER_SECONDS):
                    return
                self._running, self._waiting = self._waiting, []
                wish = _merged(self._running)
            self.on_change()
            failure = self._computed(wish)
            with self._wakes:
                answered, self._running = self._running, []
                self._failure = failure
                if failure is None:
                    self._rests_until = 0.0
                else:
                    self._failures += 1
                    if wish.trigger is Trigger.READ:
                        self._rests_until = time.monotonic() + READ_REST_SECONDS
            for one in answered:
                one.ending.set_result(failure)
            self.on_change()

    def _computed(self, wish: _Wish) -> str | None:
        try:
            self._runner.run(RunRequest(wish.trigger, wall_clock(), wish.datasets))
        except DashboardError as error:
            return str(error)
        except Exception as error:
            log.exception("a run failed")
            return str(ComputeError("the run", f"{type(error).__name__}: {error}", "see the log"))
        return None

    def close(self) -> None:
        """Take no more wishes, and answer those that wait; whoever owns the runner ends the run under way."""
        with self._wakes:
            self._closed = True
            waiting, self._waiting = self._waiting, []
            self._wakes.notify_all()
        for wish in waiting:
            wish.ending.set_result("the dashboard is being ended; start it again")


def _merged(wishes: list[_Wish]) -> _Wish:
    """Return the one run that answers several wishes: the names in the order they were asked for."""
    trigger = min((wish.trigger for wish in wishes), key=_RANK.index)
    if any(wish.datasets is None for wish in wishes):
        return _Wish(trigger, None, wishes[0].ending)
    names = dict.fromkeys(name for wish in wishes for name in wish.names)
    return _Wish(trigger, tuple(names), wishes[0].ending)
