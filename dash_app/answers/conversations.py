"""The answers of the Conversations page's cards."""

from __future__ import annotations

from datetime import timedelta

from dash_app.answers.page_values import PageAnswer, PageValues
from dash_app.answers.phrases import against, amount, of_noun, page_sentence, sentence, share, total, versus
from dash_app.answers.windows import (
    before,
    filtered,
    is_selected,
    moment_of,
    nothing,
    period_before,
    span,
)
from dash_app.figures.style import View, row_at
from dash_app.formatters.formats import minutes
from engine.model.values.payload import Columns

_WAITING, _DAILY = "waiting_replies", "conversations_daily_30d"


def conversations_daily(columns: Columns, view: View) -> str:
    """Return the messages in and out, and the share of positive ones."""
    inbound, outbound = total(columns["inbound"]), total(columns["outbound"])
    when = span(view, "30d", by_day=True)
    if not (inbound or outbound):
        return nothing("No message in or out", when, view, "rows of conversations")
    positive = share(total(columns["positive"]), inbound)
    change = against(inbound, before(view, "inbound"), period_before(view, "30d", by_day=True))
    return sentence(
        f"received {amount(inbound)} {when}{change}",
        f"sent {amount(outbound)}",
        f"{positive} of those received were positive" if positive else "",
    )


def sentiments(columns: Columns, view: View) -> str:
    """Return the shares of positive and negative messages among those received."""
    row = row_at(columns, 0) if columns["inbound"] else {}
    inbound = row.get("inbound") or 0
    if not inbound:
        return nothing("No message received yet", "", view, "inbound rows of conversations")
    return sentence(
        f"{of_noun(inbound, 'message')} received",
        f"{share(row['positive'], inbound)} positive, {share(row['negative'], inbound)} negative",
        f"{amount(row['unclassified'])} unclassified" if row["unclassified"] else "",
    )


def page(values: PageValues, view: View) -> str:
    """Return how many conversations wait for an answer, since when, and how fast answers are."""
    row = {name: cells[0] for name, cells in values[_WAITING].items()}
    waiting, positive, received = row["waiting"], row["waiting_positive"], row["received_30d"]
    if not (waiting or received):
        return nothing("Nobody waits for us; no reply", "in 30 days", view, "rows of conversations")
    if not waiting:
        head = "nobody waits for us"
    else:
        verb = "waits" if waiting == 1 else "wait"
        of_them = f", {amount(positive)} positive" if positive and waiting > 1 else ""
        kind = "positive conversation" if positive == waiting == 1 else "conversation"
        head = f"{of_noun(waiting, kind)} {verb} for us{of_them}"
    answered = f"{share(row['answered_30d'], received)} of 30 days' replies answered" if received else ""
    median = row["median_answer_minutes"]
    return page_sentence(
        f"{head}{_since(row['oldest_hours'], view, waiting)}",
        _received(values),
        f"{answered}, median {minutes(median)}" if answered and median is not None else answered,
    )


def _since(hours: float | None, view: View, waiting: float) -> str:
    # An instant, because an age would be wrong on a page that stays open.
    if hours is None:
        return ""
    since = moment_of(view.as_of - timedelta(hours=hours), view)
    return f", since {since}" if waiting == 1 else f", the oldest since {since}"


def _received(values: PageValues) -> str:
    """Return the messages received in the range that the page's address asks for; empty without one."""
    if _DAILY not in values or not is_selected(values.view(_DAILY)):
        return ""
    view = values.view(_DAILY)
    inbound, earlier = total(values[_DAILY]["inbound"]), before(view, "inbound")
    when, prior = span(view, "30d", by_day=True), period_before(view, "30d", by_day=True)
    return f"{amount(inbound)} received {when}{filtered(view)}{versus(inbound, earlier, prior)}"


PAGE = PageAnswer(page, (_WAITING,), (_DAILY,))
