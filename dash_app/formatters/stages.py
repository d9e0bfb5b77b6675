"""The stages of the pipeline as one table: what is in each, what enters it, and how long it takes."""

from __future__ import annotations

from typing import Any

from dash_app.figures.style import View
from dash_app.formatters.formats import hours, number, percent, words
from dash_app.formatters.tables import (
    Cell,
    Table,
    change_cell,
    counted_cell,
    explained,
    figure_cell,
    headings,
    instant_cell,
    opening,
    rows_of,
)
from dash_app.formatters.unknown import is_unknown, needs
from engine.model.values.payload import Columns


def stages(columns: Columns, view: View) -> Table:
    """Return the stages with their sites, entries and waits; step rates come from the dataset beside it.

    Sites stay in the last stage, so it would dwarf all others: its number has no bar.
    """
    rows = list(rows_of(columns))
    most = max((row["sites"] or 0 for row in rows[:-1]), default=0)
    busiest = max((entered or 0 for entered in columns["entered_24h"]), default=0)
    rates = {} if view.beside is None else dict(
        zip(view.beside["stage"], view.beside["step_rate"], strict=True)
    )  # fmt: skip
    return Table(
        headings(
            ("Stage", "stage"),
            ("# Now", "sites"),
            ("# In 24 h", "entered_24h"),
            explained("# vs prior 24 h", "Entries in 24 hours, against those of the 24 hours before."),
            explained(
                "# Step rate",
                "Sites that are or were in this stage or a later one, over those of the stage before.",
            ),
            ("# Last entry", "last_entered_at"),
            ("# Median wait", "median_wait_hours"),
            ("# Days to clear", "days_to_clear"),
        ),
        tuple(
            _row(row, 0 if row is rows[-1] else most, busiest, rates.get(row["stage"]), view) for row in rows
        ),
        remark=lacking(columns),
    )


def lacking(columns: Columns) -> str:
    """Return which table the dashes of ``stage_flow`` need; empty if the source has both."""
    of_tables = {"sites": columns["sites"], "site_status": columns["entered_24h"]}
    missing = [table for table, counts in of_tables.items() if is_unknown(counts)]
    return f"What shows a dash {needs(*missing)}." if missing else ""


def _row(row: dict[str, Any], most: int, busiest: int, rate: float | None, view: View) -> tuple[Cell, ...]:
    wait = row["median_wait_hours"]
    return (
        Cell(words(row["stage"])),
        counted_cell(view, row, "sites", number(row["sites"]), most=most),
        counted_cell(view, row, "entered_24h", number(row["entered_24h"]), most=busiest),
        change_cell(row["entered_24h"], row["entered_previous_24h"]),
        figure_cell(rate, percent(rate)),
        opening(instant_cell(row["last_entered_at"], view), view, row, "last_entered_at"),
        counted_cell(view, row, "median_wait_hours", hours(wait)),
        counted_cell(view, row, "days_to_clear", number(row["days_to_clear"], 1)),
    )
