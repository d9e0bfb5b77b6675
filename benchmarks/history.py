"""The case of history: the cost of a run follows what has changed, not the length of the history.

Two databases of one rate, one with ten times the days, take the same changes in turn.
"""

from __future__ import annotations

from random import Random

from benchmarks import plain_sqlite
from benchmarks.agreement import comparable, differences
from benchmarks.baselines import with_baseline
from benchmarks.changes import write_changes
from benchmarks.harness import (
    CaseReport,
    Computed,
    Figure,
    Report,
    Stopwatch,
    Target,
    rotated,
    wait_until_after,
)
from benchmarks.product import Product
from benchmarks.worker import WorkerProcess
from benchmarks.workspace import Database
from engine.model.clock import wall_clock

# The longer one is as large as the database of the other cases, at the same scale in ninety days.
DAYS, TIMES = 45, 10
SHARE_OF_SCALE = 0.2
CASE, DATASETS = "run after changes", "its datasets"


def measure_history(short: Database, long: Database, rounds: int, report: Report) -> CaseReport:
    """Measure runs after changes on both databases; the long one's last results are compared with SQLite's.

    Raises DashboardError.
    """
    stopwatch = Stopwatch()
    random = Random(f"{short.size.seed}/history")
    with (
        Product(short.path, short.state_dir) as on_short,
        Product(long.path, long.state_dir) as on_long,
        WorkerProcess("SQLite", plain_sqlite.serve, long.path) as sqlite,
    ):
        contenders = ((short, on_short), (long, on_long))
        report("first builds")
        for _, product in contenders:
            product.run(wall_clock())
        for round_number in range(rounds + 1):
            report(f"round {round_number} of {rounds}")
            now = wall_clock()
            for database, _ in contenders:
                write_changes(database.path, now, random)
            wait_until_after(now)
            runs: dict[int, Computed] = {}
            for database, product in rotated(contenders, round_number):
                run = product.run(now)
                runs[database.size.days] = run.computed
                if round_number > 0:
                    name = _name(database)
                    stopwatch.add(CASE, name, run.computed.seconds)
                    stopwatch.add(DATASETS, name, run.timings.datasets_ms / 1000)
        expected = comparable(sqlite.compute(now).results, on_long.runs)
        actual = comparable(with_baseline(runs[long.size.days].results), on_long.runs - 1)
        lines = [f"SQLite and product: {line}" for line in differences(expected, actual)]
    ratio = stopwatch.median_seconds(CASE, _name(long)) / stopwatch.median_seconds(CASE, _name(short))
    name = f"a run with {TIMES} times the history, times the cost"
    return CaseReport(
        stopwatch.measurements(),
        (Figure(name, ratio, "×"),),
        (Target(name, ratio, 1.5, "×", False, None),),
        len(expected),
        tuple(lines),
    )


def _name(database: Database) -> str:
    return f"{database.size.days} days"
