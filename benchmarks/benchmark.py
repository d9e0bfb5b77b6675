"""The whole benchmark: makes its databases and measures its cases one after another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import CaseReport
from benchmarks.history import DAYS, SHARE_OF_SCALE, TIMES, measure_history
from benchmarks.machine import Machine, describe_machine
from benchmarks.runs import measure_runs
from benchmarks.serving.case import ServingPlan, measure_serving
from benchmarks.serving.web_apps import require_baseline
from benchmarks.workspace import Database, Size, database, require_room, working_folder
from engine.model.errors import SettingError
from engine.model.results import Progress

SERVING_DAYS = 90


@dataclass(frozen=True)
class Options:
    """What to measure: ``keep`` is the folder for its databases, None for a temporary one.

    ``scale`` and ``days`` are of the database of the case of runs, ``serving_scale`` of that of serving.
    """

    scale: float
    days: int
    seed: int
    rounds: int
    with_runs: bool
    with_history: bool
    with_serving: bool
    serving_scale: float
    keep: Path | None


@dataclass(frozen=True)
class BenchReport:
    """All findings, by case."""

    options: Options
    machine: Machine
    databases: tuple[Database, ...]
    cases: tuple[tuple[str, CaseReport], ...]

    @property
    def disagreements(self) -> tuple[str, ...]:
        """Return a line for each result that differed."""
        return tuple(line for _, case in self.cases for line in case.disagreements)


def run_benchmark(options: Options, report: Callable[[Progress], None]) -> BenchReport:
    """Make the databases and measure all cases. Raises DashboardError."""
    if options.rounds < 1:
        raise SettingError("--rounds", f"{options.rounds} is no number of rounds", "give 1 or more")
    if options.with_serving:
        require_baseline()
    runs, history, serving = _sizes(options)
    if not (sizes := [*runs, *history, *serving]):
        raise SettingError("--no-runs", "nothing is left to measure", "leave out one of the --no-…")
    machine = describe_machine()
    cases: list[tuple[str, CaseReport]] = []
    with working_folder(options.keep) as folder:
        require_room(folder, sizes)
        made = {size: _made(folder, size, report) for size in dict.fromkeys(sizes)}
        if runs:
            case = measure_runs(made[runs[0]], options.rounds, _told("runs", report))
            cases.append(("runs", case))
        if history:
            short, long = (made[size] for size in history)
            cases.append(("history", measure_history(short, long, options.rounds, _told("history", report))))
        if serving:
            plan = ServingPlan(options.rounds)
            cases.append(("serving", measure_serving(made[serving[0]], plan, _told("serving", report))))
    return BenchReport(options, machine, tuple(made.values()), tuple(cases))


def _sizes(options: Options) -> tuple[list[Size], list[Size], list[Size]]:
    """Return the databases of each case, none for a case that is left out."""
    rate, seed = options.scale * SHARE_OF_SCALE, options.seed
    return (
        [Size(options.scale, options.days, seed)] if options.with_runs else [],
        [Size(rate, days, seed) for days in (DAYS, TIMES * DAYS)] if options.with_history else [],
        [Size(options.serving_scale, SERVING_DAYS, seed)] if options.with_serving else [],
    )


def _made(folder: Path, size: Size, report: Callable[[Progress], None]) -> Database:
    step = f"making the database of {size.days} days at scale {size.scale:g}"
    return database(folder, size, lambda done, total: report(Progress(done, total, step)))


def _told(case: str, report: Callable[[Progress], None]) -> Callable[[str], None]:
    return lambda step: report(Progress(0, 1, f"{case}: {step}"))
