"""The KPIs of the pages: pure functions from a dataset's columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dash_app.figures.style import Columns, View, row_at
from dash_app.figures.timeaxis import day_label, is_running_day
from dash_app.formatters.ages import Age
from dash_app.formatters.comparison import against, late_start
from dash_app.formatters.formats import (
    NOTHING,
    age,
    compact,
    counted,
    minutes,
    money,
    number,
    parse_instant,
    percent,
    size,
    stamp,
    words,
)
from dash_app.formatters.trends import Trend
from dash_app.formatters.unknown import is_unknown, needs

GOOD, WARN, BAD = "good", "warn", "bad"


@dataclass(frozen=True)
class Kpi:
    """One number with its label: its text, a hint below it, and a tone (good, warn, bad or none).

    KPIs with the same ``measure`` show the same number on every page.
    ``value_age`` and ``hint_age`` are the ages in the value and in the hint; None if there is none.
    ``opens`` is what opens the rows behind the number, the empty text if nothing does. ``trend`` has its
    latest days or weeks, None for none. ``path`` is the page that the label leads to, empty for none.
    """

    value: str
    label: str
    hint: str = ""
    tone: str = ""
    measure: str = ""
    value_age: Age | None = None
    hint_age: Age | None = None
    opens: str = ""
    trend: Trend | None = None
    path: str = ""


def _share(part: float, whole: float) -> str:
    return percent(part / whole if whole else None)


def sites_in_pipeline(columns: Columns, view: View) -> tuple[Kpi, ...]:
    """Return the number of sites in the pipeline, and of those at its end."""
    total, last = sum(columns["sites"]), columns["sites"][-1]
    in_last = f"{number(last)} in {words(columns['stage'][-1])}, {_share(last, total)}"
    return (Kpi(number(total), "in the pipeline now", in_last, measure="sites_in_pipeline"),)


def excluded_sites(columns: Columns, view: View) -> tuple[Kpi, ...]:
    """Return the number of excluded sites."""
    return (
        Kpi(
            number(columns["excluded_sites"][0]),
            "excluded",
            "sites taken off the pipeline",
            measure="excluded_sites",
            opens=view.openers.of("excluded_sites", row_at(columns, 0)),
        ),
    )


def conversation_totals(columns: Columns, view: View) -> tuple[Kpi, ...]:
    """Return the number of conversations and messages, and the time to reply."""
    row = {name: values[0] for name, values in columns.items()}
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
            f"{_share(row['positive'], row['inbound'])} of inbound messages",
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


def cost_totals(columns: Columns, view: View) -> tuple[Kpi, ...]:
    """Return the LLM cost of the last day and of the period, beside the period before if it is compared."""
    cost, calls, tokens = columns["cost_usd"], sum(columns["calls"]), sum(columns["tokens"])
    period, before = view.over("30d"), _sums_before(view, "cost_usd", "calls", "tokens")
    last = columns["day"][-1]
    is_today = is_running_day(last, view)
    return (
        Kpi(
            money(cost[-1]),
            "LLM cost today so far" if is_today else f"LLM cost on {day_label(last)}",
            counted(columns["calls"][-1], "call"),
            measure="llm_cost_usd_today" if is_today else "",
            opens=view.openers.of("cost_usd", row_at(columns, -1)),
        ),
        Kpi(
            money(sum(cost)),
            f"LLM cost {period.within}",
            against(sum(cost), before["cost_usd"], money, period.prior) + _since(view, "calls")
            or _daily_mean(columns, view),
            measure=f"llm_cost_usd_{period.range}",
            opens=view.openers.total("cost_usd"),
        ),
        Kpi(
            compact(calls),
            f"LLM calls {period.within}",
            against(calls, before["calls"], compact, period.prior)
            or (f"{money(sum(cost) / calls)} each" if calls else ""),
            measure=f"llm_calls_{period.range}",
            opens=view.openers.total("calls"),
        ),
        Kpi(
            compact(tokens),
            f"tokens {period.within}",
            against(tokens, before["tokens"], compact, period.prior)
            or (f"{compact(tokens / calls)} a call" if calls else ""),
            opens=view.openers.total("tokens"),
        ),
    )


def _sums_before(view: View, *names: str) -> dict[str, float | None]:
    """Return the sums of columns over the period before; None for each if that is not compared."""
    return {name: None if view.previous is None else _known_sum(view.previous[name]) for name in names}


def _known_sum(values: Sequence[float | None]) -> float | None:
    """Return the sum of a column; None if the source lacks its table."""
    return None if is_unknown(values) else sum(value for value in values if value is not None)


def _since(view: View, *numbers: str) -> str:
    """Return since when the period before has numbers, if that is not from its start; else the empty text."""
    start = None if view.previous is None else late_start(view.previous, numbers)
    return "" if start is None else f", none before {day_label(start)}"


def _daily_mean(columns: Columns, view: View) -> str:
    """Return the mean cost of finished days, from the first day with a call."""
    finished = len(columns["day"]) - is_running_day(columns["day"][-1], view)
    calls, cost = columns["calls"][:finished], columns["cost_usd"][:finished]
    first = next((row for row, count in enumerate(calls) if count), None)
    if first is None:
        return ""
    return f"{money(sum(cost[first:]) / len(cost[first:]))} a finished day"


def unit_costs(columns: Columns, view: View) -> tuple[Kpi, ...]:
    """Return the cost of a message, a reply and a positive reply, beside the period before if compared."""
    nouns = {
        "outreaches_sent": ("per outreach message sent", "sent", "outreaches"),
        "replies": ("per reply", "replies", "conversations"),
        "positive_replies": ("per positive reply", "positive", "conversations"),
    }
    cost, prior = sum(columns["cost_usd"]), view.over("30d").prior
    before = _sums_before(view, "cost_usd", *nouns)
    found = []
    for name, (label, noun, table) in nouns.items():
        count = _known_sum(columns[name])
        each, each_before = _ratio(cost, count), _ratio(before["cost_usd"], before[name])
        hint = against(each, each_before, money, prior) if count else ""
        found.append(
            Kpi(
                money(each),
                label,
                needs(table)
                if count is None
                else (hint and hint + _since(view, *nouns)) or f"{number(count)} {noun}",
                opens=view.openers.total("cost_usd") if count is not None else "",
            )
        )
    return tuple(found)


def _ratio(amount: float | None, count: float | None) -> float | None:
    return amount / count if amount is not None and count else None


def active_errors(columns: Columns, view: View) -> tuple[Kpi, ...]:
    """Return the active errors by source."""
    row = {name: values[0] for name, values in columns.items()}
    all_known = None not in row.values()
    return (
        Kpi(
            number(row["active_errors"]),
            "active errors",
            "all of the following" if all_known else "those that can be known",
            BAD if row["active_errors"] else GOOD if all_known else "",
            "active_errors",
            opens=view.openers.of("active_errors", row),
        ),
        Kpi(
            number(row["failing_sites"]),
            "failing sites",
            needs("sites") if row["failing_sites"] is None else "",
            measure="failing_sites",
            opens=view.openers.of("failing_sites", row),
        ),
        Kpi(
            number(row["failed_outreaches"]),
            "failed outreach messages",
            needs("outreaches") if row["failed_outreaches"] is None else "",
            measure="failed_outreaches",
            opens=view.openers.of("failed_outreaches", row),
        ),
        Kpi(
            number(row["failed_jobs"]),
            "failing jobs",
            "latest finished run failed"
            if row["failed_jobs"] is not None
            else needs("cron_jobs", "cron_job_logs"),
            BAD if row["failed_jobs"] else "",
            "failing_jobs",
            opens=view.openers.of("failed_jobs", row),
        ),
    )


def database_health(columns: Columns, view: View) -> tuple[Kpi, ...]:
    """Return the source's integrity, size, pages, journal mode and last write.

    Of one in PostgreSQL what a server has: its files, pages and journal are the server's own.
    """
    row = {name: values[0] for name, values in columns.items()}
    last = None if row["last_write_at"] is None else parse_instant(row["last_write_at"])
    rows = Kpi(compact(row["rows"]), "rows", f"in {counted(row['tables'], 'table')}")
    last_write = Kpi(
        age(last, view.as_of),
        "last write",
        stamp(last, view.zone),
        value_age=None if last is None else Age(last),
    )
    if is_on_server(columns):
        return (Kpi(size(row["size_bytes"]), "database", "in PostgreSQL"), rows, last_write)
    pages, free = row["pages"], row["free_pages"]
    return (
        _integrity(row["integrity"]),
        Kpi(size(row["size_bytes"]), "database", f"and {size(row['wal_bytes'])} of write-ahead log"),
        rows,
        Kpi(
            _share(free or 0, pages or 0),
            "free pages",
            f"{number(free)} of {number(pages)}, {size(row['page_size'])} each",
        ),
        Kpi(row["journal_mode"] or NOTHING, "journal mode"),
        last_write,
    )


def is_on_server(columns: Columns) -> bool:
    """Return whether ``database_health`` is that of a source in PostgreSQL, which has no journal mode."""
    mode: str | None = columns["journal_mode"][0]
    return mode is None


def _integrity(finding: str | None) -> Kpi:
    if finding is None:
        return Kpi(NOTHING, "integrity", "not checked yet; a full refresh does")
    if finding == "ok":
        return Kpi("ok", "integrity", "SQLite's quick check", GOOD)
    return Kpi("damaged", "integrity", finding, BAD)
