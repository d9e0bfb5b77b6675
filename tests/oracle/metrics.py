"""Owns the expected metrics of sites, outreaches, conversations and language model usage.

Every function gives the columns of one dataset, computed row by row from the source in the plainest way.
Texts sort by code point, None after all texts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from .clock import Clock
from .messages import is_delivered, is_inbound, is_positive, is_sent, outreach_ids
from .results import Columns, columns, nulls_last, ratio
from .source import Conversation, LlmUsage, Outreach, Site, SiteStatus, Source
from .sums import median, total

STAGES = (
    "found",
    "assets_captured",
    "scored",
    "rescored",
    "enriched",
    "proposals_drafted",
    "outreach_partial",
    "outreach_sent",
)
SENTIMENTS = ("positive", "neutral", "objection", "negative")
DAY = timedelta(hours=24)


def _step_rates(counts: Sequence[int]) -> list[float | None]:
    """Each count over the one before it; None for the first and over 0."""
    return [None, *(ratio(count, previous) for previous, count in pairwise(counts))]


def pipeline_funnel(source: Source, clock: Clock) -> Columns:
    """Sites by their stage of now; `reached` adds up the stage and all later ones."""
    in_status = Counter(site.status for site in source.rows(Site))
    sites = [in_status[stage] for stage in STAGES]
    reached = [sum(sites[at:]) for at in range(len(STAGES))]
    rows = zip(STAGES, sites, reached, _step_rates(reached), strict=True)
    return columns(("stage", "sites", "reached", "step_rate"), rows)


def outreach_funnel(source: Source, clock: Clock) -> Columns:
    """All outreaches by how far they came; each stage is counted by itself, whatever the one before it.

    A status that is missing or unreadable is other than `pending`: such an outreach counts as approved.
    """
    outreaches = source.rows(Outreach)
    answered = outreach_ids(filter(is_inbound, source.rows(Conversation)))
    counts = {
        "proposed": len(outreaches),
        "approved": sum(o.status != "pending" for o in outreaches),
        "sent": sum(is_sent(o) for o in outreaches),
        "delivered": sum(is_delivered(o) for o in outreaches),
        "replied": sum(is_sent(o) and o.id in answered for o in outreaches),
    }
    rows = zip(counts, counts.values(), _step_rates(list(counts.values())), strict=True)
    return columns(("stage", "outreaches", "step_rate"), rows)


def response_rates(source: Source, clock: Clock) -> Columns:
    """One row per contact method that any outreach has, sent or not; outreaches without one are a row too."""
    messages = source.rows(Conversation)
    answered = outreach_ids(filter(is_inbound, messages))
    liked = outreach_ids(filter(is_positive, messages))
    groups: dict[str | None, list[Outreach]] = defaultdict(list)
    for outreach in source.rows(Outreach):
        groups[outreach.contact_method].append(outreach)
    rows = []
    for channel, outreaches in groups.items():
        sent = [o for o in outreaches if is_sent(o)]
        delivered = sum(is_delivered(o) for o in sent)
        replied = sum(o.id in answered for o in sent)
        positive = sum(o.id in liked for o in sent)
        rates = ratio(replied, len(sent)), ratio(positive, len(sent))
        rows.append((channel, len(sent), delivered, replied, rates[0], positive, rates[1]))
    rows.sort(key=lambda row: (-row[1], nulls_last(row[0])))
    names = ("channel", "sent", "delivered", "replied", "response_rate", "positive", "positive_rate")
    return columns(names, rows)


def llm_usage_by_stage(source: Source, clock: Clock) -> Columns:
    """Calls of the last 30 days; the cost per call divides by all of them, of readable cost or not."""
    groups: dict[str | None, list[LlmUsage]] = defaultdict(list)
    for call in source.rows(LlmUsage):
        if clock.in_days(call.created_at, 30):
            groups[call.stage].append(call)
    rows = []
    for stage, calls in groups.items():
        prompt = total(call.prompt_tokens for call in calls)
        completion = total(call.completion_tokens for call in calls)
        cost = total(call.estimated_cost for call in calls)
        rows.append((stage, len(calls), prompt, completion, cost, cost / len(calls)))
    rows.sort(key=lambda row: (-row[4], nulls_last(row[0])))
    names = ("stage", "calls", "prompt_tokens", "completion_tokens", "cost_usd", "cost_per_call_usd")
    return columns(names, rows)


def daily_throughput(source: Source, clock: Clock) -> Columns:
    """Entries into each stage, in the last 24 hours and in the 24 before them; every row is an entry."""
    last: Counter[str | None] = Counter()
    previous: Counter[str | None] = Counter()
    for entry in source.rows(SiteStatus):
        last[entry.status] += clock.in_last(entry.created_at, DAY)
        previous[entry.status] += clock.in_last(entry.created_at, DAY, before=DAY)
    rows = []
    for stage in STAGES:
        growth = ratio(last[stage], previous[stage])
        rows.append((stage, last[stage], previous[stage], None if growth is None else growth - 1))
    return columns(("stage", "last_24h", "previous_24h", "change"), rows)


def conversation_stats(source: Source, clock: Clock) -> Columns:
    """Messages of all time; `conversations` are the outreaches that exist and have a message.

    A reply is the first inbound message later than the outreach's sent_at by a second or more, and not
    later than now.
    """
    messages = source.rows(Conversation)
    outreaches = source.rows(Outreach)
    inbound = [message for message in messages if is_inbound(message)]
    sentiments = Counter(m.sentiment if m.sentiment in SENTIMENTS else "unclassified" for m in inbound)
    with_message = outreach_ids(messages)

    received: dict[int | float, list[datetime]] = defaultdict(list)
    for message in inbound:
        if clock.is_past(message.received_at) and message.outreach_id is not None:
            received[message.outreach_id].append(message.received_at)
    reply_minutes = []
    for outreach in outreaches:
        if outreach.sent_at is None or outreach.id is None:
            continue
        after = [moment for moment in received.get(outreach.id, ()) if moment > outreach.sent_at]
        if after:
            reply_minutes.append((min(after) - outreach.sent_at).total_seconds() / 60)

    row = {
        "conversations": sum(outreach.id in with_message for outreach in outreaches),
        "inbound": len(inbound),
        "outbound": sum(message.direction == "outbound" for message in messages),
        "unread": sum(message.read_at.kind == "null" for message in inbound),
        **{name: sentiments[name] for name in (*SENTIMENTS, "unclassified")},
        "inbound_24h": sum(clock.in_last(message.received_at, DAY) for message in inbound),
        "median_reply_minutes": median(reply_minutes),
    }
    return columns(list(row), [list(row.values())])


def sites_by_country(source: Source, clock: Clock) -> Columns:
    """Sites by country and stage of now; those without a readable country are a row too."""
    groups: dict[str | None, Counter[str | None]] = defaultdict(Counter)
    for site in source.rows(Site):
        groups[site.country_code][site.status] += 1
    rows = []
    for country in sorted(groups, key=lambda name: (-groups[name].total(), nulls_last(name))):
        stages = groups[country]
        in_pipeline = sum(stages[stage] for stage in STAGES)
        ends = (stages[stage] for stage in ("outreach_sent", "excluded", "failing"))
        rows.append((country, stages.total(), in_pipeline, *ends))
    names = ("country", "sites", "in_pipeline", "outreach_sent", "excluded", "failing")
    return columns(names, rows)


def excluded_sites_count(source: Source, clock: Clock) -> Columns:
    """Sites whose status is `excluded`."""
    count = sum(site.status == "excluded" for site in source.rows(Site))
    return columns(("excluded_sites",), [(count,)])
