"""The answers of the Overview's cards."""

from __future__ import annotations

from dash_app.answers.phrases import against, amount, highest, name_of, of_noun, sentence, total
from dash_app.answers.windows import hour_of, nothing, period_before, span
from dash_app.figures.style import View
from dash_app.figures.timeaxis import running_hour
from dash_app.formatters.formats import money, number
from dash_app.formatters.unknown import is_unknown
from engine.model.values.payload import Columns


def stages(columns: Columns, view: View) -> str:
    """Return the entries of 24 hours against the 24 before, and the stage that takes longest to clear."""
    entries, earlier = total(columns["entered_24h"]), total(columns["entered_previous_24h"])
    if is_unknown(columns["entered_24h"]):
        return sentence(f"{of_noun(total(columns['sites']), 'site')} in the stages")
    if not (entries or earlier or total(columns["sites"])):
        return nothing("No site is in a stage", "", view, "sites with a known status")
    slow = highest(columns["stage"], columns["days_to_clear"])
    slowest = ""
    if slow:
        slowest = f"{name_of(slow[0], as_words=True)} takes longest to clear, {number(slow[1], 1)} days"
    entered = f"{of_noun(entries, 'entry', 'entries')} in 24 h"
    return sentence(entered + against(entries, earlier, "the prior 24 h"), slowest)


def hourly_throughput(columns: Columns, view: View) -> str:
    """Return the sites that moved in the last full hour, beside what is usual, and what went out and in."""
    sent, replies = total(columns["outreaches_sent"]), total(columns["replies"])
    when = span(view, "48h")
    if not (sent or replies or total(columns["sites"])):
        return nothing(
            "Nothing moved, was sent or came back",
            when,
            view,
            "rows of site_status, outreaches, conversations",
        )
    counts = [
        said
        for name, said in (
            ("outreaches_sent", f"{of_noun(sent, 'message')} sent"),
            ("replies", of_noun(replies, "reply", "replies")),
        )
        if not is_unknown(columns[name])
    ]
    return sentence(_last_hour(columns, view), *(f"{said} {when}" for said in counts[:1]), *counts[1:])


def _last_hour(columns: Columns, view: View) -> str:
    """Return the sites of the last hour that is over, by its name; empty if the window ended longer ago."""
    running = running_hour(view)
    if is_unknown(columns["sites"]) or running not in columns["hour"] or columns["hour"].index(running) == 0:
        return ""
    place = columns["hour"].index(running) - 1
    said = f"{of_noun(columns['sites'][place], 'site')} moved from {hour_of(columns['hour'][place], view)}"
    usual = _usual(columns["hour"][place], view)
    return said + (f", usually {usual}" if usual else "")


def _usual(hour: str, view: View) -> str:
    """Return what is usual of an hour: ``7 to 15``, ``7`` or ``none``; empty if it is not known."""
    beside = view.beside
    if beside is None or hour not in beside["hour"]:
        return ""
    place = beside["hour"].index(hour)
    low, high = beside["sites_q25"][place], beside["sites_q75"][place]
    if low is None:
        return ""
    return f"{amount(low)} to {amount(high)}" if low < high else amount(low) if low else "none"


def model_costs(columns: Columns, view: View) -> str:
    """Return the cost of all models against the period before, and the model whose cost changed most."""
    costs, befores = columns["cost_usd"], columns["previous_cost_usd"]
    when, prior = span(view, "7d"), period_before(view, "7d")
    if not columns["model"]:
        return nothing("No model was called", when, view, "calls in llm_usage")
    cost = total(costs)
    if not all(columns["has_history"]):
        return sentence(f"{money(cost)} {when}", "history too short to compare")
    changes = [(cost or 0) - (before or 0) for cost, before in zip(costs, befores, strict=True)]
    most = highest(columns["model"], [abs(each) for each in changes])
    moved = ""
    if most and len(costs) > 1:
        difference = changes[columns["model"].index(most[0])]
        way = "more" if difference > 0 else "less"
        moved = f"{name_of(most[0])} changed most, {money(abs(difference))} {way}"
    return sentence(
        f"{money(cost)} {when}" + against(cost, total(befores), prior, fewer="less", shown=money), moved
    )
