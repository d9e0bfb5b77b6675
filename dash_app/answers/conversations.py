"""The answers of the Conversations page's cards."""

from __future__ import annotations

from dash_app.answers.phrases import against, amount, of_noun, sentence, share, total
from dash_app.answers.windows import before, nothing, period_before, span
from dash_app.figures.style import Columns, View


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
    row = {name: values[0] for name, values in columns.items()} if columns["inbound"] else {}
    inbound = row.get("inbound") or 0
    if not inbound:
        return nothing("No message received yet", "", view, "inbound rows of conversations")
    return sentence(
        f"{of_noun(inbound, 'message')} received",
        f"{share(row['positive'], inbound)} positive, {share(row['negative'], inbound)} negative",
        f"{amount(row['unclassified'])} unclassified" if row["unclassified"] else "",
    )
