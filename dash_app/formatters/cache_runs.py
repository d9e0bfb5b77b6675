"""The latest runs as a table, with the totals of a day and of a week below it."""

from __future__ import annotations

from dash_app.figures.style import View
from dash_app.formatters.formats import NOTHING, duration, milliseconds, number
from dash_app.formatters.tables import Cell, Order, Table, figure_cell, headings, measured, moment_cell
from dash_app.formatters.tones import BAD, GOOD, WARN
from engine.model.text.in_words import counted
from engine.model.text.without_paths import without_paths
from engine.store import Analytics
from engine.store.runs import RunFigures, RunTotals

DURATION = measured("# Duration", "ms")

_TONES = {"success": GOOD, "partial": WARN, "failed": BAD}


def run_table(analytics: Analytics, view: View) -> Table:
    """Return the latest runs, newest first."""
    runs = analytics.runs.recent
    slowest = max((run.duration_ms for run in runs), default=0)
    return Table(
        headings("Started", "Trigger", "Scope", "Status", DURATION, "# Datasets", "# Rows", "Error"),
        tuple(
            (
                moment_cell(run.started_at, view),
                Cell(run.trigger),
                _scope_cell(run.scope),
                Cell(run.status, tone=_TONES.get(run.status, ""), badge=True),
                figure_cell(run.duration_ms, milliseconds(run.duration_ms), slowest),
                figure_cell(run.datasets, number(run.datasets)),
                figure_cell(run.entries, number(run.entries)),
                Cell(without_paths(run.error or NOTHING)),
            )
            for run in runs
        ),
        "no run yet; the schedule or a refresh starts one",
        remark=_totals(analytics.runs),
        main="Status",
        order=Order("Started", descending=True),
    )


def _scope_cell(scope: str) -> Cell:
    names = scope.split(",")
    return Cell(scope) if len(names) == 1 else Cell(f"{len(names)} datasets", note=scope.replace(",", ", "))


def _totals(runs: RunFigures) -> str:
    means = [
        f"{counted(started.totals.runs, 'run')} by {started.trigger}, mean"
        f" {duration(started.mean_duration_ms / 1000)}"
        for started in runs.triggers
    ]
    windows = [_of(runs.last_24_hours, "in 24 h"), _of(runs.last_7_days, "in 7 days")]
    return " · ".join([*windows, *means])


def _of(totals: RunTotals, when: str) -> str:
    failed = f", {number(totals.failures)} failed, all or in part" if totals.failures else ""
    return f"{counted(totals.runs, 'run')} {when}{failed}"
