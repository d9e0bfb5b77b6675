"""The whole benchmark: makes its databases and measures its cases one after another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.browser.case import measure_browser
from benchmarks.browser.chromium import require_chromium
from benchmarks.cases import BROWSER, BROWSER_ROUNDS, CASES, HISTORY, ROUNDS, RUNS, SERVING
from benchmarks.harness import CaseReport
from benchmarks.history import DAYS, SHARE_OF_SCALE, TIMES, measure_history
from benchmarks.machine import Machine, describe_machine
from benchmarks.runs import measure_runs
from benchmarks.serving.case import ServingPlan, measure_serving
from benchmarks.serving.web_apps import require_baseline
from benchmarks.workspace import Database, Size, database, require_room, working_folder
from engine.model.errors import SettingError
from engine.model.values.results import Progress

SERVING_DAYS = 90


@dataclass(frozen=True)
class Options:
    """What to measure: ``keep`` is the folder for its databases, None for a temporary one.

    ``scale`` and ``days`` are of the database of runs and of the browser, ``serving_scale`` of that of
    serving. ``rounds`` is None for each case's own number.
    """

    scale: float
    days: int
    seed: int
    rounds: int | None
    cases: frozenset[str]
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
    if options.rounds is not None and options.rounds < 1:
        raise SettingError("--rounds", f"{options.rounds} is no number of rounds", "give 1 or more")
    if options.cases & {SERVING, BROWSER}:
        require_baseline()
    if BROWSER in options.cases:
        require_chromium()
    rounds = options.rounds or ROUNDS
    sizes = _sizes(options)
    machine = describe_machine()
    cases: list[tuple[str, CaseReport]] = []
    with working_folder(options.keep) as folder:
        wanted = dict.fromkeys(size for each in sizes.values() for size in each)
        require_room(folder, list(wanted))
        made = {size: _made(folder, size, report) for size in wanted}
        for name, of_case in sizes.items():
            tell = _told(name, report)
            first, *others = (made[size] for size in of_case)
            match name:
                case "runs":
                    found = measure_runs(first, rounds, tell)
                case "history":
                    found = measure_history(first, others[0], rounds, tell)
                case "serving":
                    found = measure_serving(first, ServingPlan(rounds), tell)
                case _:
                    found = measure_browser(first, options.rounds or BROWSER_ROUNDS, tell)
            cases.append((name, replace(found, scale=first.size.scale)))
    return BenchReport(options, machine, tuple(made.values()), tuple(cases))


def _sizes(options: Options) -> dict[str, list[Size]]:
    """Return the databases of each case that is measured, in the order of the cases."""
    rate, seed = options.scale * SHARE_OF_SCALE, options.seed
    sizes = {
        RUNS: [Size(options.scale, options.days, seed)],
        HISTORY: [Size(rate, days, seed) for days in (DAYS, TIMES * DAYS)],
        SERVING: [Size(options.serving_scale, SERVING_DAYS, seed)],
        BROWSER: [Size(options.scale, options.days, seed)],
    }
    return {case: sizes[case] for case in CASES if case in options.cases}


def _made(folder: Path, size: Size, report: Callable[[Progress], None]) -> Database:
    step = f"making the database of {size.days} days at scale {size.scale:g}"
    return database(folder, size, lambda done, total: report(Progress(done, total, step)))


def _told(case: str, report: Callable[[Progress], None]) -> Callable[[str], None]:
    return lambda step: report(Progress(0, 1, f"{case}: {step}"))
