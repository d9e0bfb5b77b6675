"""The numbers of the pages, each with its label: pure functions from a dataset's columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from dash_app.figures.style import Columns, View
from dash_app.readouts.ages import Age
from dash_app.readouts.formats import (
    NOTHING,
    age,
    change,
    compact,
    counted,
    minutes,
    money,
    number,
    parse_instant,
    percent,
    size,
    stamp,
)

GOOD, WARN, BAD = "good", "warn", "bad"


@dataclass(frozen=True)
class Stat:
    """One number as it is read: text, label, a line below it, and a tone (good, warn, bad or none).

    ``measure`` names what the number is: numbers with one measure are equal wherever they stand.
    ``value_age`` and ``hint_age`` are the ages in the value and in the hint, None where they have none.
    """

    value: str
    label: str
    hint: str = ""
    tone: str = ""
    measure: str = ""
    value_age: Age | None = None
    hint_age: Age | None = None


def _share(part: float, whole: float) -> str:
    return percent(part / whole if whole else None)


def sites_in_pipeline(columns: Columns, view: View) -> tuple[Stat, ...]:
    """Return the sites on the pipeline and how many got to its end."""
    total, last = sum(columns["sites"]), columns["reached"][-1]
    return (Stat(number(total), "in the pipeline", f"{number(last)} sent, {_share(last, total)}"),)


def excluded_sites(columns: Columns, view: View) -> tuple[Stat, ...]:
    """Return the number of sites taken off the pipeline."""
    return (Stat(number(columns["excluded_sites"][0]), "excluded", "sites taken off the pipeline"),)


def throughput_24h(columns: Columns, view: View) -> tuple[Stat, ...]:
    """Return the entries into the first and the last stage in 24 hours."""
    found, previous = columns["last_24h"][0], columns["previous_24h"][0]
    sent, sent_previous = columns["last_24h"][-1], columns["previous_24h"][-1]
    moves = sum(columns["last_24h"])
    return (
        Stat(number(found), "found in 24 h", _against(found, previous)),
        Stat(number(sent), "fully sent in 24 h", _against(sent, sent_previous)),
        Stat(number(moves), "stage entries in 24 h", _against(moves, sum(columns["previous_24h"]))),
    )


def _against(now: float, before: float) -> str:
    return f"{change(now / before - 1 if before else None)} vs the 24 h before"


def throughput_48h(columns: Columns, view: View) -> tuple[Stat, ...]:
    """Return what was sent and what came back in the newest 24 of the 48 hours."""
    sent, replies = columns["outreaches_sent"], columns["replies"]
    return (
        Stat(number(sum(sent[-24:])), "sent in 24 h", _against(sum(sent[-24:]), sum(sent[:-24]))),
        Stat(number(sum(replies[-24:])), "replies in 24 h", _against(sum(replies[-24:]), sum(replies[:-24]))),
    )


def outreach_totals(columns: Columns, view: View) -> tuple[Stat, ...]:
    """Return the outreaches sent, delivered and replied to."""
    count = dict(zip(columns["stage"], columns["outreaches"], strict=True))
    return (
        Stat(number(count["proposed"]), "proposed", f"{number(count['approved'])} approved"),
        Stat(number(count["sent"]), "sent", f"{_share(count['sent'], count['proposed'])} of those proposed"),
        Stat(
            number(count["delivered"]),
            "delivered",
            f"{_share(count['delivered'], count['sent'])} of those sent",
        ),
        Stat(number(count["replied"]), "replied", f"{_share(count['replied'], count['sent'])} of those sent"),
    )


def conversation_totals(columns: Columns, view: View) -> tuple[Stat, ...]:
    """Return the conversations, their messages and how fast people reply."""
    row = {name: values[0] for name, values in columns.items()}
    return (
        Stat(number(row["conversations"]), "conversations", f"{number(row['outbound'])} messages out"),
        Stat(number(row["inbound"]), "inbound", f"{number(row['inbound_24h'])} in 24 h"),
        Stat(number(row["unread"]), "unread", "inbound, not yet read", WARN if row["unread"] else GOOD),
        Stat(number(row["positive"]), "positive", f"{_share(row['positive'], row['inbound'])} of inbound"),
        Stat(minutes(row["median_reply_minutes"]), "median time to reply", "from sending to the first reply"),
    )


def unread_messages(columns: Columns, view: View) -> tuple[Stat, ...]:
    """Return the messages that wait for a reader."""
    unread, inbound = columns["unread"][0], columns["inbound_24h"][0]
    return (Stat(number(unread), "unread", f"{number(inbound)} came in 24 h", WARN if unread else GOOD),)


def cost_totals(columns: Columns, view: View) -> tuple[Stat, ...]:
    """Return what language models cost today and over 30 days."""
    cost, calls, tokens = columns["cost_usd"], sum(columns["calls"]), sum(columns["tokens"])
    return (
        Stat(money(cost[-1]), "today", counted(columns["calls"][-1], "call") + " so far"),
        Stat(money(sum(cost[-7:])), "7 days", f"{change(_week_change(cost))} vs the 7 days before"),
        Stat(money(sum(cost)), "30 days", f"{money(sum(cost) / len(cost))} a day"),
        Stat(compact(calls), "calls in 30 days", f"{money(sum(cost) / calls if calls else None)} each"),
        Stat(compact(tokens), "tokens in 30 days", f"{compact(tokens / calls if calls else None)} a call"),
    )


def cost_today(columns: Columns, view: View) -> tuple[Stat, ...]:
    """Return what language models cost today and over 7 days."""
    return cost_totals(columns, view)[:1] + cost_totals(columns, view)[2:3]


def _week_change(cost: list[float]) -> float | None:
    before = sum(cost[-14:-7])
    return sum(cost[-7:]) / before - 1 if before else None


def unit_costs(columns: Columns, view: View) -> tuple[Stat, ...]:
    """Return what an outreach, a reply and a positive reply cost over 30 days."""
    cost = sum(columns["cost_usd"])
    counts = {name: sum(columns[name]) for name in ("outreaches_sent", "replies", "positive_replies")}
    each = {name: money(cost / count) if count else NOTHING for name, count in counts.items()}
    return (
        Stat(
            each["outreaches_sent"], "per outreach message sent", f"{number(counts['outreaches_sent'])} sent"
        ),
        Stat(each["replies"], "per reply", f"{number(counts['replies'])} replies"),
        Stat(
            each["positive_replies"], "per positive reply", f"{number(counts['positive_replies'])} positive"
        ),
    )


def active_errors(columns: Columns, view: View) -> tuple[Stat, ...]:
    """Return the errors that stand, and where."""
    row = {name: values[0] for name, values in columns.items()}
    return (
        Stat(
            number(row["active_errors"]),
            "active errors",
            "all of the following",
            BAD if row["active_errors"] else GOOD,
        ),
        Stat(number(row["failing_sites"]), "failing sites"),
        Stat(number(row["failed_outreaches"]), "failed outreach messages"),
        Stat(
            number(row["failed_jobs"]), "failed jobs", "latest run failed", BAD if row["failed_jobs"] else ""
        ),
    )


def active_errors_in_short(columns: Columns, view: View) -> tuple[Stat, ...]:
    """Return the number of active errors and what they are made of."""
    row = {name: values[0] for name, values in columns.items()}
    parts = (
        counted(row["failing_sites"], "site"),
        counted(row["failed_outreaches"], "outreach message"),
        counted(row["failed_jobs"], "job"),
    )
    return (
        Stat(number(row["active_errors"]), "active", ", ".join(parts), BAD if row["active_errors"] else GOOD),
    )


def job_totals(columns: Columns, view: View) -> tuple[Stat, ...]:
    """Return how the scheduled jobs stand."""
    jobs, enabled = len(columns["name"]), sum(map(bool, columns["enabled"]))
    overdue = sum(map(bool, columns["overdue"]))
    runs, failures = sum(columns["runs_24h"]), sum(columns["failures_24h"])
    failing = sum(
        bool(on) and status == "failed"
        for on, status in zip(columns["enabled"], columns["last_status"], strict=True)
    )
    return (
        Stat(number(jobs), "jobs", f"{number(enabled)} enabled"),
        Stat(number(overdue), "overdue", "enabled, past 1.5 intervals", BAD if overdue else GOOD),
        Stat(number(failing), "failing", "latest run failed", BAD if failing else GOOD),
        Stat(number(runs), "runs in 24 h", f"{number(failures)} failed", WARN if failures else ""),
    )


def jobs_in_short(columns: Columns, view: View) -> tuple[Stat, ...]:
    """Return the jobs that are overdue or failing, of all."""
    jobs, overdue, failing, _ = job_totals(columns, view)
    tone = BAD if BAD in (overdue.tone, failing.tone) else GOOD
    return (Stat(overdue.value, "overdue", f"{failing.value} failing, of {jobs.value} jobs", tone),)


def database_health(columns: Columns, view: View) -> tuple[Stat, ...]:
    """Return the source database's size, its integrity and when it was last written to."""
    row = {name: values[0] for name, values in columns.items()}
    last = None if row["last_write_at"] is None else parse_instant(row["last_write_at"])
    quiet = last is not None and view.as_of - last > timedelta(hours=6)
    pages, free = row["pages"], row["free_pages"]
    return (
        _integrity(row["integrity"]),
        Stat(size(row["size_bytes"]), "database", f"and {size(row['wal_bytes'])} of write-ahead log"),
        Stat(compact(row["rows"]), "rows", f"in {number(row['tables'])} tables"),
        Stat(
            _share(free or 0, pages or 0),
            "free pages",
            f"{number(free)} of {number(pages)}, {size(row['page_size'])} each",
        ),
        Stat(row["journal_mode"] or NOTHING, "journal mode"),
        Stat(
            age(last, view.as_of),
            "last write",
            stamp(last, view.zone),
            WARN if quiet else "",
            value_age=None if last is None else Age(last),
        ),
    )


def _integrity(finding: str | None) -> Stat:
    if finding is None:
        return Stat(NOTHING, "integrity", "not checked yet; a full refresh does")
    if finding == "ok":
        return Stat("ok", "integrity", "SQLite's quick check", GOOD)
    return Stat("damaged", "integrity", finding, BAD)
