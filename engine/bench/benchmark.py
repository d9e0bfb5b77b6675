"""The whole benchmark: its databases made, its cases measured one after another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.bench.harness import CaseReport
from engine.bench.history import DAYS, SHARE_OF_SCALE, TIMES, measure_history
from engine.bench.machine import Machine, describe_machine
from engine.bench.runs import measure_runs
from engine.bench.workspace import Database, Size, database, require_room, working_folder
from engine.errors import SettingError
from engine.results import Progress


@dataclass(frozen=True)
class Options:
    """What to measure: ``keep`` is the folder for its databases, None for a temporary one."""

    scale: float
    days: int
    seed: int
    rounds: int
    with_history: bool
    keep: Path | None


@dataclass(frozen=True)
class BenchReport:
    """All that was found, case by case."""

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
    sizes = [Size(options.scale, options.days, options.seed)]
    if options.with_history:
        rate = options.scale * SHARE_OF_SCALE
        sizes += [Size(rate, days, options.seed) for days in (DAYS, TIMES * DAYS)]
    machine = describe_machine()
    with working_folder(options.keep) as folder:
        require_room(folder, sizes)
        made = tuple(_made(folder, size, report) for size in sizes)
        cases = [("runs", measure_runs(made[0], options.rounds, _told("runs", report)))]
        if options.with_history:
            case = measure_history(made[1], made[2], options.rounds, _told("history", report))
            cases.append(("history", case))
    return BenchReport(options, machine, made, tuple(cases))


def _made(folder: Path, size: Size, report: Callable[[Progress], None]) -> Database:
    step = f"making the database of {size.days} days at scale {size.scale:g}"
    return database(folder, size, lambda done, total: report(Progress(done, total, step)))


def _told(case: str, report: Callable[[Progress], None]) -> Callable[[str], None]:
    return lambda step: report(Progress(0, 1, f"{case}: {step}"))
