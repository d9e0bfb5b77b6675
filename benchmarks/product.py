"""The product as a contender: whole runs, from the request to the stored cache, in a warm process."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType

from benchmarks.harness import Computed
from benchmarks.memory import peak_memory_bytes
from benchmarks.serving.processor import processor_seconds
from engine.model.errors import ComputeError
from engine.model.setting_table.loading import load_settings
from engine.model.values import payload
from engine.model.values.results import Progress, RunTimings
from engine.runs import Runner, RunRequest, Trigger

PRODUCT = "product"


@dataclass(frozen=True)
class ProductRun:
    """One run: what it computed, and how long its parts took."""

    computed: Computed
    timings: RunTimings
    repaired: int


class Product:
    """Runs of the product on one database, with a state folder of its own."""

    def __init__(self, db: Path, state_dir: Path, variables: Mapping[str, str] | None = None) -> None:
        environment = {"DASHBOARD_DB": str(db), "DASHBOARD_STATE_DIR": str(state_dir), **(variables or {})}
        self.settings = load_settings(environment, env_file=state_dir / "none.env")
        self._runner = Runner(self.settings)
        self.runs = 0

    def __enter__(self) -> Product:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._runner.close()

    def run(self, now: datetime) -> ProductRun:
        """Run all datasets as of an instant, as the schedule does. Raises DashboardError."""
        request = RunRequest(Trigger.SCHEDULE, now, reproduce=True)
        started = time.perf_counter()
        summary = self._runner.run(request, _ignore)
        seconds = time.perf_counter() - started
        self.runs += 1
        if summary.outcome.problems:
            problem = summary.outcome.problems[0]
            raise ComputeError(problem.name, problem.reason, "the benchmark wants all datasets")
        computed = Computed(
            seconds,
            {dataset.name: payload.decode(dataset.value.blob) for dataset in summary.outcome.computed},
            {dataset.name: dataset.compute_ms / 1000 for dataset in summary.outcome.computed},
        )
        repaired = sum(table.repaired for table in summary.outcome.replica)
        return ProductRun(computed, summary.outcome.timings, repaired)

    def peak_memory_bytes(self) -> int | None:
        """Return the peak memory of the engine process; None if the system does not report it."""
        return peak_memory_bytes(self._runner.engine_pid)

    def processor_seconds(self) -> float:
        """Return the processor time of the engine process so far, 0 if the system does not report it."""
        return processor_seconds(self._runner.engine_pid) or 0.0

    def replica_bytes(self) -> int:
        """Return the size of the replica's file, 0 without one."""
        path = self.settings.replica_path
        return path.stat().st_size if path.exists() else 0


def _ignore(_: Progress) -> None:
    return None
