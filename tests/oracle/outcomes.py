"""Owns the expected datasets about what came of what was sent: delivery, replies, answers, cost."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta

from .clock import Clock
from .messages import is_delivered, is_inbound, is_positive, is_sent, outreach_ids
from .results import Columns, columns, nulls_last
from .source import Conversation, LlmUsage, Number, Outreach, Site, Source
from .sums import quantile, total

REPLY_SPAN = timedelta(hours=168)
ANSWER_SPAN = timedelta(hours=720)
OUTCOMES = ("positive", "replied", "excluded", "failing", "outreach_sent", "in_pipeline", "no_site")


def delivery_by_channel_30d(source: Source, clock: Clock) -> Columns:
    """Outreaches sent in 30 days by what became of them.

    One that is delivered by its delivered_at and yet bounced or failed is that.
    """
    groups: dict[str | None, list[Outreach]] = defaultdict(list)
    for outreach in source.rows(Outreach):
        if clock.in_days(outreach.sent_at, 30):
            groups[outreach.contact_method].append(outreach)
    rows: list[tuple[str | None, int, int, int, int, int, float]] = []
    for channel, outreaches in groups.items():
        fates: Counter[str] = Counter()
        for outreach in outreaches:
            if outreach.status in ("bounced", "failed"):
                fates[outreach.status] += 1
            elif is_delivered(outreach):
                fates["confirmed"] += 1
            else:
                fates["unconfirmed"] += 1
        sent = len(outreaches)
        rows.append(
            (
                channel,
                sent,
                fates["confirmed"],
                fates["bounced"],
                fates["failed"],
                fates["unconfirmed"],
                fates["bounced"] / sent,
            )
        )
    rows.sort(key=lambda row: (-row[1], nulls_last(row[0])))
    names = ("channel", "sent", "confirmed", "bounced", "failed", "unconfirmed", "bounce_rate")
    return columns(names, rows)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _midnight(day: date, clock: Clock) -> datetime:
    """The instant at which a local day begins; if its midnight is skipped, the instant of the skip."""
    return datetime(day.year, day.month, day.day, tzinfo=clock.zone).astimezone(UTC)


def reply_cohorts_8w(source: Source, clock: Clock) -> Columns:
    """Outreaches by the local week they were sent in, and those of them that got a reply in 168 hours."""
    messages = [message for message in source.rows(Conversation) if is_inbound(message)]
    first, last = clock.weeks_since(7)
    groups: dict[tuple[date, str | None], list[Outreach]] = defaultdict(list)
    for outreach in source.rows(Outreach):
        if outreach.sent_at is not None and first <= outreach.sent_at <= last:
            week = _monday(clock.day_of(outreach.sent_at))
            groups[week, outreach.contact_method].append(outreach)
    rows = []
    for week, channel in sorted(groups, key=lambda group: (group[0], nulls_last(group[1]))):
        outreaches = groups[week, channel]
        replied = positive = 0
        for outreach in outreaches:
            answers = [m for m in messages if _answers(m, outreach, clock)]
            replied += bool(answers)
            positive += any(is_positive(message) for message in answers)
        mature = _midnight(week + timedelta(days=7), clock) + REPLY_SPAN <= clock.now
        rate = replied / len(outreaches) if mature else None
        rows.append((week.isoformat(), channel, len(outreaches), replied, positive, mature, rate))
    names = ("week", "channel", "sent", "replied_7d", "positive_7d", "mature", "reply_rate")
    return columns(names, rows)


def _answers(message: Conversation, outreach: Outreach, clock: Clock) -> bool:
    if outreach.id is None or message.outreach_id != outreach.id or outreach.sent_at is None:
        return False
    if not clock.is_past(message.received_at):
        return False
    return outreach.sent_at < message.received_at <= outreach.sent_at + REPLY_SPAN


def waiting_replies(source: Source, clock: Clock) -> Columns:
    """Whose turn it is in each conversation, and how long answers take.

    A message without a readable stamp, or with one later than now, is no newest one, received or answer.
    """
    known = {outreach.id for outreach in source.rows(Outreach) if outreach.id is not None}
    threads: dict[Number, list[Conversation]] = defaultdict(list)
    for message in source.rows(Conversation):
        if message.direction not in ("inbound", "outbound"):
            continue
        if message.outreach_id is None or message.outreach_id not in known:
            continue
        if clock.is_past(message.received_at):
            threads[message.outreach_id].append(message)
    waiting_hours = []
    positive_hours = []
    received = 0
    answer_minutes = []
    for thread in threads.values():
        thread.sort(key=lambda message: (message.received_at, message.id))
        newest = thread[-1]
        if is_inbound(newest) and newest.sentiment != "negative":
            assert newest.received_at is not None
            hours = (clock.now - newest.received_at).total_seconds() / 3600
            waiting_hours.append(hours)
            if newest.sentiment == "positive":
                positive_hours.append(hours)
        for place, message in enumerate(thread):
            if is_inbound(message) and clock.in_last(message.received_at, ANSWER_SPAN):
                received += 1
                answer = next((later for later in thread[place + 1 :] if not is_inbound(later)), None)
                if answer is not None:
                    assert answer.received_at is not None and message.received_at is not None
                    answer_minutes.append((answer.received_at - message.received_at).total_seconds() / 60)
    row = {
        "waiting": len(waiting_hours),
        "waiting_positive": len(positive_hours),
        "oldest_hours": max(waiting_hours, default=None),
        "oldest_positive_hours": max(positive_hours, default=None),
        "received_30d": received,
        "answered_30d": len(answer_minutes),
        "median_answer_minutes": quantile(answer_minutes, 1, 2),
    }
    return columns(list(row), [list(row.values())])


def cost_by_outcome_30d(source: Source, clock: Clock) -> Columns:
    """Calls of 30 days by what became of their site.

    A site that is not in `sites` is no site, whatever outreaches name it.
    """
    messages = source.rows(Conversation)
    answered = outreach_ids(filter(is_inbound, messages))
    liked = outreach_ids(filter(is_positive, messages))
    replied_sites = set()
    positive_sites = set()
    for outreach in source.rows(Outreach):
        if is_sent(outreach) and outreach.id in answered:
            replied_sites.add(outreach.site_id)
            if outreach.id in liked:
                positive_sites.add(outreach.site_id)
    status_of = {site.id: site.status for site in source.rows(Site) if site.id is not None}
    calls: dict[str, list[LlmUsage]] = {outcome: [] for outcome in OUTCOMES}
    for call in source.rows(LlmUsage):
        if not clock.in_days(call.created_at, 30):
            continue
        if call.site_id is None or call.site_id not in status_of:
            outcome = "no_site"
        elif call.site_id in positive_sites:
            outcome = "positive"
        elif call.site_id in replied_sites:
            outcome = "replied"
        else:
            status = status_of[call.site_id]
            outcome = status if status in ("excluded", "failing", "outreach_sent") else "in_pipeline"
        calls[outcome].append(call)
    rows = []
    for outcome, own in calls.items():
        sites = 0 if outcome == "no_site" else len({call.site_id for call in own})
        rows.append((outcome, sites, len(own), total(call.estimated_cost for call in own)))
    return columns(("outcome", "sites", "calls", "cost_usd"), rows)
