"""Owns the expected datasets that compare the pipeline's present with its past."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from .clock import Clock
from .messages import is_inbound, is_positive
from .results import Columns, columns, instant_text
from .source import Conversation, CronJobLog, HttpError, LlmUsage, Number, Outreach, SiteStatus, Source
from .sums import quantile, total

WINDOWS_HOURS = (24, 168)
ROWS_OF_A_HISTORY = 5
HOUR = timedelta(hours=1)
LATE_BATCH = timedelta(seconds=600)
FEWEST_USUAL_ENTRIES = 8

Event = tuple[datetime | None, Number | None]


def _measures(source: Source) -> list[tuple[str, list[Event], list[datetime | None]]]:
    """Each measure: its events (stamp and what it adds), and the stamps of all rows of its table."""
    entries = source.rows(SiteStatus)
    outreaches = source.rows(Outreach)
    messages = source.rows(Conversation)
    calls = source.rows(LlmUsage)
    requests = source.rows(HttpError)
    runs = source.rows(CronJobLog)
    entered = [entry.created_at for entry in entries]
    received = [message.received_at for message in messages]
    called = [call.created_at for call in calls]
    return [
        ("stage_entries", [(moment, 1) for moment in entered], entered),
        ("sites_found", [(entry.created_at, 1) for entry in entries if entry.status == "found"], entered),
        ("outreaches_sent", [(o.sent_at, 1) for o in outreaches], [o.sent_at for o in outreaches]),
        ("replies", [(m.received_at, 1) for m in messages if is_inbound(m)], received),
        ("positive_replies", [(m.received_at, 1) for m in messages if is_positive(m)], received),
        ("llm_calls", [(moment, 1) for moment in called], called),
        ("llm_cost_usd", [(call.created_at, call.estimated_cost) for call in calls], called),
        ("failed_requests", [(r.occurred_at, 1) for r in requests], [r.occurred_at for r in requests]),
        (
            "failed_runs",
            [(run.started_at, 1) for run in runs if run.status == "failed"],
            [run.started_at for run in runs],
        ),
    ]


def activity_rolling(source: Source, clock: Clock) -> Columns:
    """Every measure in the last 24 and 168 hours, against as many hours before.

    The history counts all rows of the table, whatever the measure takes of them.
    """
    rows = []
    for measure, events, stamps in _measures(source):
        for hours in WINDOWS_HOURS:
            span = timedelta(hours=hours)
            current = total(amount for stamp, amount in events if clock.in_last(stamp, span))
            previous = total(amount for stamp, amount in events if clock.in_last(stamp, span, before=span))
            before_both = sum(stamp is not None and stamp <= clock.now - 2 * span for stamp in stamps)
            change = None
            if before_both >= ROWS_OF_A_HISTORY and previous != 0:
                change = current / previous - 1
            rows.append((measure, hours, current, previous, change))
    return columns(("measure", "window_hours", "current", "previous", "change"), rows)


def _counts_of_likes(
    entries: list[datetime], begin: datetime, end: datetime, shifts: Iterable[timedelta]
) -> list[int]:
    """The number of entries in each like of the stretch `begin < t <= end`.

    A like that begins before the oldest entry is none, nor one without an entry in the week before it.
    """
    counts = []
    for shift in shifts:
        start, stop = begin - shift, end - shift
        if start < min(entries):
            continue
        if not any(start - 168 * HOUR <= moment <= start for moment in entries):
            continue
        counts.append(sum(start < moment <= stop for moment in entries))
    return counts


def activity_now(source: Source, clock: Clock) -> Columns:
    """Whether there should have been entries since the newest one.

    Entries are those of any status, with a readable stamp that is not later than now.
    """
    names = ("last_entry_at", "usual_entries", "quiet")
    entries = [entry.created_at for entry in source.rows(SiteStatus) if clock.is_past(entry.created_at)]
    if not entries:
        return columns(names, [(None, None, None)])
    last = max(entries)
    length_s = int((clock.now - last).total_seconds())
    begin, end = last + timedelta(seconds=length_s // 4), clock.now - LATE_BATCH
    if begin >= end:
        return columns(names, [(instant_text(last), None, False)])
    needed = 3
    counts = _counts_of_likes(entries, begin, end, [weeks * 168 * HOUR for weeks in (1, 2, 3, 4)])
    if not counts:
        needed = 6
        counts = _counts_of_likes(entries, begin, end, [days * 24 * HOUR for days in range(1, 8)])
    if not counts:
        return columns(names, [(instant_text(last), None, False)])
    usual = sum(counts) / len(counts)
    with_entry = sum(count > 0 for count in counts)
    quiet = usual >= FEWEST_USUAL_ENTRIES and with_entry >= min(needed, len(counts))
    return columns(names, [(instant_text(last), usual, quiet)])


USUAL_DAYS = 28


def usual_today(source: Source, clock: Clock) -> Columns:
    """What today has so far, and the 0.75 quantile of the 28 days before, each up to the same local time.

    A day counts if it begins at or after the fifth oldest stamp of one of the three tables. A local time that
    a day lacks is later by the shift, and of one that comes twice it is the first.
    """
    requests, runs, calls = source.rows(HttpError), source.rows(CronJobLog), source.rows(LlmUsage)
    stamps = (
        [request.occurred_at for request in requests],
        [run.started_at for run in runs],
        [call.created_at for call in calls],
    )
    fifths = [
        sorted(known)[ROWS_OF_A_HISTORY - 1]
        for known in ([stamp for stamp in table if stamp is not None] for table in stamps)
        if len(known) >= ROWS_OF_A_HISTORY
    ]
    measures: list[tuple[str, list[Event]]] = [
        ("failed_requests", [(request.occurred_at, 1) for request in requests]),
        ("failed_runs", [(run.started_at, 1) for run in runs if run.status == "failed"]),
        ("llm_cost_usd", [(call.created_at, call.estimated_cost) for call in calls]),
    ]
    *before, today = clock.days(USUAL_DAYS + 1)
    local = clock.now.astimezone(clock.zone).time().replace(fold=0)
    rows = []
    for measure, events in measures:

        def so_far(day: date, end: datetime, events: list[Event] = events) -> float:
            return float(
                total(
                    amount
                    for stamp, amount in events
                    if stamp is not None and clock.day_of(stamp) == day and stamp <= end
                )
            )

        counted = [
            so_far(day, datetime.combine(day, local, tzinfo=clock.zone).astimezone(UTC))
            for day in before
            if fifths and datetime.combine(day, time(), tzinfo=clock.zone).astimezone(UTC) >= min(fifths)
        ]
        rows.append(
            (measure, today.isoformat(), so_far(today, clock.now), quantile(counted, 3, 4), len(counted))
        )
    return columns(("measure", "day", "so_far", "usual_q75", "days"), rows)
