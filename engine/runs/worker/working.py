"""The worker of one process: the schedule, and with a cache in PostgreSQL the requests of web processes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from engine.model.places.postgres_address import PostgresAddress
from engine.runs.runner import Runner
from engine.runs.schedule import Schedule, start_schedule
from engine.runs.turns.queue import RunQueue

if TYPE_CHECKING:
    from engine.runs.worker.bridge import WorkerBridge


class Worker:
    """The schedule and the bridge of one process, both started."""

    def __init__(self, schedule: Schedule, bridge: WorkerBridge | None) -> None:
        self._schedule = schedule
        self._bridge = bridge

    def close(self) -> None:
        """Start no more runs, and serve no more requests; the owner of the runner ends the run under way."""
        self._schedule.shutdown(wait=False)
        if self._bridge is not None:
            self._bridge.close()


def start_worker(runner: Runner, queue: RunQueue, first_run_at: datetime) -> Worker:
    """Start the worker, with its first scheduled run at an instant."""
    settings, bridge = runner.settings, None
    if isinstance(settings.store, PostgresAddress):
        # Its driver takes a tenth of a second to import.
        from engine.runs.worker.bridge import WorkerBridge

        bridge = WorkerBridge(settings, settings.store, queue, runner.hold_replica)
        bridge.start()
    return Worker(start_schedule(runner, settings, first_run_at), bridge)
