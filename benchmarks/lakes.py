"""Runs over the replica's file beside runs over DuckLake: ``python -m benchmarks.lakes --help``.

All work on one demo database in turn, after the same changes, and their results must agree. Processor time
is that of the engine process: it says more than the clock where others use the machine too.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from random import Random
from statistics import median

import click

from benchmarks.agreement import comparable, differences
from benchmarks.changes import CHANGED_ROWS, NEW_ROWS, write_changes
from benchmarks.harness import rotated, wait_until_after
from benchmarks.product import Product, ProductRun
from engine.cli.main import run_command
from engine.demo import generate
from engine.model.clock import wall_clock
from engine.model.errors import ComputeError

FILE = "file"
PARTS = ("run", "its sync", "its datasets")
PROCESSOR = "its processor time"


@click.command()
@click.option(
    "--lake", "lakes", type=(str, str), multiple=True, required=True, metavar="URL DATA",
    help="DASHBOARD_REPLICA_URL and DASHBOARD_REPLICA_DATA of a lake that is empty; may be given again.",
)  # fmt: skip
@click.option("--scale", default=1.0, show_default=True, help="Of the demo database.")
@click.option("--days", default=90, show_default=True, help="The length of its history.")
@click.option("--rounds", default=5, show_default=True, help="How often runs are measured after changes.")
@click.option("--rows", default=NEW_ROWS, show_default=True, help="New rows of each table in a round.")
def bench(*, lakes: tuple[tuple[str, str], ...], scale: float, days: int, rounds: int, rows: int) -> None:
    """Measure runs over a file and over lakes, on a demo database of its own."""
    with tempfile.TemporaryDirectory(prefix="lakes-") as folder, ExitStack() as opened:
        db = Path(folder) / "sites.db"
        made = generate(db, scale=scale, days=days, now=wall_clock())
        contenders = {FILE: opened.enter_context(_product(db, Path(folder) / FILE, {}))}
        for url, data in lakes:
            of_s3 = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
            variables = {"DASHBOARD_REPLICA_URL": url, "DASHBOARD_REPLICA_DATA": data, **of_s3}
            name = "s3" if data.startswith("s3:") else "folder"
            contenders[name] = opened.enter_context(_product(db, Path(folder) / name, variables))
        click.echo(
            f"{made.rows_total:,} rows; {rounds} rounds of {rows} new rows a table, {CHANGED_ROWS} changed"
        )
        for line in _measured(db, contenders, rounds, rows):
            click.echo(line)


def _product(db: Path, state_dir: Path, variables: Mapping[str, str]) -> Product:
    state_dir.mkdir()
    return Product(db, state_dir, variables)


def _measured(db: Path, contenders: Mapping[str, Product], rounds: int, rows: int) -> Iterator[str]:
    """Yield lines with the median milliseconds of each part by contender, and the ratios to the file."""
    random = Random(1)
    found: dict[tuple[str, str], list[float]] = {}
    # The first round after the build warms caches.
    for number in range(-1, rounds + 1):
        now = wall_clock()
        if number >= 0:
            write_changes(db, now, random, new=rows, changed=CHANGED_ROWS)
        wait_until_after(now)
        results = {}
        for name in rotated(tuple(contenders), number):
            own_runs = sum(product.runs for product in contenders.values())
            before = contenders[name].processor_seconds()
            run = contenders[name].run(now)
            parts = _parts(run) | {PROCESSOR: 1000 * (contenders[name].processor_seconds() - before)}
            results[name] = comparable(run.computed.results, own_runs)
            if number != 0:
                for part, value in parts.items():
                    found.setdefault((part if number > 0 else f"first build: {part}", name), []).append(value)
        for name, result in results.items():
            if lines := differences(results[FILE], result):
                raise ComputeError(f"{name}, round {number}", lines[0], "its times mean nothing")
    yield f"{'ms':28}" + "".join(f"{name:>18}" for name in contenders)
    for part in dict.fromkeys(part for part, _ in found):
        of_file = median(found[part, FILE])
        cells = (median(found[part, name]) for name in contenders)
        yield f"{part:28}" + "".join(f"{cell:10.0f} ({cell / max(of_file, 1):4.1f})" for cell in cells)


def _parts(run: ProductRun) -> dict[str, float]:
    values = (1000 * run.computed.seconds, run.timings.sync_ms, run.timings.datasets_ms)
    return dict(zip(PARTS, values, strict=True))


if __name__ == "__main__":
    run_command(bench, "benchmarks.lakes", None)
