"""Owns what is known of the columns, above all of those whose number is neither that of some rows nor a sum.

``OPENS_NOTHING`` names the number columns that no rows stand behind, and why. ``MEASURES`` computes the
others from the rows that they open, so that a test can compare.
"""

from __future__ import annotations

from engine.model.catalogue.datasets import catalogue

DECLARED = {f"{name}.{column}" for name, dataset in catalogue().items() for column in dataset.rows}
"""The columns that open rows, as ``dataset.column``."""

FILTERED = {
    "channel": "outreaches",
    "country": "sites",
    "job_name": "cron_job_logs",
    "model": "llm_usage",
    "provider": "llm_usage",
    "stage": "llm_usage",
}
"""The tables that have the words of a filter that is no column of its dataset."""

OPENS_NOTHING = {
    "active_errors_count.active_errors": "the sum of the three beside it, of three tables",
    "activity_now.usual_entries": "a mean over stretches of earlier weeks, which no row belongs to alone",
    "activity_usual_48h.sites_q25": "a quantile over the same hour of 28 days",
    "activity_usual_48h.sites_median": "a quantile over the same hour of 28 days",
    "activity_usual_48h.sites_q75": "a quantile over the same hour of 28 days",
    "activity_rolling.window_hours": "the length of the window, which names the row",
    "cron_job_summary.interval_minutes": "a setting of the job",
    "usual_today.usual_q75": "a quantile over 28 days, of which one alone is that day",
    "usual_today.days": "days, and no rows",
    "database_health.size_bytes": "of the file",
    "database_health.wal_bytes": "of the file",
    "database_health.page_size": "of the file",
    "database_health.pages": "of the file",
    "database_health.free_pages": "of the file",
    "database_health.tables": "of the schema",
    "database_health.rows": "all rows of all tables",
}

_SECONDS = "date_diff('second', started_at, finished_at)"
_NEWEST_STAMP = {
    "sites": "updated_at",
    "outreaches": "updated_at",
    "cron_job_logs": "started_at",
}
_STAYS = """
(
    select site_id, max(entered_at) filter (where status is distinct from previous_status) as since
    from (
        select
            site_id,
            status,
            entered_at,
            lag(status) over (partition by site_id order by entered_at, entry_id) as previous_status
        from site_status
        where entered_at <= run_now()
    )
    group by site_id
) as stays using (site_id)
"""
_FIRST_REPLIES = """
(
    select outreach_id, min(received_at) as replied_at
    from conversations
    join outreaches using (outreach_id)
    where direction = 'inbound' and received_at > sent_at
    group by outreach_id
) as replies using (outreach_id)
"""
_NEWEST_MESSAGES = """
(
    select outreach_id, max(received_at) as newest_at
    from conversations
    where direction in ('inbound', 'outbound') and received_at <= run_now()
    group by outreach_id
) as messages using (outreach_id)
"""
_ANSWERS = """
(
    select
        message_id,
        min(received_at) filter (where direction = 'outbound') over (
            partition by outreach_id
            order by received_at, message_id
            groups between 1 following and unbounded following
        ) as answered_at
    from conversations
    where direction in ('inbound', 'outbound') and received_at <= run_now()
) as answers using (message_id)
"""
_FINISHED_7D = """
(
    select count(*)
    from cron_job_logs
    where
        job_name = (select any_value(job_name) from counted)
        and status in ('success', 'failed')
        and started_at > run_now() - interval 168 hours
        and started_at <= run_now()
)
"""

MEASURES: dict[str, str] = {
    "activity_now.last_entry_at": "max(entered_at) from counted",
    "conversation_stats.median_reply_minutes": (
        "median(date_diff('second', sent_at, replied_at)) / 60 from counted join " + _FIRST_REPLIES
    ),
    "cron_job_summary.last_started_at": "max(started_at) from counted",
    "cron_job_summary.last_duration_s": (
        f"any_value(case when status is distinct from 'running' then {_SECONDS} end) from counted"
    ),
    "cron_job_summary.success_rate_7d": f"count(*) / {_FINISHED_7D} from counted having count(*) > 0",
    "cron_timeline_24h.duration_s": (
        f"any_value(case when status is distinct from 'running' then {_SECONDS} end) from counted"
    ),
    "error_breakdown.last_seen": "max({stamp}) from counted",
    "error_groups_30d.first_seen": "min({stamp}) from counted",
    "error_groups_30d.last_seen": "max({stamp}) from counted",
    "job_health.last_success_at": "max(started_at) from counted",
    "job_health.last_failed_at": "max(started_at) from counted",
    "job_health.p50_duration_s": f"quantile_disc({_SECONDS}, 0.5) from counted",
    "job_health.p95_duration_s": f"quantile_disc({_SECONDS}, 0.95) from counted",
    "job_health.running_since": "max(started_at) from counted",
    "stage_flow.last_entered_at": "max(entered_at) from counted",
    "stage_flow.median_wait_hours": (
        "quantile_disc(date_diff('second', since, run_now()), 0.5) / 3600 from counted join " + _STAYS
    ),
    "stage_flow.oldest_wait_hours": (
        "max(date_diff('second', since, run_now())) / 3600 from counted join " + _STAYS
    ),
    "system_metrics_24h.cpu_percent": "exact_mean(cpu_percent) from counted",
    "system_metrics_24h.memory_percent": "exact_mean(memory_percent) from counted",
    "system_metrics_24h.disk_percent": "exact_mean(disk_percent) from counted",
    "system_metrics_24h.cpu_percent_max": "max(cpu_percent) from counted",
    "waiting_replies.oldest_hours": (
        "max(date_diff('second', newest_at, run_now())) / 3600 from counted join " + _NEWEST_MESSAGES
    ),
    "waiting_replies.oldest_positive_hours": (
        "max(date_diff('second', newest_at, run_now())) / 3600 from counted join " + _NEWEST_MESSAGES
    ),
    "waiting_replies.median_answer_minutes": (
        "quantile_disc(date_diff('second', counted.received_at, answered_at), 0.5) / 60 from counted join "
        + _ANSWERS
    ),
}
"""By ``dataset.column``: what follows ``select``, over the rows ``counted``."""


def measure(name: str, table: str) -> str:
    """Return the query of a column's number over the rows ``counted`` of a table."""
    return f"select {MEASURES[name].replace('{stamp}', _NEWEST_STAMP.get(table, 'null'))}"
