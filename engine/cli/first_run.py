"""Computes what the cache lacks when ``dashboard serve`` starts, and closes the runner when it ends."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.cli.options import progress_bar
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import wall_clock
from engine.model.errors import DashboardError
from engine.model.settings import Settings
from engine.model.values.fingerprint import fingerprints

if TYPE_CHECKING:
    from engine.runs import Runner

log = logging.getLogger(__name__)

FIRST_RUN_SECONDS = 3.0
"""How long the web app waits for a first run; the pages show the progress of a longer one."""


@contextlib.contextmanager
def first_run(runner: Runner, *, with_schedule: bool) -> Iterator[None]:
    """Compute everything if the cache has nothing to serve, and show the progress.

    With the schedule it also computes if values are of another time zone or version. Without it the process
    that has the schedule does that. The block begins when the run has ended, or after ``FIRST_RUN_SECONDS``.
    The end of the block closes the runner. Raises DashboardError if the run fails before the block begins,
    but for the reason that a replica in DuckLake is away.
    """
    failures: list[DashboardError] = []
    is_serving = threading.Event()

    def compute() -> None:
        from engine.runs import RunRequest, Trigger

        try:
            with progress_bar("Computing the dashboard") as report:
                runner.run(RunRequest(Trigger.SCHEDULE, wall_clock()), report)
        except DashboardError as error:
            failures.append(error)
            if is_serving.is_set() and not runner.is_closed:
                log.error("first run failed: %s", error)
        finally:
            is_over.set()

    # An event, because a thread counts as ended after a signal has interrupted its ``join``.
    is_over = threading.Event()
    is_over.set()
    try:
        if needs_first_run(runner.settings, with_schedule=with_schedule):
            is_over.clear()
            threading.Thread(target=compute, name="dashboard-first-run", daemon=True).start()
            is_over.wait(FIRST_RUN_SECONDS)
        if failures:
            if not _is_of_the_lake(runner.settings, failures[0]):
                raise failures[0]
            # The next run heals it, and the pages say why there is no value yet.
            log.error("first run failed: %s", failures[0])
        is_serving.set()
        yield
    finally:
        runner.close()
        is_over.wait(FIRST_RUN_SECONDS)


def _is_of_the_lake(settings: Settings, error: DashboardError) -> bool:
    """Return whether an error is about the catalog or the files of a replica in DuckLake."""
    lake = settings.lake
    return lake is not None and error.offender in (str(lake), lake.data)


def needs_first_run(settings: Settings, *, with_schedule: bool) -> bool:
    """Return whether the cache has nothing to serve, or the schedule would replace all.

    Raises SourceError.
    """
    from engine.store import cache_state

    state = cache_state(settings.store, wall_clock(), fingerprints(settings.time_zone))
    return state.missing == len(catalogue()) or (with_schedule and state.mismatched > 0)
