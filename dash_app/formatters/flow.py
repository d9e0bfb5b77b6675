"""Sites in stages, messages by channel, waiting replies and groups of errors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dash_app.figures.style import View
from dash_app.formatters.ages import Age
from dash_app.formatters.comparison import per
from dash_app.formatters.formats import NOTHING, duration, minutes, number, percent, words
from dash_app.formatters.kpi import Kpi
from dash_app.formatters.stages import lacking
from dash_app.formatters.tables import (
    NO_VALUE,
    Cell,
    Order,
    Table,
    aged_cell,
    change_cells,
    change_heading,
    counted_cell,
    headings,
    instant_cell,
    opening,
    rows_of,
)
from dash_app.formatters.tones import BAD, GOOD, WARN
from dash_app.things.addresses import error_path
from engine.attention.pipeline import BOUNCE_RATE
from engine.model.values.payload import Columns

POOR_BOUNCE_RATE = 0.02


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
        counted_cell(view, row, "median_wait_hours", _hours(row["median_wait_hours"])),
        opening(_waiting_cell(row["oldest_wait_hours"], view), view, row, "oldest_wait_hours"),
        counted_cell(view, row, "days_to_clear", number(row["days_to_clear"], 1)),
    )


def _hours(hours: float | None) -> str:
    return NOTHING if hours is None else duration(hours * 3600)


def _waiting_cell(hours: float | None, view: View) -> Cell:
    """Return a cell with the age of a wait, which sorts by its length."""
    if hours is None:
        return Cell(NOTHING, NO_VALUE)
    since = _since(hours, view)
    cell = aged_cell(since, view)
    return Cell(cell.text, hours, note=cell.note, age=since)


def _since(hours: float, view: View) -> Age:
    return Age(view.as_of - timedelta(seconds=round(hours * 3600)), is_span=True)


def delivery_by_channel(columns: Columns, view: View) -> Table:
    """Return sent, delivered and bounced messages by channel."""
    return Table(
        (
            *headings(("Channel", "channel"), ("# Sent", "sent")),
            *change_heading(view),
            *headings(
                ("# Confirmed", "confirmed"),
                ("# Bounced", "bounced"),
                ("# Failed", "failed"),
                ("# Unconfirmed", "unconfirmed"),
                ("# Bounced, of sent", "bounce_rate"),
            ),
        ),
        tuple(
            (
                Cell(words(row["channel"])),
                counted_cell(view, row, "sent", number(row["sent"]), most=max(columns["sent"])),
                *changed,
                counted_cell(view, row, "confirmed", number(row["confirmed"])),
                counted_cell(view, row, "bounced", number(row["bounced"])),
                counted_cell(view, row, "failed", number(row["failed"])),
                counted_cell(view, row, "unconfirmed", number(row["unconfirmed"])),
                counted_cell(
                    view,
                    row,
                    "bounce_rate",
                    percent(row["bounce_rate"]),
                    tone=_bounce_tone(row["bounce_rate"]),
                ),
            )
            for row, changed in zip(
                rows_of(columns), change_cells(columns, view, ["channel"], "sent"), strict=True
            )
        ),
        f"nothing sent {view.over('30d').phrase}",
        main="Bounced, of sent",
        order=Order("Bounced, of sent", descending=True),
    )


def _bounce_tone(rate: float | None) -> str:
    if rate is None or rate < POOR_BOUNCE_RATE:
        return ""
    return WARN if rate < BOUNCE_RATE else BAD


def waiting_replies(columns: Columns, view: View) -> tuple[Kpi, ...]:
    """Return the conversations that wait for an answer, the longest wait, and the time to answer."""
    row = {name: values[0] for name, values in columns.items()}
    received, answered = row["received_30d"], row["answered_30d"]
    return (
        Kpi(
            number(row["waiting"]),
            "waiting for an answer",
            f"{number(row['waiting_positive'])} of them positive",
            WARN if row["waiting_positive"] else "" if row["waiting"] else GOOD,
            "waiting_replies",
            opens=view.openers.of("waiting", row),
        ),
        _oldest(row, "oldest_hours", "oldest waits", view),
        _oldest(row, "oldest_positive_hours", "oldest positive waits", view),
        Kpi(
            percent(per(answered, received)),
            "answered, of 30 d",
            f"{number(answered)} of {number(received)} replies",
            opens=view.openers.of("answered_30d", row),
        ),
        Kpi(
            minutes(row["median_answer_minutes"]),
            "median time to answer",
            "of those answered in 30 d",
            opens=view.openers.of("median_answer_minutes", row),
        ),
    )


def _oldest(row: dict[str, Any], column: str, label: str, view: View) -> Kpi:
    hours = row[column]
    if hours is None:
        return Kpi(NOTHING, label, "none waits")
    since = _since(hours, view)
    return Kpi(since.text(view.as_of), label, value_age=since, opens=view.openers.of(column, row))


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
