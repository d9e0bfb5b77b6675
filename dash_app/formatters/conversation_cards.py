"""The KPIs of the Conversations page."""

from __future__ import annotations

from typing import Any

from dash_app.figures.style import View, row_at
from dash_app.formatters.ages import age_of_wait
from dash_app.formatters.comparison import per
from dash_app.formatters.formats import (
    NOTHING,
    minutes,
    number,
    percent,
)
from dash_app.formatters.kpi import Kpi
from dash_app.formatters.tones import GOOD, WARN
from engine.model.values.payload import Columns


def waiting_replies(columns: Columns, view: View) -> tuple[Kpi, ...]:
    """Return the conversations that wait for an answer, the longest wait, and the time to answer."""
    row = row_at(columns, 0)
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
    since = age_of_wait(hours, view.as_of)
    return Kpi(since.text(view.as_of), label, value_age=since, opens=view.openers.of(column, row))


def conversation_totals(columns: Columns, view: View) -> tuple[Kpi, ...]:
    """Return the number of conversations and messages, and the time to reply."""
    row = row_at(columns, 0)
    return (
        Kpi(
            number(row["conversations"]),
            "conversations",
            f"{number(row['outbound'])} messages out",
            opens=view.openers.of("conversations", row),
        ),
        Kpi(
            number(row["inbound"]),
            "inbound messages",
            measure="inbound_messages",
            opens=view.openers.of("inbound", row),
        ),
        unread_messages(columns, view)[0],
        Kpi(
            number(row["positive"]),
            "positive",
            f"{percent(per(row['positive'], row['inbound']))} of inbound messages",
            opens=view.openers.of("positive", row),
        ),
        Kpi(
            minutes(row["median_reply_minutes"]),
            "median time to reply",
            "from sending to the first reply",
            opens=view.openers.of("median_reply_minutes", row),
        ),
    )


def unread_messages(columns: Columns, view: View) -> tuple[Kpi, ...]:
    """Return the number of unread inbound messages."""
    unread, inbound = columns["unread"][0], columns["inbound"][0]
    tone = WARN if unread else GOOD
    opens = view.openers.of("unread", row_at(columns, 0))
    hint = f"of {number(inbound)} inbound messages"
    return (Kpi(number(unread), "unread", hint, tone, "unread", opens=opens),)
