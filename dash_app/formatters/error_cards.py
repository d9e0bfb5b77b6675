"""The KPIs and the tables of the Errors page."""

from __future__ import annotations

from dash_app.figures.style import View, row_at
from dash_app.formatters.formats import (
    NOTHING,
    number,
    words,
)
from dash_app.formatters.kpi import Kpi
from dash_app.formatters.tables import (
    Cell,
    Order,
    Table,
    counted_cell,
    headings,
    instant_cell,
    opening,
    rows_of,
)
from dash_app.formatters.tones import BAD, GOOD
from dash_app.formatters.unknown import needs
from dash_app.things.addresses import error_path
from engine.model.values.payload import Columns


def active_errors(columns: Columns, view: View) -> tuple[Kpi, ...]:
    """Return the active errors by source."""
    row = row_at(columns, 0)
    all_known = None not in row.values()
    return (
        Kpi(
            number(row["active_errors"]),
            "active errors",
            "all of the following" if all_known else "those that can be known",
            BAD if row["active_errors"] else GOOD if all_known else "",
            "active_errors",
            opens=view.openers.of("active_errors", row),
        ),
        Kpi(
            number(row["failing_sites"]),
            "failing sites",
            needs("sites") if row["failing_sites"] is None else "",
            measure="failing_sites",
            opens=view.openers.of("failing_sites", row),
        ),
        Kpi(
            number(row["failed_outreaches"]),
            "failed outreach messages",
            needs("outreaches") if row["failed_outreaches"] is None else "",
            measure="failed_outreaches",
            opens=view.openers.of("failed_outreaches", row),
        ),
        Kpi(
            number(row["failed_jobs"]),
            "failing jobs",
            "latest finished run failed"
            if row["failed_jobs"] is not None
            else needs("cron_jobs", "cron_job_logs"),
            BAD if row["failed_jobs"] else "",
            "failing_jobs",
            opens=view.openers.of("failed_jobs", row),
        ),
    )


def error_groups(columns: Columns, view: View) -> Table:
    """Return the error groups of 30 days, the most frequent of the last 7 days first."""
    most = max(columns["errors_7d"], default=0)
    return Table(
        headings(
            ("Message", "message"),
            ("# 7 d", "errors_7d"),
            ("# 24 h", "errors_24h"),
            ("# 30 d", "errors_30d"),
            ("Source", "source"),
            ("Stage", "stage"),
            ("First seen", "first_seen"),
            ("Last seen", "last_seen"),
        ),
        tuple(
            (
                Cell(
                    row["message"],
                    note=row["example"] or "",
                    path=error_path(row["source"], row["stage"], row["message"]),
                ),
                counted_cell(view, row, "errors_7d", number(row["errors_7d"]), most=most),
                counted_cell(view, row, "errors_24h", number(row["errors_24h"])),
                counted_cell(view, row, "errors_30d", number(row["errors_30d"])),
                Cell(row["source"], badge=True),
                Cell(words(row["stage"])),
                opening(instant_cell(row["first_seen"], view), view, row, "first_seen"),
                opening(instant_cell(row["last_seen"], view), view, row, "last_seen"),
            )
            for row in rows_of(columns)
        ),
        "no errors in the last 30 days",
        remark="Counts of sites and outreach messages are rows touched; only job runs have a first seen.",
        order=Order("7 d", descending=True),
    )


def error_breakdown(columns: Columns, view: View) -> Table:
    """Return the largest groups of errors."""
    most = max(columns["errors"], default=0)
    return Table(
        headings(
            ("Message", "message"),
            ("# Errors", "errors"),
            ("Source", "source"),
            ("Stage", "stage"),
            ("Last seen", "last_seen"),
        ),
        tuple(
            (
                Cell(row["message"] or NOTHING, path=error_path(row["source"], row["stage"], row["message"])),
                counted_cell(view, row, "errors", number(row["errors"]), most=most),
                Cell(row["source"] or NOTHING, badge=True),
                Cell(words(row["stage"])),
                opening(instant_cell(row["last_seen"], view), view, row, "last_seen"),
            )
            for row in rows_of(columns)
        ),
        "no errors",
        order=Order("Errors", descending=True),
    )
