"""Owns the expected chart series by day and hour of sites, outreaches, messages and language model usage."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import TypeVar

from .clock import Clock
from .messages import is_inbound, is_positive
from .results import Columns, columns, instant_text, nulls_last
from .source import Conversation, LlmUsage, Outreach, SiteStatus, Source
from .sums import total

Row = TypeVar("Row")


def _by_day(
    rows: Iterable[Row], stamp: Callable[[Row], datetime | None], clock: Clock
) -> dict[date, list[Row]]:
    """The rows of each of the last 30 local days; a day without rows is an empty list."""
    days: dict[date, list[Row]] = {day: [] for day in clock.days(30)}
    for row in rows:
        moment = stamp(row)
        if moment is not None and clock.in_days(moment, 30):
            days[clock.day_of(moment)].append(row)
    return days


def _by_hour(
    rows: Iterable[Row], stamp: Callable[[Row], datetime | None], clock: Clock
) -> dict[datetime, list[Row]]:
    """The rows of each of the last 48 local hours; an hour without rows is an empty list."""
    hours: dict[datetime, list[Row]] = {hour: [] for hour in clock.hours(48)}
    for row in rows:
        moment = stamp(row)
        if moment is not None and clock.in_hours(moment, 48):
            hours[clock.hour_of(moment)].append(row)
    return hours


def hourly_status_breakdown_48h(source: Source, clock: Clock) -> Columns:
    """Entries by hour and status; entries without a readable status count under None, after the others."""
    rows = []
    for hour, entries in _by_hour(source.rows(SiteStatus), lambda entry: entry.created_at, clock).items():
        counts = Counter(entry.status for entry in entries)
        rows += [(instant_text(hour), status, counts[status]) for status in sorted(counts, key=nulls_last)]
    return columns(("hour", "status", "sites"), rows)


def hourly_throughput_48h(source: Source, clock: Clock) -> Columns:
    """Sites are distinct readable site_ids, known to `sites` or not; all inbound messages are replies."""
    entries = _by_hour(source.rows(SiteStatus), lambda entry: entry.created_at, clock)
    sent = _by_hour(source.rows(Outreach), lambda outreach: outreach.sent_at, clock)
    inbound = filter(is_inbound, source.rows(Conversation))
    replies = _by_hour(inbound, lambda message: message.received_at, clock)
    rows = []
    for hour in clock.hours(48):
        sites = {entry.site_id for entry in entries[hour] if entry.site_id is not None}
        rows.append((instant_text(hour), len(sites), len(sent[hour]), len(replies[hour])))
    return columns(("hour", "sites", "outreaches_sent", "replies"), rows)


def _tokens(calls: Iterable[LlmUsage]) -> int | float:
    """Each column summed by itself: a call with one unreadable count still adds the other."""
    listed = list(calls)
    return total([call.prompt_tokens for call in listed] + [call.completion_tokens for call in listed])


def _cost_usd(calls: Iterable[LlmUsage]) -> int | float:
    return total(call.estimated_cost for call in calls)


def _calls_by_day(source: Source, clock: Clock) -> dict[date, list[LlmUsage]]:
    return _by_day(source.rows(LlmUsage), lambda call: call.created_at, clock)


def llm_daily_costs_30d(source: Source, clock: Clock) -> Columns:
    """Calls, tokens and cost of each day."""
    by_day = _calls_by_day(source, clock)
    rows = [(day.isoformat(), len(calls), _tokens(calls), _cost_usd(calls)) for day, calls in by_day.items()]
    return columns(("day", "calls", "tokens", "cost_usd"), rows)


def llm_cost_by_stage_30d(source: Source, clock: Clock) -> Columns:
    """Every day with every stage of any of the days, None among them; no rows if there is no call."""
    by_day = _calls_by_day(source, clock)
    stages = sorted({call.stage for calls in by_day.values() for call in calls}, key=nulls_last)
    rows = []
    for day, calls in by_day.items():
        for stage in stages:
            rows.append((day.isoformat(), stage, _cost_usd(call for call in calls if call.stage == stage)))
    return columns(("day", "stage", "cost_usd"), rows)


def llm_cost_by_model_30d(source: Source, clock: Clock) -> Columns:
    """One row per model; its provider is the readable one with most calls, None only if there is none."""
    groups: dict[str | None, list[LlmUsage]] = defaultdict(list)
    for calls in _calls_by_day(source, clock).values():
        for call in calls:
            groups[call.model].append(call)
    rows = []
    for model, calls in groups.items():
        providers = Counter(call.provider for call in calls if call.provider is not None)
        provider = min(providers, key=lambda name: (-providers[name], name), default=None)
        rows.append((model, provider, len(calls), _tokens(calls), _cost_usd(calls)))
    rows.sort(key=lambda row: (-row[4], nulls_last(row[0])))
    return columns(("model", "provider", "calls", "tokens", "cost_usd"), rows)


def outreach_daily_30d(source: Source, clock: Clock) -> Columns:
    """Every day with every channel that sent on any of the days, None among them."""
    by_day = _by_day(source.rows(Outreach), lambda outreach: outreach.sent_at, clock)
    channels = sorted({o.contact_method for sent in by_day.values() for o in sent}, key=nulls_last)
    rows = []
    for day, sent in by_day.items():
        counts = Counter(outreach.contact_method for outreach in sent)
        rows += [(day.isoformat(), channel, counts[channel]) for channel in channels]
    return columns(("day", "channel", "sent"), rows)


def conversations_daily_30d(source: Source, clock: Clock) -> Columns:
    """Messages of each day by direction, and the positive ones among the inbound."""
    by_day = _by_day(source.rows(Conversation), lambda message: message.received_at, clock)
    rows = []
    for day, messages in by_day.items():
        directions = Counter(message.direction for message in messages)
        positive = sum(is_positive(message) for message in messages)
        rows.append((day.isoformat(), directions["inbound"], directions["outbound"], positive))
    return columns(("day", "inbound", "outbound", "positive"), rows)


def unit_economics_30d(source: Source, clock: Clock) -> Columns:
    """Cost of each day beside the outreaches sent and the replies received on it."""
    calls = _calls_by_day(source, clock)
    sent = _by_day(source.rows(Outreach), lambda outreach: outreach.sent_at, clock)
    messages = _by_day(source.rows(Conversation), lambda message: message.received_at, clock)
    rows = []
    for day in clock.days(30):
        replies = sum(is_inbound(message) for message in messages[day])
        positive = sum(is_positive(message) for message in messages[day])
        rows.append((day.isoformat(), _cost_usd(calls[day]), len(sent[day]), replies, positive))
    return columns(("day", "cost_usd", "outreaches_sent", "replies", "positive_replies"), rows)
