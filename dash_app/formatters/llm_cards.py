"""The KPIs of the LLM page, and its table of cost by stage."""

from __future__ import annotations

from collections.abc import Sequence

from dash_app.figures.style import View, row_at
from dash_app.figures.timeaxis import day_label, is_running_day
from dash_app.formatters.comparison import against, late_start, per
from dash_app.formatters.formats import compact, money, number, words
from dash_app.formatters.kpi import Kpi
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
from dash_app.formatters.unknown import is_unknown, needs
from engine.model.text.in_words import counted
from engine.model.values.payload import Columns


def cost_totals(columns: Columns, view: View) -> tuple[Kpi, ...]:
    """Return the LLM cost of the last day and of the period, beside the period before if it is compared."""
    cost, calls, tokens = columns["cost_usd"], sum(columns["calls"]), sum(columns["tokens"])
    period, before = view.over("30d"), _sums_before(view, "cost_usd", "calls", "tokens")
    when, prior = view.within("30d", by_day=True), period.prior_of(by_day=True)
    last = columns["day"][-1]
    is_today = is_running_day(last, view)
    return (
        Kpi(
            money(cost[-1]),
            "LLM cost today so far" if is_today else f"LLM cost on {day_label(last)}",
            counted(columns["calls"][-1], "call"),
            measure="llm_cost_usd_today" if is_today else "",
            opens=view.openers.of("cost_usd", row_at(columns, -1)),
        ),
        Kpi(
            money(sum(cost)),
            f"LLM cost {when}",
            against(sum(cost), before["cost_usd"], money, prior) + _since(view, "calls")
            or _daily_mean(columns, view),
            measure=f"llm_cost_usd_{period.range}",
            opens=view.openers.total("cost_usd"),
        ),
        Kpi(
            compact(calls),
            f"LLM calls {when}",
            against(calls, before["calls"], compact, prior)
            or (f"{money(sum(cost) / calls)} each" if calls else ""),
            measure=f"llm_calls_{period.range}",
            opens=view.openers.total("calls"),
        ),
        Kpi(
            compact(tokens),
            f"tokens {when}",
            against(tokens, before["tokens"], compact, prior)
            or (f"{compact(tokens / calls)} a call" if calls else ""),
            opens=view.openers.total("tokens"),
        ),
    )


def _sums_before(view: View, *names: str) -> dict[str, float | None]:
    """Return the sums of columns over the period before; None for each if that is not compared."""
    return {name: None if view.previous is None else _known_sum(view.previous[name]) for name in names}


def _known_sum(values: Sequence[float | None]) -> float | None:
    """Return the sum of a column; None if the source lacks its table."""
    return None if is_unknown(values) else sum(value for value in values if value is not None)


def _since(view: View, *numbers: str) -> str:
    """Return since when the period before has numbers, if that is not from its start; else the empty text."""
    start = None if view.previous is None else late_start(view.previous, numbers)
    return "" if start is None else f", none before {day_label(start)}"


def _daily_mean(columns: Columns, view: View) -> str:
    """Return the mean cost of finished days, from the first day with a call."""
    finished = len(columns["day"]) - is_running_day(columns["day"][-1], view)
    calls, cost = columns["calls"][:finished], columns["cost_usd"][:finished]
    first = next((row for row, count in enumerate(calls) if count), None)
    if first is None:
        return ""
    return f"{money(sum(cost[first:]) / len(cost[first:]))} a finished day"


def unit_costs(columns: Columns, view: View) -> tuple[Kpi, ...]:
    """Return the cost of a message, a reply and a positive reply, beside the period before if compared."""
    nouns = {
        "outreaches_sent": ("per outreach message sent", "sent", "outreaches"),
        "replies": ("per reply", "replies", "conversations"),
        "positive_replies": ("per positive reply", "positive", "conversations"),
    }
    cost, prior = sum(columns["cost_usd"]), view.over("30d").prior_of(by_day=True)
    before = _sums_before(view, "cost_usd", *nouns)
    found = []
    for name, (label, noun, table) in nouns.items():
        count = _known_sum(columns[name])
        each, each_before = per(cost, count), per(before["cost_usd"], before[name])
        hint = against(each, each_before, money, prior) if count else ""
        found.append(
            Kpi(
                money(each),
                label,
                needs(table)
                if count is None
                else (hint and hint + _since(view, *nouns)) or f"{number(count)} {noun}",
                opens=view.openers.total("cost_usd") if count is not None else "",
            )
        )
    return tuple(found)


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
