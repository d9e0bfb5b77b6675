"""The rules about the work: quiet, far from usual, new errors, replies that wait, bounces, words. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from engine.attention.line import Kind, Level, Line, Row, Value, first_named, name_text, opened, reason_text
from engine.model.clock import from_iso
from engine.model.text.in_words import counted
from engine.model.values.quality import UnrecognisedCount

UNUSUAL_TIMES = 2
"""Far from usual is more than so many times the usual, and more than it by the least that matters."""

UNUSUAL_ERRORS, UNUSUAL_COST_USD = 10, 1.0
USUAL_DAYS = 7
"""What is usual is known after so many days."""

NEW_ERROR_HOURS = 24
POSITIVE_WAITING_HOURS = 24
BOUNCE_RATE, BOUNCE_SENT = 0.05, 50
"""A channel's bounce rate is high from here on, if so many messages were sent."""


def quiet_pipeline(activity: Value) -> Line | None:
    """Return the line of a pipeline without the entries that earlier weeks had, by ``activity_now``."""
    (row,) = activity.rows
    if row["quiet"] is not True or row["last_entry_at"] is None or row["usual_entries"] is None:
        return None
    return Line(
        Kind.PIPELINE_QUIET,
        Level.WARNING,
        "No pipeline activity",
        f"Usually {counted(row['usual_entries'], 'entry', 'entries')} by now",
        "pipeline",
        from_iso(row["last_entry_at"]),
        opened("activity_now", "last_entry_at", row),
    )


_UNUSUAL = {
    "llm_cost_usd": (Kind.COST_UNUSUAL, "LLM cost of today far from usual", "llm", UNUSUAL_COST_USD),
    "failed_requests": (
        Kind.REQUESTS_UNUSUAL,
        "Failed requests of today far from usual",
        "errors",
        UNUSUAL_ERRORS,
    ),
    "failed_runs": (Kind.RUNS_UNUSUAL, "Failed job runs of today far from usual", "cron", UNUSUAL_ERRORS),
}


def unusual_today(today: Value, failing: Collection[str | None], now: datetime, zone: ZoneInfo) -> list[Line]:
    """Return a line for the errors and the cost of today that are far from usual, by ``usual_today``.

    There is none once the day of the value is over. Failed runs have none while jobs are failing, which are
    lines of their own.
    """
    day = now.astimezone(zone).date().isoformat()
    rows = [row for row in today.rows if row["day"] == day and is_unusual(row)]
    return [_unusual(row) for row in rows if row["measure"] != "failed_runs" or not failing]


def is_unusual(row: Row) -> bool:
    """Return whether a measure of ``usual_today`` is far from usual."""
    usual, so_far = row["usual_q75"], row["so_far"]
    if row["measure"] not in _UNUSUAL or usual is None or row["days"] < USUAL_DAYS:
        return False
    least: float = _UNUSUAL[row["measure"]][3]
    return bool(so_far > UNUSUAL_TIMES * usual and so_far - usual >= least)


def _unusual(row: Row) -> Line:
    kind, title, page, _ = _UNUSUAL[row["measure"]]
    shown = _dollars if row["measure"] == "llm_cost_usd" else _number
    usual = row["usual_q75"]
    most = f"at most {shown(usual)}" if usual else "none"
    reason = f"{shown(row['so_far'])} so far, usually {most} by this time of day"
    return Line(kind, Level.WARNING, title, reason, page, None, opened("usual_today", "so_far", row))


def _number(number: float) -> str:
    return f"{number:,.0f}"


def _dollars(usd: float) -> str:
    return f"${usd:,.0f}" if usd >= 1000 else f"${usd:,.2f}"


def new_errors(
    groups: Value, names: Mapping[str | None, str], failing: Collection[str | None], now: datetime
) -> list[Line]:
    """Return a line for each error of failed runs that was first seen in the last hours.

    ``names`` are those of the jobs by task key. An error of a ``failing`` job is that job's line.
    """
    lines = []
    for row in groups.rows:
        if row["source"] != "cron" or row["first_seen"] is None or row["stage"] in failing:
            continue
        first = from_iso(row["first_seen"])
        if now - first > timedelta(hours=NEW_ERROR_HOURS) or not row["errors_24h"]:
            continue
        name = name_text(names.get(row["stage"]) or row["stage"] or "a job without a name")
        reason = f"{counted(row['errors_24h'], 'failed run')} in 24 h: {reason_text(row['message'])}"
        opens = opened("error_groups_30d", "errors_24h", row)
        lines.append(
            Line(Kind.ERROR_NEW, Level.WARNING, f"New error in {name}", reason, "errors", first, opens, name)
        )
    return lines


def waiting_replies(waiting: Value, now: datetime) -> Line | None:
    """Return the line of positive replies of which the oldest has waited too long, at *now*."""
    (row,) = waiting.rows
    replies, hours = row["waiting_positive"], row["oldest_positive_hours"]
    if not replies or hours is None:
        return None
    oldest = waiting.as_of - timedelta(seconds=round(hours * 3600))
    if now - oldest < timedelta(hours=POSITIVE_WAITING_HOURS):
        return None
    waits = "waits" if replies == 1 else "wait"
    return Line(
        Kind.REPLIES_WAITING,
        Level.WARNING,
        f"{counted(replies, 'positive reply', 'positive replies')} {waits} for an answer",
        f"{'It' if replies == 1 else 'The oldest'} has waited for more than {POSITIVE_WAITING_HOURS} h",
        "conversations",
        oldest,
        opened("waiting_replies", "waiting_positive", row),
    )


def high_bounce_rates(delivery: Value) -> list[Line]:
    """Return a line for each channel whose messages bounce too often, by ``delivery_by_channel_30d``."""
    lines = []
    for row in delivery.rows:
        rate, sent = row["bounce_rate"], row["sent"]
        if rate is None or rate < BOUNCE_RATE or sent < BOUNCE_SENT:
            continue
        name = name_text(row["channel"] or "(no channel)")
        lines.append(
            Line(
                Kind.BOUNCES,
                Level.WARNING,
                f"Bounce rate of {name} is high",
                f"{row['bounced']:,} of {sent:,} messages sent in 30 d bounced, {_percent(rate)}",
                "outreach",
                None,
                opened("delivery_by_channel_30d", "bounced", row),
                name,
            )
        )
    return lines


def _percent(rate: float) -> str:
    text = f"{rate * 100:.1f} %"
    return "over 99.9 %" if rate < 1 and text == "100.0 %" else text


def unrecognised_words(counts: Iterable[UnrecognisedCount]) -> Line | None:
    """Return the line of values whose words the schema does not know; None without any."""
    known = sorted(counts, key=lambda count: (-count.values, count.table, count.column, count.word))
    if not known:
        return None
    values = sum(count.values for count in known)
    words = [f"{one.table}.{one.column} “{name_text(one.word)}” ({one.values:,})" for one in known]
    title = f"{counted(values, 'value')} not recognised"
    return Line(Kind.UNRECOGNISED, Level.WARNING, title, first_named(words, noun="other word"), "system")
