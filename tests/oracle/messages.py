"""Owns what makes an outreach sent, delivered or replied to, and a message inbound or positive."""

from __future__ import annotations

from collections.abc import Iterable

from .source import Conversation, Outreach

SENT_STATUSES = ("sent", "delivered", "bounced")


def is_sent(outreach: Outreach) -> bool:
    """By its status or a readable sent_at, be that later than now: no window is asked for."""
    return outreach.status in SENT_STATUSES or outreach.sent_at is not None


def is_delivered(outreach: Outreach) -> bool:
    """By its status or a readable delivered_at; it need not be sent."""
    return outreach.status == "delivered" or outreach.delivered_at is not None


def is_inbound(message: Conversation) -> bool:
    return message.direction == "inbound"


def is_positive(message: Conversation) -> bool:
    """Inbound and of positive sentiment."""
    return is_inbound(message) and message.sentiment == "positive"


def outreach_ids(messages: Iterable[Conversation]) -> set[int | float]:
    """The outreaches these messages belong to; messages without a readable outreach_id belong to none."""
    return {message.outreach_id for message in messages if message.outreach_id is not None}
