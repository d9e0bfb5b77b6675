"""KPIs of the last 24 hours and 7 days against the period before, and of a quiet pipeline.

Each comparison comes from ``activity_rolling``: two windows of one length, one right after the other.
"""

from __future__ import annotations

from collections.abc import Callable

from dash_app.figures.style import View, row_at
from dash_app.formatters.ages import Age
from dash_app.formatters.formats import NOTHING, age, change, money, number, parse_instant, stamp
from dash_app.formatters.kpi import Kpi
from dash_app.formatters.tones import WARN
from dash_app.formatters.unknown import needs
from engine.model.values.payload import Columns

DAY_HOURS, WEEK_HOURS = 24, 168
TABLES = {
    "stage_entries": "site_status",
    "sites_found": "site_status",
    "outreaches_sent": "outreaches",
    "replies": "conversations",
    "positive_replies": "conversations",
    "llm_calls": "llm_usage",
    "llm_cost_usd": "llm_usage",
    "failed_requests": "http_errors",
    "failed_runs": "cron_job_logs",
}
"""The staging table that each measure counts rows of."""
PERIODS = {DAY_HOURS: "24 h", WEEK_HOURS: "7 d"}


def rolling(
    columns: Columns,
    view: View,
    measure: str,
    hours: int,
    label: str,
    *,
    shown: Callable[[float], str] = number,
    tone: str = "",
) -> Kpi:
    """Return a measure of the last hours against the same hours before; numbers above 0 have ``tone``.

    One whose table is missing is a dash, and says so.
    """
    row = next(
        row
        for row, (name, window) in enumerate(zip(columns["measure"], columns["window_hours"], strict=True))
        if (name, window) == (measure, hours)
    )
    current, previous = columns["current"][row], columns["previous"][row]
    return Kpi(
        NOTHING if current is None else shown(current),
        f"{label} in the last {PERIODS[hours]}",
        needs(TABLES[measure])
        if current is None
        else _against(columns["change"][row], previous, shown, PERIODS[hours]),
        tone if current else "",
        f"{measure}_{hours}h",
        opens=view.openers.of("current", row_at(columns, row)),
    )


def _against(fraction: float | None, previous: float, shown: Callable[[float], str], period: str) -> str:
    if fraction is not None:
        return f"{change(fraction)} vs prior {period} ({shown(previous)})"
    return "history too short to compare" if previous else f"none in the prior {period}"


def pipeline_activity(columns: Columns, view: View) -> tuple[Kpi, ...]:
    """Return the sites found and the changes of a status, in a day and in a week."""
    return (
        rolling(columns, view, "sites_found", DAY_HOURS, "sites found"),
        rolling(columns, view, "stage_entries", DAY_HOURS, "status changes"),
        rolling(columns, view, "sites_found", WEEK_HOURS, "sites found"),
        rolling(columns, view, "stage_entries", WEEK_HOURS, "status changes"),
    )


def outreach_activity(columns: Columns, view: View) -> tuple[Kpi, ...]:
    """Return messages sent and replies, in a day and in a week."""
    return (
        rolling(columns, view, "outreaches_sent", DAY_HOURS, "sent"),
        rolling(columns, view, "replies", DAY_HOURS, "replies"),
        rolling(columns, view, "outreaches_sent", WEEK_HOURS, "sent"),
        rolling(columns, view, "replies", WEEK_HOURS, "replies"),
    )


def reply_activity(columns: Columns, view: View) -> tuple[Kpi, ...]:
    """Return the replies and the positive ones, in a day and in a week."""
    return (
        rolling(columns, view, "replies", DAY_HOURS, "replies"),
        rolling(columns, view, "positive_replies", DAY_HOURS, "positive replies"),
        rolling(columns, view, "replies", WEEK_HOURS, "replies"),
        rolling(columns, view, "positive_replies", WEEK_HOURS, "positive replies"),
    )


def llm_activity(columns: Columns, view: View) -> tuple[Kpi, ...]:
    """Return the calls of language models and their cost, in a day and in a week."""
    return (
        rolling(columns, view, "llm_cost_usd", DAY_HOURS, "LLM cost", shown=money),
        rolling(columns, view, "llm_calls", DAY_HOURS, "LLM calls"),
        rolling(columns, view, "llm_cost_usd", WEEK_HOURS, "LLM cost", shown=money),
        rolling(columns, view, "llm_calls", WEEK_HOURS, "LLM calls"),
    )


def failure_activity(columns: Columns, view: View) -> tuple[Kpi, ...]:
    """Return the failed requests and the failed job runs, in a day and in a week."""
    return (
        rolling(columns, view, "failed_requests", DAY_HOURS, "failed requests"),
        rolling(columns, view, "failed_runs", DAY_HOURS, "failed job runs", tone=WARN),
        rolling(columns, view, "failed_requests", WEEK_HOURS, "failed requests"),
        rolling(columns, view, "failed_runs", WEEK_HOURS, "failed job runs"),
    )


def failed_runs(columns: Columns, view: View) -> tuple[Kpi, ...]:
    """Return the failed job runs, in a day and in a week."""
    return (
        rolling(columns, view, "failed_runs", DAY_HOURS, "failed job runs", tone=WARN),
        rolling(columns, view, "failed_runs", WEEK_HOURS, "failed job runs"),
    )


def last_entry(columns: Columns, view: View) -> tuple[Kpi, ...]:
    """Return the age of the last change of a status, and the usual number of them in that time."""
    at, usual = columns["last_entry_at"][0], columns["usual_entries"][0]
    if at is None:
        return (Kpi(age(None, view.as_of), "last status change", measure="last_entry"),)
    instant = parse_instant(at)
    hint = stamp(instant, view.zone)
    if usual is not None:
        digits = 0 if usual >= 10 or float(usual).is_integer() else 1
        hint = f"usually {number(usual, digits)} {'entry' if usual == 1 else 'entries'} by now"
    return (
        Kpi(
            age(instant, view.as_of),
            "last status change",
            hint,
            WARN if columns["quiet"][0] else "",
            "last_entry",
            value_age=Age(instant),
            opens=view.openers.of("last_entry_at", row_at(columns, 0)),
        ),
    )
