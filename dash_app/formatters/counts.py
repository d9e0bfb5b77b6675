"""The KPIs that count what the source holds now: sites, messages and errors."""

from __future__ import annotations

from dash_app.figures.style import View, row_at
from dash_app.formatters.comparison import per
from dash_app.formatters.formats import minutes, number, percent, words
from dash_app.formatters.kpi import Kpi
from dash_app.formatters.tones import BAD, GOOD, WARN
from dash_app.formatters.unknown import needs
from engine.model.values.payload import Columns


def sites_in_pipeline(columns: Columns, view: View) -> tuple[Kpi, ...]:
    """Return the number of sites in the pipeline, and of those at its end."""
    total, last = sum(columns["sites"]), columns["sites"][-1]
    in_last = f"{number(last)} in {words(columns['stage'][-1])}, {percent(per(last, total))}"
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
            f"{percent(per(row['positive'], row['inbound']))} of inbound messages",
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
