"""The benchmark's findings as text and as JSON values."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from benchmarks.baselines import without_baseline
from benchmarks.benchmark import BenchReport
from benchmarks.harness import CaseReport, Figure, Measurement, Target
from benchmarks.workspace import Database

_DECIMALS = {"×": 1, "ms": 2, "kB": 1, "%": 2}


def as_json(report: BenchReport) -> dict[str, Any]:
    """Return the findings as JSON values; times are in seconds, sizes in bytes."""
    keep = report.options.keep
    return {
        "options": asdict(report.options)
        | {"keep": None if keep is None else str(keep), "cases": sorted(report.options.cases)},
        "machine": asdict(report.machine),
        "databases": [_database(database) for database in report.databases],
        "cases": {name: _case(case) for name, case in report.cases},
        "agree": not report.disagreements,
        "without_baseline": list(without_baseline()),
    }


def _case(case: CaseReport) -> dict[str, Any]:
    return asdict(case) | {
        "measurements": [_timed(one) for one in case.measurements],
        "details": [_timed(one) for one in case.details],
        "targets": [_judged(one, case) for one in case.targets],
    }


def _judged(target: Target, case: CaseReport) -> dict[str, Any]:
    return asdict(target) | {"is_reached": target.is_reached, "is_for_scale": target.is_for(case.scale)}


def _timed(one: Measurement) -> dict[str, Any]:
    return asdict(one) | {"median_seconds": one.median_seconds}


def _database(database: Database) -> dict[str, Any]:
    return {
        "scale": database.size.scale,
        "days": database.size.days,
        "rows": database.rows,
        "size_bytes": database.size_bytes,
        "made_seconds": database.made_seconds,
    }


def as_text(report: BenchReport) -> str:
    """Return the findings as lines for a terminal."""
    machine = report.machine
    memory = "" if machine.memory_bytes is None else f", {machine.memory_bytes / 1e9:.0f} GB of memory"
    load = "" if machine.load is None else f", load before {machine.load:.1f}"
    lines = [
        f"{machine.cores} cores{memory}{load}",
        f"Python {machine.python}, SQLite {machine.sqlite}, DuckDB {machine.duckdb}",
    ]
    lines += [
        f"database: scale {one.size.scale:g}, {one.size.days} days, {one.rows:,} rows,"
        f" {_amount(one.size_bytes, 'bytes')}"
        for one in report.databases
    ]
    for name, case in report.cases:
        head = [name, "contender", "rounds", "median", "least", "most"]
        lines += ["", *_table([head, *map(_measurement, case.measurements)])]
        lines += ["", *_table([[f"{name}: figures", ""], *map(_figure, case.figures)])]
    targets = [_target(target, case) for _, case in report.cases for target in case.targets]
    rows = [["target", "wanted", "measured", "for scale", ""], *targets]
    lines += ["", *_table(rows)]
    if comparisons := sum(case.comparisons for _, case in report.cases):
        lines += ["", f"{comparisons - len(report.disagreements)} of {comparisons} results agree"]
        if alone := without_baseline():
            lines.append(f"computed by the product alone, without a baseline: {', '.join(alone)}")
    return "\n".join(lines)


def _measurement(one: Measurement) -> list[str]:
    times = (one.median_seconds, min(one.seconds), max(one.seconds))
    return [one.case, one.contender, str(len(one.seconds)), *map(_seconds, times)]


def _target(target: Target, case: CaseReport) -> list[str]:
    sign = "≥" if target.is_floor else "≤"
    return [
        target.name,
        f"{sign} {_amount(target.bound, target.unit)}",
        _amount(target.value, target.unit),
        "any" if target.at_scale is None else f"{target.at_scale:g}",
        ("reached" if target.is_reached else "missed") if target.is_for(case.scale) else "not at this scale",
    ]


def _figure(figure: Figure) -> list[str]:
    return [figure.name, _amount(figure.value, figure.unit)]


def _seconds(seconds: float) -> str:
    if 0 < seconds < 0.01:
        return f"{seconds * 1000:.2f} ms"
    return f"{seconds * 1000:.0f} ms" if seconds < 10 else f"{seconds:.1f} s"


def _amount(value: float, unit: str) -> str:
    match unit:
        case "s":
            return _seconds(value)
        case "bytes":
            return f"{value / 1e6:,.0f} MB"
        case "":
            return f"{value:.1%}"
        case _:
            return f"{value:,.{_DECIMALS.get(unit, 0)}f} {unit}"


def _table(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return [line.rstrip() for line in (lines[0], "-" * len(lines[0]), *lines[1:])]
