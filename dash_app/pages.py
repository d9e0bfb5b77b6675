"""The pages and their cards: one declared table, in which one line places a dataset."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from dash_app.answers.of_cards import ANSWERS
from dash_app.answers.of_pages import PAGE_ANSWERS
from dash_app.answers.page_values import PageAnswer
from dash_app.figures import (
    conversations,
    cron,
    errors,
    job_hours,
    llm,
    outreach,
    overview,
    pipeline,
    system,
    unit_costs,
)
from dash_app.figures.style import FigureFunction, View
from dash_app.formatters import (
    activity,
    cache_cards,
    conversation_cards,
    database,
    error_cards,
    jobs,
    key_figures,
    llm_cards,
    outreach_cards,
    pipeline_cards,
    replica,
    stages,
    system_cards,
)
from dash_app.formatters.kpi import Kpi
from dash_app.formatters.system_cards import SystemCard
from dash_app.formatters.tables import TableFunction
from engine.attention.judging import NEEDED
from engine.model.catalogue.datasets import catalogue
from engine.model.values.payload import Columns

KpiFunction = Callable[[Columns, View], tuple[Kpi, ...]]
AnswerFunction = Callable[[Columns, View], str]
CHART, NUMBERS, TABLE, ATTENTION = "chart", "numbers", "table", "attention"
OPERATE, WATCH, ADMIN = "Operate", "Watch", "Admin"


@dataclass(frozen=True)
class Card:
    """One card: what it shows and how. ``width`` is in twelfths of a wide page, ``height`` in pixels.

    A card shows a dataset or is a system card. ``show`` makes a figure, KPIs or a table of the columns of
    ``dataset``; ``system`` reads and shows the dashboard's own state. A title of None is the dataset's.
    ``answer`` makes the sentence below the title of the same columns; None means that there is no sentence.
    ``needs`` names other datasets that it cannot do without.
    ``beside`` is another dataset that the card shows with its own, as ``View.beside``; None for none.
    """

    kind: str
    name: str
    dataset: str | None = None
    show: FigureFunction | KpiFunction | TableFunction | None = None
    system: SystemCard | None = None
    width: int = 12
    height: int = 300
    title: str | None = None
    answer: AnswerFunction | None = None
    needs: tuple[str, ...] = ()
    beside: str | None = None

    @property
    def heading(self) -> str:
        """Return the card's title."""
        if self.title is not None or self.dataset is None:
            return self.title or self.name
        return catalogue()[self.dataset].title

    @property
    def key(self) -> str | None:
        """Return the cache key of its dataset; None for a system card."""
        return None if self.dataset is None else catalogue()[self.dataset].key


@dataclass(frozen=True)
class Page:
    """One page: ``name`` is part of its element ids, ``group`` is the heading it has in the sidebar.

    ``answer`` makes the sentence that it begins with; None means that there is no sentence.
    """

    name: str
    path: str
    title: str
    icon: str
    group: str
    cards: tuple[Card, ...]
    answer: PageAnswer | None = None

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Return the cache keys of its datasets, each once."""
        return tuple(catalogue()[name].key for name in self.datasets)

    @cached_property
    def datasets(self) -> tuple[str, ...]:
        """Return the names of the datasets that its cards show, then of those they need, each once."""
        shown = [name for card in self.cards for name in (card.dataset, card.beside) if name is not None]
        return tuple(dict.fromkeys([*shown, *(name for card in self.cards for name in card.needs)]))

    @cached_property
    def has_system_cards(self) -> bool:
        """Return whether one of its cards is a system card."""
        return any(card.system is not None for card in self.cards)

    @cached_property
    def shows_attention(self) -> bool:
        """Return whether one of its cards shows what needs attention."""
        return any(card.kind == ATTENTION for card in self.cards)

    def id(self, part: str, card: Card | None = None) -> str:
        """Return the element id of a part of the page or of one of its cards."""
        return f"{self.name}-{part}" if card is None else f"{self.name}-{card.kind}-{card.name}-{part}"


def chart(
    dataset: str,
    show: FigureFunction,
    width: int = 6,
    height: int = 300,
    title: str | None = None,
    *,
    beside: str | None = None,
) -> Card:
    """Return a card with a chart. Two charts of one dataset on a page differ by their function."""
    return Card(
        CHART, show.__name__, dataset, show, None, width, height, title, ANSWERS.get(show), beside=beside
    )


def kpi(dataset: str, show: KpiFunction, width: int = 12, title: str | None = None, height: int = 88) -> Card:
    """Return a card with KPIs."""
    return Card(NUMBERS, show.__name__, dataset, show, None, width, height, title, ANSWERS.get(show))


def table(
    dataset: str,
    show: TableFunction,
    width: int = 12,
    height: int = 320,
    title: str | None = None,
    *,
    beside: str | None = None,
) -> Card:
    """Return a card with a table."""
    return Card(
        TABLE, show.__name__, dataset, show, None, width, height, title, ANSWERS.get(show), beside=beside
    )


NEEDS_ATTENTION = Card(
    ATTENTION, "needs_attention", "usual_today", height=144, title="Needs attention", needs=tuple(NEEDED)
)
"""The errors and the cost of today are its own; the other datasets that it needs have cards elsewhere."""

ODD_VALUES, ODD_WORDS = "Unreadable values", "Unrecognised words"
BY_HOUR, USUAL = "Activity by hour, 48 hours", "activity_usual_48h"
REACHED = "Sites that ever reached each stage, and share of the stage before"


def _title_of(name: str) -> str:
    """Return the title of the page with a name; the name if the page has gone since it was read."""
    return next((page.title for page in PAGES if page.name == name), name)


CACHE_ENTRIES = cache_cards.entries_card(_title_of)


PAGES: tuple[Page, ...] = (
    Page("overview", "/", "Overview", "speedometer2", OPERATE, (
        NEEDS_ATTENTION,
        kpi("key_figures_7d", key_figures.key_figures, 12, height=148),
        table("stage_flow", stages.stages, 12, 330, "Stages", beside="pipeline_losses"),
        chart("hourly_throughput_48h", overview.hourly_throughput, 7, 380, BY_HOUR, beside=USUAL),
        chart("model_costs_7d", overview.model_costs, 5, 380),
    )),
    Page("pipeline", "/pipeline", "Pipeline", "funnel", OPERATE, (
        kpi("activity_rolling", activity.pipeline_activity, 6, "Activity"),
        kpi("activity_now", activity.last_entry, 2, "Pipeline"),
        kpi("pipeline_funnel", pipeline_cards.sites_in_pipeline, 2, "Sites"),
        kpi("excluded_sites_count", pipeline_cards.excluded_sites, 2, "Off the pipeline"),
        table("stage_flow", pipeline_cards.stage_flow, 12, 340),
        chart("pipeline_losses", pipeline.sites_reached, 6, 340, REACHED),
        chart("pipeline_losses", pipeline.sites_now_and_lost, 6, 340, "In each stage now, and lost there"),
        chart("hourly_status_breakdown_48h", pipeline.hourly_status_breakdown, 7, 380),
        chart("daily_throughput", pipeline.daily_throughput, 5, 380),
        chart("sites_by_country", pipeline.sites_by_country, 12, 340),
    ), PAGE_ANSWERS["pipeline"]),
    Page("outreach", "/outreach", "Outreach", "send", OPERATE, (
        kpi("activity_rolling", activity.outreach_activity, 12, "Activity"),
        chart("outreach_daily_30d", outreach.outreach_daily, 7, 300),
        chart("outreach_funnel", outreach.outreach_funnel, 5, 300, "By step, and share of the step before"),
        table("delivery_by_channel_30d", outreach_cards.delivery_by_channel, 12, 240),
        chart("reply_cohorts_8w", outreach.reply_cohorts, 12, 300, "Answered in 7 days, by week sent"),
        table("response_rates", outreach_cards.response_rates, 12, 260, "Replies by channel, all time"),
    ), PAGE_ANSWERS["outreach"]),
    Page("conversations", "/conversations", "Conversations", "chat-dots", OPERATE, (
        kpi("waiting_replies", conversation_cards.waiting_replies, 7, "Waiting for us"),
        kpi("activity_rolling", activity.reply_activity, 5, "Activity"),
        chart("conversations_daily_30d", conversations.conversations_daily, 7, 340),
        chart("conversation_stats", conversations.sentiments, 5, 340, "Sentiment of inbound messages"),
        kpi("conversation_stats", conversation_cards.conversation_totals, 12, "Messages, all time"),
    ), PAGE_ANSWERS["conversations"]),
    Page("cron", "/jobs", "Jobs", "clock-history", WATCH, (
        kpi("job_health", jobs.job_totals, 5, "Jobs"),
        kpi("cron_job_summary", jobs.schedule_totals, 3, "Schedule"),
        kpi("activity_rolling", activity.failed_runs, 4, "Activity"),
        table("job_health", jobs.job_health, 12, 420, beside="cron_job_summary"),
        chart("job_hours_24h", job_hours.job_hours, 12, 320),
        table("cron_job_summary", jobs.job_schedule, 12, 420),
        chart("cron_timeline_24h", cron.cron_timeline, 7, 400),
        chart("cron_daily_history_7d", cron.cron_daily_history, 5, 400),
    ), PAGE_ANSWERS["cron"]),
    Page("errors", "/errors", "Errors", "exclamation-triangle", WATCH, (
        kpi("active_errors_count", error_cards.active_errors, 6),
        kpi("activity_rolling", activity.failure_activity, 6, "Activity"),
        chart("http_errors_30d", errors.http_errors, 12, 240),
        table("error_groups_30d", error_cards.error_groups, 12, 560),
        table("error_breakdown", error_cards.error_breakdown, 12, 560),
    ), PAGE_ANSWERS["errors"]),
    Page("llm", "/llm", "LLM cost", "cpu", WATCH, (
        kpi("activity_rolling", activity.llm_activity, 6, "Activity"),
        kpi("llm_daily_costs_30d", llm_cards.cost_totals, 6, "Cost and use"),
        chart("llm_daily_costs_30d", llm.daily_costs, 7, 320, "LLM cost by day, 30 days"),
        chart("llm_cost_by_model_30d", llm.cost_by_model, 5, 320),
        chart("llm_cost_by_stage_30d", llm.cost_by_stage, 7, 320),
        chart("cost_by_outcome_30d", llm.cost_by_outcome, 5, 320),
        kpi("unit_economics_30d", llm_cards.unit_costs, 12, "Unit cost, 30 days"),
        chart("unit_economics_30d", unit_costs.unit_economics, 12, 300),
        table("llm_usage_by_stage", llm_cards.llm_usage_by_stage, 12, 300),
    ), PAGE_ANSWERS["llm"]),
    Page("system", "/system", "System", "hdd-stack", ADMIN, (
        kpi("database_health", database.database_health),
        Card(NUMBERS, "replica", system=replica.REPLICA, height=88, title="Replica"),
        chart("system_metrics_24h", system.system_metrics, 12, 300),
        Card(TABLE, "replica_tables", system=replica.REPLICA_TABLES, height=330, title="Replica by table"),
        Card(TABLE, "unreadable", system=system_cards.UNREADABLE, width=6, height=180, title=ODD_VALUES),
        Card(TABLE, "unrecognised", system=system_cards.UNRECOGNISED, width=6, height=180, title=ODD_WORDS),
    ), PAGE_ANSWERS["system"]),
    Page("cache", "/cache", "Cache", "lightning-charge", ADMIN, (
        Card(CHART, "hours", system=cache_cards.HOURS, height=240, title="Hit rate and misses, 48 hours"),
        Card(TABLE, "entries", system=CACHE_ENTRIES, height=900, title="Entries by key"),
        Card(TABLE, "runs", system=cache_cards.RUNS, height=420, title="Recent runs"),
    ), PAGE_ANSWERS["cache"]),
)  # fmt: skip

PAGE_PATHS = frozenset(page.path for page in PAGES)

NOT_FOUND = Page(
    "missing",
    "/not-found",
    "Page not found",
    "",
    "",
    (),
)
