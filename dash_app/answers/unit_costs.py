"""The answer of the card that shows what a message and a reply cost."""

from __future__ import annotations

from dash_app.answers.phrases import against, sentence, total
from dash_app.answers.windows import before, nothing, period_before, span
from dash_app.figures.style import View
from dash_app.formatters.formats import money
from dash_app.formatters.unknown import is_unknown
from engine.model.values.payload import Columns


def unit_economics(columns: Columns, view: View) -> str:
    """Return the cost of the window, and what a message and a reply cost."""
    cost, when = total(columns["cost_usd"]), span(view, "30d", by_day=True)
    sent, replies = total(columns["outreaches_sent"]), total(columns["replies"])
    if not (cost or sent or replies):
        return nothing(
            "No cost, message or reply", when, view, "rows of llm_usage, outreaches and conversations"
        )
    each = [
        f"{money(cost / count)} a {noun}" for count, noun in ((sent, "message"), (replies, "reply")) if count
    ]
    difference = against(
        cost, before(view, "cost_usd"), period_before(view, "30d", by_day=True), fewer="less"
    )
    none = [
        said
        for name, said in (("outreaches_sent", "nothing sent"), ("replies", "no reply"))
        if not is_unknown(columns[name])
    ]
    return sentence(f"{money(cost)} {when}{difference}", ", ".join(each or none))
