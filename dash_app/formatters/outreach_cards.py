"""The tables of the Outreach page."""

from __future__ import annotations

from dash_app.figures.style import View
from dash_app.formatters.formats import (
    number,
    percent,
    words,
)
from dash_app.formatters.tables import (
    Cell,
    Order,
    Table,
    change_cells,
    change_heading,
    counted_cell,
    headings,
    rows_of,
)
from dash_app.formatters.tones import BAD, WARN
from engine.attention.pipeline import BOUNCE_RATE
from engine.model.values.payload import Columns

POOR_BOUNCE_RATE = 0.02
"""A channel's bounce rate is worth a look from here on; ``BOUNCE_RATE`` needs attention."""


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


def response_rates(columns: Columns, view: View) -> Table:
    """Return messages and replies by channel."""
    best = max((rate or 0 for rate in columns["response_rate"]), default=0)
    return Table(
        headings(
            ("Channel", "channel"),
            ("# Sent", "sent"),
            ("# Delivered", "delivered"),
            ("# Replied", "replied"),
            ("# Replied, of sent", "response_rate"),
            ("# Positive", "positive"),
            ("# Positive, of sent", "positive_rate"),
        ),
        tuple(
            (
                Cell(words(row["channel"])),
                counted_cell(view, row, "sent", number(row["sent"])),
                counted_cell(view, row, "delivered", number(row["delivered"])),
                counted_cell(view, row, "replied", number(row["replied"])),
                counted_cell(view, row, "response_rate", percent(row["response_rate"]), most=best),
                counted_cell(view, row, "positive", number(row["positive"])),
                counted_cell(view, row, "positive_rate", percent(row["positive_rate"])),
            )
            for row in rows_of(columns)
        ),
        "nothing sent yet",
        main="Replied, of sent",
        order=Order("Sent", descending=True),
    )
