"""What a run queue takes and answers, whichever process computes the runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from engine.model.catalogue.datasets import catalogue
from engine.model.trigger import Trigger
from engine.store.freshness.unstored import UnstoredFailures


class NotNow(str):
    """The line that says why a run is not possible now, though nothing is wrong with what it computes.

    Nobody has begun it, or a server is away.
    """

    __slots__ = ()


CLOSED = NotNow("the dashboard is being ended; start it again")

RunFuture = Future[str | None]
"""The result of a run to come: the one line that says why it failed, None if it went well.

A ``NotNow`` says that it may be asked for again.
"""


@dataclass(frozen=True)
class QueueState:
    """What the queue is doing: ``trigger`` is that of the run under way or waiting, None if there is none.

    ``failures`` counts the runs that failed. ``failure`` is the line of the latest run, None if it went well.
    """

    trigger: Trigger | None
    failures: int
    failure: str | None


class Submits(Protocol):
    """What takes the runs that a web process asks for: its own queue, or the worker. Thread-safe."""

    on_change: Callable[[], None]

    @property
    def unstored_failures(self) -> UnstoredFailures:
        """Return the failures of this process's runs that could not be written to the database."""

    @property
    def state(self) -> QueueState:
        """Return what the queue is doing."""

    @property
    def version(self) -> str:
        """Return a text that changes with each failure, and when the backoff begins or ends."""

    def submit(self, trigger: Trigger, datasets: Iterable[str] | None = None) -> RunFuture:
        """Submit a run of datasets, all if None; return its future."""

    def submit_due(self, datasets: Iterable[str]) -> bool:
        """Submit what clients found due; return whether it is being computed."""

    def close(self) -> None:
        """Accept no more runs, and answer those that wait."""


@dataclass(frozen=True)
class QueuedRun:
    """A run that somebody has submitted; ``datasets`` None means all of them."""

    trigger: Trigger
    datasets: tuple[str, ...] | None
    future: RunFuture

    @classmethod
    def of(cls, trigger: Trigger, datasets: Iterable[str] | None) -> QueuedRun:
        """Return a run. Its future cannot be cancelled: a client may go away, and others wait for it."""
        queued = cls(trigger, None if datasets is None else tuple(datasets), Future())
        queued.future.set_running_or_notify_cancel()
        return queued

    def covers(self, other: QueuedRun) -> bool:
        """Return whether this run computes all that the other one asks for."""
        if other.trigger is Trigger.FULL and self.trigger is not Trigger.FULL:
            return False  # only a full refresh checks the whole file
        return set(other.names) <= set(self.names)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the datasets, those of the whole catalogue for a run of all."""
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


def merged(queued: Sequence[QueuedRun]) -> QueuedRun:
    """Return the one run that answers several: its names are in the order in which they were submitted."""
    trigger = min((run.trigger for run in queued), key=_RANK.index)
    if any(run.datasets is None for run in queued):
        return QueuedRun(trigger, None, queued[0].future)
    names = dict.fromkeys(name for run in queued for name in run.names)
    return QueuedRun(trigger, tuple(names), queued[0].future)


def lacking(datasets: Iterable[str], queued: Iterable[QueuedRun]) -> list[str]:
    """Return the datasets that none of these runs computes."""
    names = {name for run in queued for name in run.names}
    return [name for name in datasets if name not in names]
