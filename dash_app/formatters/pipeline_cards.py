"""The KPIs and the table of the Pipeline page."""

from __future__ import annotations

from typing import Any

from dash_app.figures.style import View, row_at
from dash_app.formatters.ages import age_of_wait
from dash_app.formatters.comparison import per
from dash_app.formatters.formats import (
    NOTHING,
    hours,
    number,
    percent,
    words,
)
from dash_app.formatters.kpi import Kpi
from dash_app.formatters.stages import lacking
from dash_app.formatters.tables import (
    NO_VALUE,
    Cell,
    Table,
    aged_cell,
    counted_cell,
    headings,
    instant_cell,
    opening,
    rows_of,
)
from engine.model.values.payload import Columns


def sites_in_pipeline(columns: Columns, view: View) -> tuple[Kpi, ...]:
    """Return the number of sites in the pipeline, and of those at its end."""
    total, last = sum(columns["sites"]), columns["sites"][-1]
    in_last = f"{number(last)} in {words(columns['stage'][-1])}, {percent(per(last, total))}"
    return (Kpi(number(total), "in the pipeline now", in_last, measure="sites_in_pipeline"),)


def excluded_sites(columns: Columns, view: View) -> tuple[Kpi, ...]:
    """Return the number of excluded sites."""
    return (
        Kpi(
            number(columns["excluded_sites"][0]),
            "excluded",
            "sites taken off the pipeline",
            measure="excluded_sites",
            opens=view.openers.of("excluded_sites", row_at(columns, 0)),
        ),
    )


def stage_flow(columns: Columns, view: View) -> Table:
    """Return the sites that enter, wait in and leave each stage.

    Sites stay in the last stage, so it would dwarf all others: its number has no bar.
    """
    rows = list(rows_of(columns))
    most = max((row["sites"] or 0 for row in rows[:-1]), default=0)
    return Table(
        headings(
            ("Stage", "stage"),
            ("# In it now", "sites"),
            ("# Entered 24 h", "entered_24h"),
            ("# Prior 24 h", "entered_previous_24h"),
            ("# Entered 7 d", "entered_7d"),
            ("# Left 7 d", "left_7d"),
            ("Last entry", "last_entered_at"),
            ("# Median wait", "median_wait_hours"),
            ("# Oldest wait", "oldest_wait_hours"),
            ("# Days to clear", "days_to_clear"),
        ),
        tuple(_stage_row(row, 0 if row is rows[-1] else most, view) for row in rows),
        remark=lacking(columns),
    )


def _stage_row(row: dict[str, Any], most: int, view: View) -> tuple[Cell, ...]:
    return (
        Cell(words(row["stage"])),
        counted_cell(view, row, "sites", number(row["sites"]), most=most),
        counted_cell(view, row, "entered_24h", number(row["entered_24h"])),
        counted_cell(view, row, "entered_previous_24h", number(row["entered_previous_24h"])),
        counted_cell(view, row, "entered_7d", number(row["entered_7d"])),
        counted_cell(view, row, "left_7d", number(row["left_7d"])),
        opening(instant_cell(row["last_entered_at"], view), view, row, "last_entered_at"),
        counted_cell(view, row, "median_wait_hours", hours(row["median_wait_hours"])),
        opening(_waiting_cell(row["oldest_wait_hours"], view), view, row, "oldest_wait_hours"),
        counted_cell(view, row, "days_to_clear", number(row["days_to_clear"], 1)),
    )


def _waiting_cell(waited_hours: float | None, view: View) -> Cell:
    """Return a cell with the age of a wait, which sorts by its length."""
    if waited_hours is None:
        return Cell(NOTHING, NO_VALUE)
    since = age_of_wait(waited_hours, view.as_of)
    cell = aged_cell(since, view)
    return Cell(cell.text, waited_hours, note=cell.note, age=since)
