"""Owns the expected value of every dataset, computed from a source database in plain Python.

It shares no code and no library with what it checks: sqlite3 and the standard library alone, one row at a
time. Where a rule can be read in more than one way, the docstring of the function says which is taken.
Do not call it in a process that opens the same file through DuckDB: two SQLite libraries in one process
can corrupt it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from . import activity, charts, cron, errors, flow, health, jobs, metrics, outcomes, overview, words
from .clock import Clock
from .compare import differences
from .results import Columns, Result, Unavailable
from .source import Source, read_source

__all__ = [
    "DATASETS",
    "Columns",
    "Result",
    "Unavailable",
    "compute_all",
    "differences",
    "unreadable_counts",
    "unrecognised_counts",
]

DATASETS: dict[str, tuple[Callable[[Source, Clock], Columns], tuple[str, ...]]] = {
    "pipeline_funnel": (metrics.pipeline_funnel, ("sites",)),
    "outreach_funnel": (metrics.outreach_funnel, ("outreaches", "conversations")),
    "response_rates": (metrics.response_rates, ("outreaches", "conversations")),
    "llm_usage_by_stage": (metrics.llm_usage_by_stage, ("llm_usage",)),
    "daily_throughput": (metrics.daily_throughput, ("site_status",)),
    "conversation_stats": (metrics.conversation_stats, ("outreaches", "conversations")),
    "error_breakdown": (errors.error_breakdown, ("sites", "outreaches", "cron_job_logs")),
    "sites_by_country": (metrics.sites_by_country, ("sites",)),
    "excluded_sites_count": (metrics.excluded_sites_count, ("sites",)),
    "active_errors_count": (
        errors.active_errors_count,
        ("sites", "outreaches", "cron_jobs", "cron_job_logs"),
    ),
    "cron_job_summary": (cron.cron_job_summary, ("cron_jobs", "cron_job_logs")),
    "database_health": (health.database_health, ()),
    "hourly_status_breakdown_48h": (charts.hourly_status_breakdown_48h, ("site_status",)),
    "hourly_throughput_48h": (charts.hourly_throughput_48h, ("site_status", "outreaches", "conversations")),
    "cron_timeline_24h": (cron.cron_timeline_24h, ("cron_jobs", "cron_job_logs")),
    "system_metrics_24h": (health.system_metrics_24h, ("system_metrics",)),
    "llm_daily_costs_30d": (charts.llm_daily_costs_30d, ("llm_usage",)),
    "llm_cost_by_stage_30d": (charts.llm_cost_by_stage_30d, ("llm_usage",)),
    "llm_cost_by_model_30d": (charts.llm_cost_by_model_30d, ("llm_usage",)),
    "http_errors_30d": (errors.http_errors_30d, ("http_errors",)),
    "cron_daily_history_7d": (cron.cron_daily_history_7d, ("cron_job_logs",)),
    "outreach_daily_30d": (charts.outreach_daily_30d, ("outreaches",)),
    "conversations_daily_30d": (charts.conversations_daily_30d, ("conversations",)),
    "unit_economics_30d": (charts.unit_economics_30d, ("llm_usage", "outreaches", "conversations")),
    "activity_rolling": (
        activity.activity_rolling,
        ("site_status", "outreaches", "conversations", "llm_usage", "http_errors", "cron_job_logs"),
    ),
    "activity_now": (activity.activity_now, ("site_status",)),
    "usual_today": (activity.usual_today, ("http_errors", "cron_job_logs", "llm_usage")),
    "pipeline_losses": (flow.pipeline_losses, ("sites", "site_status")),
    "stage_flow": (flow.stage_flow, ("sites", "site_status")),
    "delivery_by_channel_30d": (outcomes.delivery_by_channel_30d, ("outreaches",)),
    "reply_cohorts_8w": (outcomes.reply_cohorts_8w, ("outreaches", "conversations")),
    "waiting_replies": (outcomes.waiting_replies, ("outreaches", "conversations")),
    "cost_by_outcome_30d": (
        outcomes.cost_by_outcome_30d,
        ("llm_usage", "sites", "outreaches", "conversations"),
    ),
    "error_groups_30d": (errors.error_groups_30d, ("sites", "outreaches", "cron_job_logs")),
    "job_health": (jobs.job_health, ("cron_jobs", "cron_job_logs")),
    "key_figures_7d": (overview.key_figures_7d, ("outreaches", "conversations", "llm_usage")),
    "model_costs_7d": (overview.model_costs_7d, ("llm_usage",)),
    "activity_usual_48h": (overview.activity_usual_48h, ("site_status",)),
    "job_hours_24h": (jobs.job_hours_24h, ("cron_jobs", "cron_job_logs")),
}
"""Every dataset: how it is computed and which tables it cannot do without."""


def compute_all(found: Path | Source, now: datetime, time_zone: str) -> dict[str, Result]:
    """The expected result of every dataset, at one instant, of a database or of what was read of it.

    `now` is aware and has whole seconds; `time_zone` is an IANA name. Raises ValueError for another `now`,
    sqlite3.Error if the file is no database. The file must not be written meanwhile.
    """
    if now.tzinfo is None or now.microsecond:
        raise ValueError(f"now must be aware and have whole seconds, not {now!r}")
    clock = Clock(now.astimezone(UTC), ZoneInfo(time_zone))
    source = _source(found)
    results: dict[str, Result] = {}
    for key, (compute, needed) in DATASETS.items():
        missing = source.missing(needed)
        results[key] = Unavailable(missing) if missing else compute(source, clock)
    return results


def unrecognised_counts(found: Path | Source) -> dict[tuple[str, str], Counter[str]]:
    """By table and column: how often each word is there that the schema does not know, all words."""
    return words.unrecognised(_source(found))


def unreadable_counts(found: Path | Source) -> dict[tuple[str, str], int]:
    """By table and column: how many values are not null and cannot be read; columns without one are left out.

    The columns are those that a dataset or the rows behind its numbers read. `database_health` reads every
    timestamp of the source tables.
    """
    return _source(found).unreadable


def _source(found: Path | Source) -> Source:
    return found if isinstance(found, Source) else read_source(found)
