"""The busy part of a soak: a server, its pipeline and clients, and one disruption after the other."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from benchmarks.serving.http_client import request_bytes
from benchmarks.serving.served import Served, environment_of, free_port, served
from benchmarks.serving.web_apps import PAGES, api_path, dashboard_pages
from benchmarks.soak.clients import Clients, Heard, Load
from benchmarks.soak.disruptions import Disruptions
from benchmarks.soak.pipeline import Pipeline, Written
from benchmarks.soak.samples import Sample, sample

READERS = SOCKETS = 30
RUN_EVERY_SECONDS = 5
SAMPLE_EVERY_SECONDS = 1.0
OTHER_PATHS = ("/", "/health", "/state", "/metrics", "/pipeline", "/api/pages", "/_dash-layout")


@dataclass(frozen=True)
class Pace:
    """How much happens: for how long, how many transactions a second, how often something goes wrong."""

    seconds: float
    transactions_a_second: float
    disrupted_every_seconds: float


@dataclass(frozen=True)
class Life:
    """What has happened in a life, in which ``runs`` were seen to succeed.

    ``problems`` has the disruptions that could not be done.
    """

    pace: Pace
    written: Written
    heard: Heard
    samples: tuple[Sample, ...]
    disruptions: Counter[str]
    problems: tuple[str, ...]
    runs: int


def live(pace: Pace, db: Path, state_dir: Path, folder: Path) -> Life:
    """Serve a database with its schedule in all that happens. Raises ComputeError if it cannot be served."""
    port, log = free_port(), folder / "server.log"
    environment = environment_of(db, state_dir) | {
        "PORT": str(port),
        "DASHBOARD_PRECOMPUTE_INTERVAL": str(RUN_EVERY_SECONDS),
    }
    pipeline = Pipeline(db, pace.transactions_a_second)
    try:
        with served(
            "the dashboard", ("-m", "engine", "serve"), port, ready_path="/health",
            environment=environment, folder=folder, log_path=log,
        ) as server:  # fmt: skip
            clients = Clients(Load(port, _requests(server), READERS, SOCKETS))
            pipeline.start()
            course = _Course(Disruptions(db, server.pid, pipeline, folder), server.pid, log)
            course.take(pace)
            heard, written = clients.end(), pipeline.stop()
    finally:
        pipeline.end()
    return Life(
        pace, written, heard, tuple(course.samples), course.done, tuple(course.problems), len(course.runs)
    )


def _requests(server: Served) -> tuple[bytes, ...]:
    """Return what readers ask for: pages as browsers read them, their values, and what monitoring asks."""
    read = [request for page in dashboard_pages(server) for request in page]
    paths = (*OTHER_PATHS, *map(api_path, PAGES))
    return (*read, *(request_bytes(server.port, path) for path in paths))


class _Course:
    """Disrupts a server again and again, and looks at it in between."""

    def __init__(self, disruptions: Disruptions, server_pid: int, log: Path) -> None:
        self._disruptions = disruptions
        self._server_pid = server_pid
        self._log = log
        self.samples: list[Sample] = []
        self.done: Counter[str] = Counter()
        self.problems: list[str] = []
        # By when they began: a restored source has forgotten the latest ones.
        self.runs: set[str] = set()

    def take(self, pace: Pace) -> None:
        """Go on for as long as the pace says."""
        kinds = cycle(self._disruptions.all().items())
        began = disrupted_at = time.monotonic()
        while (now := time.monotonic()) < began + pace.seconds:
            if now - disrupted_at >= pace.disrupted_every_seconds:
                self._disrupt(*next(kinds))
                disrupted_at = time.monotonic()
            self.samples.append(sample(self._server_pid, self._disruptions.db, self._log, began))
            if latest := _latest_success(self._disruptions.db):
                self.runs.add(latest)
            time.sleep(SAMPLE_EVERY_SECONDS)

    def _disrupt(self, name: str, disrupt: Callable[[], None]) -> None:
        try:
            disrupt()
        except (OSError, sqlite3.Error, TimeoutError) as error:
            self.problems.append(f"{name}: {error}")
        self.done[name] += 1


def _latest_success(db: Path) -> str:
    """Return when the latest run that succeeded began; nothing if there is none, or the file is away."""
    try:
        with closing(sqlite3.connect(f"file:{db}?mode=ro", uri=True)) as connection:
            (started_at,) = connection.execute(
                "select max(started_at) from dashboard_runs where status <> 'failed'"
            ).fetchone()
    except sqlite3.Error:
        return ""
    return str(started_at or "")
