"""What computes for a web process, chosen once when its server is made: its own engine, or the worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from engine.model.clock import wall_clock
from engine.model.errors import DashboardError
from engine.model.places.postgres_address import PostgresAddress
from engine.model.questions import Answer, Question
from engine.model.settings import Settings
from engine.runs.health.watch import OwnWatch, Watch
from engine.runs.questions import ask
from engine.runs.runner import Runner
from engine.runs.turns.queue import RunQueue
from engine.runs.turns.queued import Submits
from engine.runs.worker.working import Worker, start_worker
from engine.store.source import require_readable_source

Ask = Callable[[Question], Answer]
"""Returns the answer to a question; it blocks, and raises DashboardError."""


@dataclass(frozen=True)
class Computing:
    """``queue`` takes the runs that pages ask for, ``ask`` returns answers to questions, and blocks.

    ``start`` comes before the first page is made, ``begin`` when pages can be shown, and ``close`` after the
    last. These three block. ``has_source`` says whether this process stands beside the source.
    """

    queue: Submits
    watch: Watch
    ask: Ask
    start: Callable[[], None]
    begin: Callable[[], None]
    close: Callable[[], None]
    has_source: bool = True


def is_source_readable(settings: Settings, computing: Computing) -> bool | None:
    """Return whether a source apart from its store can be read; None if it is not apart; blocking."""
    if not settings.is_apart:
        return None
    try:
        if computing.has_source:
            require_readable_source(settings.source)
        else:
            computing.watch.source(wall_clock())
    except DashboardError:
        return False
    return computing.watch.trouble() is None


def by_own_engine(settings: Settings, runner: Runner, schedule_from: datetime | None) -> Computing:
    """Return what computes in a process beside the source: a runner, which closes with it.

    With ``schedule_from`` it also runs the schedule from then on, and serves processes without a source.
    """
    queue = RunQueue(runner)
    workers: list[Worker] = []

    def begin() -> None:
        if schedule_from is not None:
            workers.append(start_worker(runner, queue, schedule_from))

    def close() -> None:
        for worker in workers:
            worker.close()
        runner.close()

    return Computing(
        queue,
        OwnWatch(settings),
        lambda question: ask(settings, question, runner.hold_replica),
        runner.watch_files,
        begin,
        close,
    )


def by_worker(settings: Settings, address: PostgresAddress) -> Computing:
    """Return what computes for a process without source and engine: the worker, asked by PostgreSQL."""
    # Its driver takes a tenth of a second to import.
    from engine.runs.worker.client import WorkerClient
    from engine.runs.worker.queue import WorkerQueue

    client = WorkerClient(settings, address)

    def begin() -> None:
        """Begin nothing: the schedule is the worker's."""

    return Computing(
        WorkerQueue(client), client, client.ask, client.start, begin, client.close, has_source=False
    )
