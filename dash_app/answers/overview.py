"""The answers of the Overview's cards."""

from __future__ import annotations

from dash_app.answers.phrases import against, highest, of_noun, sentence, total
from dash_app.answers.windows import before, moment, nothing, period_before, span
from dash_app.figures.style import Columns, View
from dash_app.formatters.formats import change, money

_MEASURES = {
    "sites_found": "sites found",
    "outreaches_sent": "messages sent",
    "replies": "replies",
    "positive_replies": "positive replies",
    "llm_cost_usd": "LLM cost",
    "failed_requests": "failed requests",
    "failed_runs": "failed job runs",
}


def key_figures(columns: Columns, view: View) -> str:
    """Return which of the figures of 24 hours rose and fell most against the 24 hours before."""
    changes = {
        _MEASURES[measure]: fraction
        for measure, hours, fraction in zip(
            columns["measure"], columns["window_hours"], columns["change"], strict=True
        )
        if hours == 24 and measure in _MEASURES and fraction is not None
    }
    if not changes:
        return ""
    up, down = max(changes, key=lambda name: changes[name]), min(changes, key=lambda name: changes[name])
    parts = [
        f"{name} {way} most ({change(changes[name])})"
        for name, way, holds in (
            (up, "rose", changes[up] >= 0.005),
            (down, "fell", changes[down] <= -0.005),
        )
        if holds
    ]
    if not parts:
        return "All within 1% of the prior 24 h"
    return sentence(f"{', '.join(parts)}, against the prior 24 h")


def hourly_throughput(columns: Columns, view: View) -> str:
    """Return what was sent and came back, and the hour in which most sites moved."""
    sent, replies = total(columns["outreaches_sent"]), total(columns["replies"])
    when = span(view, "48h")
    if not (sent or replies or total(columns["sites"])):
        return nothing(
            "Nothing moved, was sent or came back",
            when,
            view,
            "rows of site_status, outreaches, conversations",
        )
    busiest = highest(columns["hour"], columns["sites"])
    return sentence(
        f"{of_noun(sent, 'message')} sent {when}"
        + against(sent, before(view, "outreaches_sent"), period_before(view, "48h")),
        of_noun(replies, "reply", "replies"),
        f"most sites moved on {moment(busiest[0], view)}, {of_noun(busiest[1], 'site')}" if busiest else "",
    )


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
    return sentence(f"{money(cost)} {when}{difference}", ", ".join(each) or "nothing sent, no reply")
