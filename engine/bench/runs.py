"""The case of runs: the first build, runs after changes and without, beside the two other contenders.

Each round changes the source, and then everybody computes all datasets as of that instant, in
turn; the results must agree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from engine.bench import attached_file, plain_sqlite
from engine.bench.agreement import comparable, differences
from engine.bench.changes import CHANGED_ROWS, NEW_ROWS, write_changes
from engine.bench.companion import Companion
from engine.bench.harness import (
    CaseReport,
    Computed,
    Figure,
    Report,
    Stopwatch,
    Target,
    rotated,
    wait_until_after,
)
from engine.bench.memory import peak_memory_bytes
from engine.bench.product import PRODUCT, Product, ProductRun
from engine.bench.workspace import Database
from engine.clock import wall_clock

SQLITE, ATTACHED = "SQLite", "DuckDB, attached"
FIRST_BUILD, CHANGED = "first build", "run after changes"
UNCHANGED, DATASETS, SYNC = "run, nothing changed", "datasets alone", "sync alone"
# Whoever has taken this long for a case takes part in no more rounds, after the second.
PATIENCE_SECONDS = 60.0
TARGET_SCALE = 50.0
SLACK_SECONDS = 0.5


@dataclass
class _Progress:
    """What the case has found so far."""

    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    comparisons: int = 0
    disagreements: list[str] = field(default_factory=list)
    repaired: int = 0


def measure_runs(database: Database, rounds: int, report: Report) -> CaseReport:
    """Measure runs on a database that the product has not seen yet. Raises DashboardError."""
    random = Random(f"{database.size.seed}/changes")
    progress = _Progress()
    with (
        Product(database.path, database.state_dir) as product,
        Companion(SQLITE, plain_sqlite.serve, database.path) as sqlite,
        Companion(ATTACHED, attached_file.serve, database.path) as attached,
    ):
        report("first build")
        build = product.run(wall_clock())
        progress.stopwatch.add(FIRST_BUILD, PRODUCT, build.computed.seconds)
        figures = _of_build(database, product, build)
        others = {SQLITE: sqlite, ATTACHED: attached}
        for round_number in range(rounds + 1):
            # The round before the first warms caches, and leaves runs that the next can end.
            report(f"round {round_number} of {rounds}")
            _measure_round(database, product, others, random, round_number, progress)
        figures += _of_contenders(product, others, progress)
    stopwatch = progress.stopwatch
    return CaseReport(
        stopwatch.measurements(),
        (*figures, *_ratios(stopwatch)),
        _targets(database, stopwatch, figures),
        progress.comparisons,
        tuple(progress.disagreements),
    )


def _measure_round(
    database: Database,
    product: Product,
    others: dict[str, Companion],
    random: Random,
    round_number: int,
    progress: _Progress,
) -> None:
    stopwatch, is_counted = progress.stopwatch, round_number > 0
    now = wall_clock()
    write_changes(database.path, now, random)
    # What the product itself logs is then later than now, and in nobody's result.
    wait_until_after(now)
    results: dict[str, Computed] = {}
    own_runs: dict[str, int] = {}
    for name in rotated((SQLITE, ATTACHED, PRODUCT), round_number):
        own_runs[name] = product.runs
        if name == PRODUCT:
            run = product.run(now)
            results[name] = run.computed
            progress.repaired += run.repaired
            if is_counted:
                stopwatch.add(SYNC, PRODUCT, run.timings.sync_ms / 1000)
                stopwatch.add(DATASETS, PRODUCT, run.timings.datasets_ms / 1000)
        elif stopwatch.rounds(CHANGED, name) < 2 or stopwatch.total_seconds(CHANGED, name) < PATIENCE_SECONDS:
            results[name] = others[name].compute(now)
        if is_counted and name in results:
            stopwatch.add(CHANGED, name, results[name].seconds)
    _compare(results, own_runs, progress)
    again = product.run(wall_clock())
    progress.repaired += again.repaired
    if is_counted:
        stopwatch.add(UNCHANGED, PRODUCT, again.computed.seconds)


def _compare(results: dict[str, Computed], own_runs: dict[str, int], progress: _Progress) -> None:
    actual = comparable(results[PRODUCT].results, own_runs[PRODUCT])
    for name in (SQLITE, ATTACHED):
        if name in results:
            expected = comparable(results[name].results, own_runs[name])
            progress.comparisons += len(expected)
            progress.disagreements += [
                f"{name} and {PRODUCT}: {line}" for line in differences(expected, actual)
            ]


def _of_build(database: Database, product: Product, build: ProductRun) -> list[Figure]:
    sync_seconds = build.timings.sync_ms / 1000
    figures = [
        Figure("first build: copying", sync_seconds, "s"),
        Figure("first build: rows a second", database.rows / sync_seconds, "rows/s"),
        Figure("replica", product.replica_bytes(), "bytes"),
        Figure("replica, share of the source", product.replica_bytes() / database.size_bytes, ""),
    ]
    peak = product.peak_memory_bytes()
    return figures if peak is None else [*figures, Figure("first build: peak memory", peak, "bytes")]


def _of_contenders(product: Product, others: dict[str, Companion], progress: _Progress) -> list[Figure]:
    peaks = {PRODUCT: product.peak_memory_bytes()}
    peaks |= {name: peak_memory_bytes(other.pid) for name, other in others.items()}
    return [
        *(Figure(f"peak memory, {name}", peak, "bytes") for name, peak in peaks.items() if peak is not None),
        Figure("rows that the audit repaired", progress.repaired, "rows"),
    ]


def _ratios(stopwatch: Stopwatch) -> list[Figure]:
    product = stopwatch.median_seconds(CHANGED, PRODUCT)
    return [
        Figure(f"{name} over {PRODUCT}, {CHANGED}", stopwatch.median_seconds(CHANGED, name) / product, "×")
        for name in (SQLITE, ATTACHED)
    ]


def _targets(database: Database, stopwatch: Stopwatch, figures: list[Figure]) -> tuple[Target, ...]:
    changed = stopwatch.median_seconds(CHANGED, PRODUCT)
    unchanged = stopwatch.median_seconds(UNCHANGED, PRODUCT)
    sqlite = stopwatch.median_seconds(CHANGED, SQLITE)
    allowed = 1.2 * stopwatch.median_seconds(DATASETS, PRODUCT) + SLACK_SECONDS
    by_name = {figure.name: figure.value for figure in figures}
    targets = [
        Target(f"{CHANGED} ({NEW_ROWS} new, {CHANGED_ROWS} changed rows a table), times faster than SQLite",
               sqlite / changed, 25, "×", True, TARGET_SCALE),
        Target(f"{CHANGED}, at most 1.2 × the datasets alone + 0.5 s", changed, allowed, "s", False, TARGET_SCALE),
        Target(f"{UNCHANGED}, times faster than SQLite", sqlite / unchanged, 60, "×", True, TARGET_SCALE),
        Target("first build, rows a second", by_name["first build: rows a second"], 1_200_000, "rows/s",
               True, TARGET_SCALE),
        Target("replica, share of the source", by_name["replica, share of the source"], 0.05, "", False,
               TARGET_SCALE),
        Target("a whole run", changed, 0.150, "s", False, 1.0),
    ]  # fmt: skip
    return tuple(targets)
