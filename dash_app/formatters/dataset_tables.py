"""The tables of replies by channel, of the cost of models by stage, and of the largest groups of errors."""

from __future__ import annotations

from dash_app.figures.style import View
from dash_app.formatters.formats import NOTHING, compact, money, number, percent, words
from dash_app.formatters.tables import (
    Cell,
    Order,
    Table,
    change_cells,
    change_heading,
    counted_cell,
    headings,
    instant_cell,
    opening,
    rows_of,
)
from dash_app.things.addresses import error_path
from engine.model.values.payload import Columns


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


def llm_usage_by_stage(columns: Columns, view: View) -> Table:
    """Return LLM cost and calls by stage."""
    most = max(columns["cost_usd"], default=0)
    return Table(
        (
            *headings(("Stage", "stage"), ("# Cost", "cost_usd")),
            *change_heading(view),
            *headings(
                ("# Calls", "calls"),
                ("# Per call", "cost_per_call_usd"),
                ("# Prompt tokens", "prompt_tokens"),
                ("# Completion tokens", "completion_tokens"),
            ),
        ),
        tuple(
            (
                Cell(words(row["stage"])),
                counted_cell(view, row, "cost_usd", money(row["cost_usd"]), most=most),
                *changed,
                counted_cell(view, row, "calls", number(row["calls"])),
                counted_cell(view, row, "cost_per_call_usd", money(row["cost_per_call_usd"])),
                counted_cell(view, row, "prompt_tokens", compact(row["prompt_tokens"])),
                counted_cell(view, row, "completion_tokens", compact(row["completion_tokens"])),
            )
            for row, changed in zip(
                rows_of(columns), change_cells(columns, view, ["stage"], "cost_usd"), strict=True
            )
        ),
        f"no LLM calls {view.over('30d').phrase}",
        order=Order("Cost", descending=True),
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
