"""Owns the expected datasets that only the Overview shows: key figures, usual activity, costs of models."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction

from .clock import Clock
from .messages import is_inbound, is_positive
from .results import Columns, columns, instant_text, nulls_last
from .source import Conversation, LlmUsage, Number, Outreach, SiteStatus, Source
from .sums import total
from .windows import RangeClock, range_clock

ROWS_OF_A_HISTORY = 5
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DAYS_OF_A_TREND, WEEKS_OF_A_TREND, WEEKS_OF_A_RATE = 14, 6, 3

Event = tuple[datetime | None, Number | None]


def _is_long(stamps: Iterable[datetime | None], start: datetime) -> bool:
    return sum(stamp is not None and stamp < start for stamp in stamps) >= ROWS_OF_A_HISTORY


def _ranged(name: str, clock: Clock) -> RangeClock:
    return clock if isinstance(clock, RangeClock) else range_clock(name, None, clock)


def key_figures_7d(source: Source, clock: Clock) -> Columns:
    """Every measure in the window and the one before, then on each of the 14 days to the window's end.

    The history counts all rows of the measure's table. The weeks of sending do not follow the window.
    """
    ranged = _ranged("key_figures_7d", clock)
    outreaches, messages, calls = source.rows(Outreach), source.rows(Conversation), source.rows(LlmUsage)
    received = [message.received_at for message in messages]
    measures: list[tuple[str, list[Event], list[datetime | None]]] = [
        ("outreaches_sent", [(o.sent_at, 1) for o in outreaches], [o.sent_at for o in outreaches]),
        ("replies", [(m.received_at, 1) for m in messages if is_inbound(m)], received),
        ("positive_replies", [(m.received_at, 1) for m in messages if is_positive(m)], received),
        ("llm_cost_usd", [(c.created_at, c.estimated_cost) for c in calls], [c.created_at for c in calls]),
    ]
    rows: list[tuple[str, str | None, Number, Number, bool]] = []
    for measure, events, stamps in measures:
        previous = total(amount for stamp, amount in events if ranged.is_in_before(stamp))
        is_long = _is_long(stamps, ranged.before[0])
        current = total(amount for stamp, amount in events if ranged.is_in(stamp))
        rows.append((measure, None, current, previous, is_long))
        last = clock.day_of(ranged.last)
        for back in reversed(range(DAYS_OF_A_TREND)):
            day = last - back * DAY
            of_day = total(
                amount
                for stamp, amount in events
                if stamp is not None and stamp <= ranged.last and clock.day_of(stamp) == day
            )
            rows.append((measure, day.isoformat(), of_day, 0, is_long))
    return columns(
        ("measure", "first_day", "current", "previous", "has_history"), [*rows, *_cohorts(source, clock)]
    )


def _cohorts(source: Source, clock: Clock) -> list[tuple[str, str | None, Number, Number, bool]]:
    """Outreaches sent in six mature weeks, and those of them with a reply in 168 hours.

    The last three weeks are the present, the three before them the past.
    """
    today = clock.day_of(clock.now - HOUR)
    newest = today - (today.weekday() + 14) * DAY
    weeks = [newest - 7 * back * DAY for back in reversed(range(WEEKS_OF_A_TREND))]
    inbound: dict[Number, list[datetime]] = defaultdict(list)
    for message in source.rows(Conversation):
        if is_inbound(message) and message.received_at is not None and message.outreach_id is not None:
            inbound[message.outreach_id].append(message.received_at)

    def is_replied(outreach: Outreach, sent_at: datetime) -> bool:
        moments = inbound[outreach.id] if outreach.id is not None else []
        return any(sent_at < moment <= sent_at + 168 * HOUR for moment in moments)

    sent: dict[date, int] = dict.fromkeys(weeks, 0)
    replied: dict[date, int] = dict.fromkeys(weeks, 0)
    earlier = 0
    for outreach in source.rows(Outreach):
        if outreach.sent_at is None:
            continue
        day = clock.day_of(outreach.sent_at)
        earlier += day < weeks[0]
        week = day - day.weekday() * DAY
        if week in sent:
            sent[week] += 1
            replied[week] += is_replied(outreach, outreach.sent_at)
    rows: list[tuple[str, str | None, Number, Number, bool]] = []
    for measure, counts in (("cohort_sent", sent), ("cohort_replied", replied)):
        listed = [counts[week] for week in weeks]
        is_long = earlier >= ROWS_OF_A_HISTORY
        past, present = listed[:-WEEKS_OF_A_RATE], listed[-WEEKS_OF_A_RATE:]
        rows.append((measure, None, sum(present), sum(past), is_long))
        rows += [(measure, week.isoformat(), counts[week], 0, is_long) for week in weeks]
    return rows


def model_costs_7d(source: Source, clock: Clock) -> Columns:
    """A model that was only called before has a row too."""
    ranged = _ranged("model_costs_7d", clock)
    calls = source.rows(LlmUsage)
    is_long = _is_long([call.created_at for call in calls], ranged.before[0])
    now: dict[str | None, list[LlmUsage]] = defaultdict(list)
    before: dict[str | None, list[LlmUsage]] = defaultdict(list)
    for call in calls:
        if ranged.is_in(call.created_at):
            now[call.model].append(call)
        if ranged.is_in_before(call.created_at):
            before[call.model].append(call)
    rows = []
    for model in {*now, *before}:
        cost, past = (total(call.estimated_cost for call in calls[model]) for calls in (now, before))
        rows.append((model, len(now[model]), cost, past, is_long))
    rows.sort(key=lambda row: (-row[2], -row[3], nulls_last(row[0])))
    return columns(("model", "calls", "cost_usd", "previous_cost_usd", "has_history"), rows)


def _nearest_rank(values: Sequence[int], share: Fraction) -> int | None:
    return sorted(values)[math.ceil(share * len(values)) - 1] if values else None


def activity_usual_48h(source: Source, clock: Clock) -> Columns:
    """Distinct sites by hour on the 28 days before each hour's day, at the same hour of the day.

    An hour that a day has twice is there twice. Hours that begin before the oldest entry, of any time, are
    left out.
    """
    stamps = [entry.created_at for entry in source.rows(SiteStatus) if entry.created_at is not None]
    sites: dict[datetime, set[Number]] = defaultdict(set)
    for entry in source.rows(SiteStatus):
        if entry.created_at is not None and entry.site_id is not None:
            sites[clock.hour_of(entry.created_at)].add(entry.site_id)
    shown = clock.hours(48)
    number: Callable[[datetime], int] = lambda hour: hour.astimezone(clock.zone).hour  # noqa: E731
    earlier: dict[tuple[date, int], list[int]] = defaultdict(list)
    hour = shown[-1]
    while stamps and hour >= max(min(stamps), shown[0] - 30 * DAY):
        earlier[clock.day_of(hour), number(hour)].append(len(sites.get(hour, ())))
        hour = clock.hour_of(hour - timedelta(seconds=1))
    rows = []
    for hour in shown:
        day = clock.day_of(hour)
        likes = [
            count for back in range(1, 29) for count in earlier.get((day - back * DAY, number(hour)), [])
        ]
        quantiles = [_nearest_rank(likes, Fraction(quarters, 4)) for quarters in (1, 2, 3)]
        rows.append((instant_text(hour), *quantiles))
    return columns(("hour", "sites_q25", "sites_median", "sites_q75"), rows)
