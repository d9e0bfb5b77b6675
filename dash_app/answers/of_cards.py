"""Which answer belongs to what a card shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dash_app.answers import (
    conversations,
    errors,
    jobs,
    llm,
    outreach,
    overview,
    pipeline,
    system,
    unit_costs,
)
from dash_app.figures import conversations as conversation_charts
from dash_app.figures import cron as job_charts
from dash_app.figures import errors as error_charts
from dash_app.figures import job_hours
from dash_app.figures import llm as llm_charts
from dash_app.figures import outreach as outreach_charts
from dash_app.figures import overview as overview_charts
from dash_app.figures import pipeline as pipeline_charts
from dash_app.figures import system as system_charts
from dash_app.figures import unit_costs as unit_cost_charts
from dash_app.figures.style import View
from dash_app.formatters import error_cards, llm_cards, outreach_cards, pipeline_cards
from dash_app.formatters import jobs as job_tables
from dash_app.formatters import stages as stage_tables
from engine.model.values.payload import Columns

ANSWERS: Mapping[Callable[..., Any], Callable[[Columns, View], str]] = {
    stage_tables.stages: overview.stages,
    overview_charts.hourly_throughput: overview.hourly_throughput,
    overview_charts.model_costs: overview.model_costs,
    unit_cost_charts.unit_economics: unit_costs.unit_economics,
    pipeline_charts.sites_reached: pipeline.sites_reached,
    pipeline_charts.sites_now_and_lost: pipeline.sites_now_and_lost,
    pipeline_cards.stage_flow: pipeline.stage_flow,
    pipeline_charts.hourly_status_breakdown: pipeline.hourly_status_breakdown,
    pipeline_charts.daily_throughput: pipeline.daily_throughput,
    pipeline_charts.sites_by_country: pipeline.sites_by_country,
    outreach_charts.outreach_funnel: outreach.outreach_funnel,
    outreach_charts.outreach_daily: outreach.outreach_daily,
    outreach_charts.reply_cohorts: outreach.reply_cohorts,
    outreach_cards.delivery_by_channel: outreach.delivery_by_channel,
    outreach_cards.response_rates: outreach.reply_table,
    conversation_charts.conversations_daily: conversations.conversations_daily,
    conversation_charts.sentiments: conversations.sentiments,
    job_tables.job_health: jobs.job_health,
    job_hours.job_hours: jobs.job_hours,
    job_charts.cron_timeline: jobs.cron_timeline,
    job_tables.job_schedule: jobs.job_schedule,
    job_charts.cron_daily_history: jobs.cron_daily_history,
    error_charts.http_errors: errors.http_errors,
    error_cards.error_groups: errors.error_groups,
    error_cards.error_breakdown: errors.error_breakdown,
    llm_charts.daily_costs: llm.daily_costs,
    llm_charts.cost_by_stage: llm.cost_by_stage,
    llm_charts.cost_by_outcome: llm.cost_by_outcome,
    llm_charts.cost_by_model: llm.cost_by_model,
    llm_cards.llm_usage_by_stage: llm.llm_usage_by_stage,
    system_charts.system_metrics: system.system_metrics,
}
"""The function that draws a figure, or makes a table or KPIs → the function that makes its sentence."""
