"""What open pages cost and get: an idle server, a run that reaches all of them, a burst.

In a burst many readers open one page right after its entries were deleted: one run serves them all.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.serving.http_client import request_bytes
from benchmarks.serving.live_load import AwaitUpdate, Burst, BurstResult, OpenPages
from benchmarks.serving.processor import processor_seconds
from benchmarks.serving.readers import Readers
from benchmarks.serving.served import Served, environment_of
from benchmarks.serving.web_apps import PAGES, api_path, dashboard_pages
from benchmarks.workspace import Database
from engine.model.catalogue.datasets import catalogue
from engine.model.errors import ComputeError
from engine.store import version_reader
from engine.store.sqlite.database import open_database, write_transaction

POLL_SECONDS = 0.005
TIMEOUT_SECONDS = 30.0
SETTLE_SECONDS = 2.0
RUN_SECONDS = 600.0


@dataclass(frozen=True)
class BurstFindings:
    """The outcome of a burst: the ``runs`` it started, and what its readers got."""

    runs: int
    result: BurstResult


def idle_share(server: Served, seconds: float) -> float | None:
    """Return the share of one processor, 0 to 1, that a server uses while nothing happens.

    None if the system does not report it.
    """
    time.sleep(min(SETTLE_SECONDS, seconds))
    before, begun = processor_seconds(server.pid), time.perf_counter()
    time.sleep(seconds)
    after, ended = processor_seconds(server.pid), time.perf_counter()
    return None if before is None or after is None else (after - before) / (ended - begun)


def update_seconds(database: Database, readers: Readers) -> tuple[float, ...]:
    """Run all datasets; return when each open page shows them, in seconds after they were stored.

    Raises ComputeError.
    """
    stored_at = compute_everything(database)
    update = readers.await_update(AwaitUpdate(stored_at, TIMEOUT_SECONDS))
    return tuple(read_at - stored_at for read_at in update.read_at)


def compute_everything(database: Database) -> float:
    """Run all datasets in a process of their own; return the last instant before their entries were stored.

    The instant is that of the monotonic clock. Raises ComputeError.
    """
    command = [sys.executable, "-m", "engine", "precompute", "--db", str(database.path)]
    versions = version_reader(database.path)
    before = after = time.monotonic()
    generation: int | None = None
    deadline = before + RUN_SECONDS
    process = subprocess.Popen(
        command, cwd=database.state_dir, env=environment_of(database.path, database.state_dir),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        while process.poll() is None and time.monotonic() < deadline:
            polled_at = time.monotonic()
            if (found := versions.read().generation) != generation:
                generation, before = found, after
            after = polled_at
            time.sleep(POLL_SECONDS)
    finally:
        versions.close()
        process.kill()
        _, log = process.communicate()
    if process.returncode != 0:
        lines = log.strip().splitlines() or ["it did not end"]
        raise ComputeError("a run", lines[-1], "the benchmark wants all datasets")
    return before


def burst(database: Database, server: Served, readers: Readers, *, page: str, count: int) -> BurstFindings:
    """Let many readers read a page at once, right after its entries were deleted. Raises DashboardError."""
    reading = dashboard_pages(server)[PAGES.index(page)]
    readers.open_pages(OpenPages(server.port, (reading,), count, keep_reading=False))
    before = _runs_after(database, 0)
    clear_page(database, page)
    checking = request_bytes(server.port, api_path(page), accept_encoding="identity")
    result = readers.burst(Burst(checking, TIMEOUT_SECONDS))
    # Values are stored before their run ends, and another run may wait for that end.
    _wait_until(lambda: len(_runs_after(database, 0)) > len(before))
    time.sleep(SETTLE_SECONDS)
    return BurstFindings(len(_runs_after(database, max(before, default=0))), result)


def clear_page(database: Database, page: str) -> None:
    """Delete the entries of a page's datasets. Raises SourceError."""
    keys = [dataset.key for dataset in catalogue().values() if dataset.page == page]
    with write_transaction(database.path) as connection:
        connection.executemany("delete from dashboard_cache where cache_key = ?", [(key,) for key in keys])


def _runs_after(database: Database, latest: int) -> list[int]:
    with open_database(database.path) as connection:
        sql = "select id from dashboard_runs where id > ?"
        return [run for (run,) in connection.execute(sql, (latest,))]


def _wait_until(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not happens() and time.monotonic() < deadline:
        time.sleep(0.05)
