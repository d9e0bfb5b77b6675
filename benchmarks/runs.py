"""The case of runs: the first build, runs after changes and without, beside the two other contenders.

Each round changes the source, and then everybody computes all datasets as of that instant, in
turn; the results must agree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from benchmarks import attached_file, plain_sqlite
from benchmarks.agreement import comparable, differences
from benchmarks.baselines import with_baseline
from benchmarks.changes import CHANGED_ROWS, NEW_ROWS, write_changes
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
from benchmarks.memory import peak_memory_bytes
from benchmarks.product import PRODUCT, Product, ProductRun
from benchmarks.worker import WorkerProcess
from benchmarks.workspace import Database
from engine.model.clock import wall_clock

SQLITE, ATTACHED = "SQLite", "DuckDB, attached"
FIRST_BUILD, CHANGED, UNCHANGED = "first build", "run after changes", "run, nothing changed"
SYNC, AUDIT, DATASETS = "its sync", "its audit", "its datasets"
# A contender that has taken this long for a case takes part in no more rounds after the second.
BUDGET_SECONDS = 60.0
TARGET_SCALE = 50.0


def measure_runs(database: Database, rounds: int, report: Report) -> CaseReport:
    """Measure runs on a database that the product has not seen yet. Raises DashboardError."""
    with (
        Product(database.path, database.state_dir) as product,
        WorkerProcess(SQLITE, plain_sqlite.serve, database.path) as sqlite,
        WorkerProcess(ATTACHED, attached_file.serve, database.path) as attached,
    ):
        case = _Runs(database, product, {SQLITE: sqlite, ATTACHED: attached})
        report("first build")
        case.build()
        # The round before the first warms caches, and leaves runs that the next can end.
        for round_number in range(rounds + 1):
            report(f"round {round_number} of {rounds}")
            case.measure_round(round_number)
        return case.found()


@dataclass
class _Runs:
    """The case under way."""

    database: Database
    product: Product
    others: dict[str, WorkerProcess]
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    by_dataset: Stopwatch = field(default_factory=Stopwatch)
    figures: list[Figure] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    comparisons: int = 0
    disagreements: list[str] = field(default_factory=list)
    repaired: int = 0

    def __post_init__(self) -> None:
        self._random = Random(f"{self.database.size.seed}/changes")

    def build(self) -> None:
        run = self.product.run(wall_clock())
        self.stopwatch.add(FIRST_BUILD, PRODUCT, run.computed.seconds)
        seconds = run.timings.sync_ms / 1000
        rate = self.database.rows / seconds
        size = self.product.replica_bytes()
        share = size / self.database.size_bytes
        self.figures += [
            Figure("first build, copying alone", seconds, "s"),
            Figure("rows copied a second", rate, "rows/s"),
            Figure("replica", size, "bytes"),
            Figure("replica, share of the source", share, ""),
        ]
        self.targets += [
            Target("first build: rows a second", rate, 1_200_000, "rows/s", True, TARGET_SCALE),
            Target("replica, share of the source", share, 0.05, "", False, TARGET_SCALE),
        ]
        if (peak := self.product.peak_memory_bytes()) is not None:
            limit = self.product.settings.memory_limit_bytes
            self.figures.append(Figure("first build, peak memory", peak, "bytes"))
            self.targets.append(Target("first build: peak memory", peak, limit, "bytes", False, TARGET_SCALE))

    def measure_round(self, number: int) -> None:
        now = wall_clock()
        write_changes(self.database.path, now, self._random)
        # What the product itself logs is then later than now, and in nobody's result.
        wait_until_after(now)
        results: dict[str, Computed] = {}
        own_runs: dict[str, int] = {}
        for name in rotated((SQLITE, ATTACHED, PRODUCT), number):
            own_runs[name] = self.product.runs
            if name == PRODUCT:
                run = self.product.run(now)
                results[name] = run.computed
                self._note_run(run, number)
            elif self._takes_part(name):
                results[name] = self.others[name].compute(now)
            if number > 0 and name in results:
                self._note_times(name, results[name])
        self._compare(results, own_runs)
        again = self.product.run(wall_clock())
        self.repaired += again.repaired
        if number > 0:
            self.stopwatch.add(UNCHANGED, PRODUCT, again.computed.seconds)

    def _note_times(self, name: str, computed: Computed) -> None:
        self.stopwatch.add(CHANGED, name, computed.seconds)
        for dataset, seconds in computed.seconds_by_dataset.items():
            self.by_dataset.add(dataset, name, seconds)

    def _takes_part(self, name: str) -> bool:
        rounds, seconds = self.stopwatch.rounds(CHANGED, name), self.stopwatch.total_seconds(CHANGED, name)
        return rounds < 2 or seconds < BUDGET_SECONDS

    def _note_run(self, run: ProductRun, number: int) -> None:
        self.repaired += run.repaired
        if number > 0:
            timings = run.timings
            for part, ms in (
                (SYNC, timings.sync_ms), (AUDIT, timings.audit_ms), (DATASETS, timings.datasets_ms)
            ):  # fmt: skip
                self.stopwatch.add(part, PRODUCT, ms / 1000)

    def _compare(self, results: dict[str, Computed], own_runs: dict[str, int]) -> None:
        actual = comparable(with_baseline(results[PRODUCT].results), own_runs[PRODUCT])
        for name in (SQLITE, ATTACHED):
            if name in results:
                expected = comparable(results[name].results, own_runs[name])
                self.comparisons += len(expected)
                found = differences(expected, actual)
                self.disagreements += [f"{name} and {PRODUCT}: {line}" for line in found]

    def found(self) -> CaseReport:
        median = self.stopwatch.median_seconds
        changed, unchanged = median(CHANGED, PRODUCT), median(UNCHANGED, PRODUCT)
        sqlite, attached = median(CHANGED, SQLITE), median(CHANGED, ATTACHED)
        allowed = 1.2 * median(DATASETS, PRODUCT) + 0.5
        peaks = {PRODUCT: self.product.peak_memory_bytes()}
        peaks |= {name: peak_memory_bytes(other.pid) for name, other in self.others.items()}
        self.figures += [
            *(Figure(f"peak memory, {name}", peak, "bytes") for name, peak in peaks.items() if peak),
            Figure("rows that the audit repaired", self.repaired, "rows"),
            Figure(f"{CHANGED}: {SQLITE} over {PRODUCT}", sqlite / changed, "×"),
            Figure(f"{CHANGED}: {ATTACHED} over {PRODUCT}", attached / changed, "×"),
        ]
        rows = f"{NEW_ROWS} new, {CHANGED_ROWS} changed rows a table"
        self.targets += [
            Target(f"{CHANGED} ({rows}): faster than SQLite", sqlite / changed, 25, "×", True, TARGET_SCALE),
            Target(f"{CHANGED}: 1.2 × its datasets + 0.5 s", changed, allowed, "s", False, TARGET_SCALE),
            Target(f"{UNCHANGED}: faster than SQLite", sqlite / unchanged, 60, "×", True, TARGET_SCALE),
            Target(f"{CHANGED}, at scale 1", changed, 0.150, "s", False, 1.0),
        ]
        return CaseReport(
            self.stopwatch.measurements(),
            tuple(self.figures),
            tuple(self.targets),
            self.comparisons,
            tuple(self.disagreements),
            self.by_dataset.measurements(),
        )
