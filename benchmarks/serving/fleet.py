"""What web processes without a source cost beside one with it: pages a second, and answers of the worker.

``python -m benchmarks.serving.fleet postgresql://user@host/an_empty_database``. It makes a demo database, and
leaves its tables in the schema ``dashboard`` of that database.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from benchmarks.serving.http_load import Load, LoadResult, run_load
from benchmarks.serving.served import Served, environment_of, free_port, served
from benchmarks.serving.web_apps import api_pages, api_path, dashboard_pages
from engine.cli.main import run_command
from engine.cli.terminal_text import print_table
from engine.demo import generate
from engine.model.clock import wall_clock
from engine.model.errors import ComputeError

ASKED = 100
START_SECONDS = 120.0
SEARCH = "/api/search?q=exa"
ROWS = "/api/rows?key=llm/llm_daily_costs_30d&column=calls&limit=100"


@dataclass(frozen=True)
class Row:
    """One line of the findings."""

    what: str
    figure: str


@click.command()
@click.argument("address")
@click.option("--scale", default=1.0, show_default=True, help="Of the demo database.")
@click.option("--seconds", default=5.0, show_default=True, help="How long each load lasts.")
@click.option("--readers", default=8, show_default=True, help="Connections, shared by the web processes.")
def fleet(address: str, scale: float, seconds: float, readers: int) -> None:
    """Measure one and two web processes with the cache in PostgreSQL at ADDRESS, beside one with a file."""
    with tempfile.TemporaryDirectory(prefix="dashboard-fleet-") as folder:
        db = Path(folder) / "sites.db"
        generate(db, scale=scale, seed=42, days=90, now=wall_clock())
        rows: list[Row] = []
        with _process("with the source", db, Path(folder) / "alone") as alone:
            rows += _pages("cache in the source, one process", [alone], seconds, readers)
            rows += _answers("beside the source", alone)
        shared = {"DASHBOARD_CACHE_URL": address}
        with ExitStack() as stack:
            stack.enter_context(_process("the worker", db, Path(folder) / "worker", **shared))
            webs = [
                stack.enter_context(_process(f"web {n}", None, Path(folder) / f"web{n}", **shared))
                for n in (1, 2)
            ]
            rows += _pages("cache in PostgreSQL, one process", webs[:1], seconds, readers)
            rows += _pages("cache in PostgreSQL, two processes", webs, seconds, readers)
            rows += _answers("from the worker", webs[0])
    print_table(["what", "figure"], ((row.what, row.figure) for row in rows))


@contextmanager
def _process(name: str, db: Path | None, folder: Path, **settings: str) -> Iterator[Served]:
    """Serve with the schedule beside a source, or without source and schedule; with all values."""
    folder.mkdir()
    port = free_port()
    environment = environment_of(db or folder / "none.db", folder / "state") | settings
    environment |= {"PORT": str(port)}
    arguments = ("-m", "engine", "serve", *(("--db", str(db)) if db else ("--without-schedule",)))
    with served(
        name, arguments, port, ready_path="/health", folder=folder, environment=environment
    ) as server:
        until = time.monotonic() + START_SECONDS
        while b'"missing"' in server.get_body(api_path("llm")):
            if time.monotonic() > until:
                raise ComputeError(name, "it has no values", "see the worker's log")
            time.sleep(0.2)
        yield server


def _pages(what: str, servers: list[Served], seconds: float, readers: int) -> list[Row]:
    """Return how many pages and answers of the API all servers together give in a second."""
    rows = []
    for kind, pages_of in (("pages", dashboard_pages), ("answers of the API", api_pages)):
        loads = [Load(server.port, pages_of(server), readers // len(servers), seconds) for server in servers]
        total = sum(1 / result.seconds_a_page for result in asyncio.run(_load(loads)))
        rows.append(Row(f"{what}: {kind}", f"{total:,.0f}/s"))
    return rows


async def _load(loads: list[Load]) -> list[LoadResult]:
    return await asyncio.gather(*map(run_load, loads))


def _answers(what: str, server: Served) -> list[Row]:
    """Return how long a search and the rows behind a number take."""
    return [
        Row(f"{name} {what}", _quantiles(partial(server.get_body, path)))
        for name, path in (("search", SEARCH), ("rows", ROWS))
    ]


def _quantiles(ask: Callable[[], object]) -> str:
    times = []
    for _ in range(ASKED):
        began = time.perf_counter()
        ask()
        times.append(1000 * (time.perf_counter() - began))
    return f"{statistics.median(times):.0f} ms, p95 {sorted(times)[int(0.95 * ASKED)]:.0f} ms"


if __name__ == "__main__":
    run_command(fleet, "benchmarks.serving.fleet")
