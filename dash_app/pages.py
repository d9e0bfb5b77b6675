"""The pages and their cards: one declared table. A dataset is placed by one line of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dash_app.figures import cache, conversations, cron, errors, llm, outreach, overview, pipeline, system
from dash_app.figures.style import Columns, Figure, FigureFunction, View
from dash_app.readouts import analytics, internals, numbers, replica, tables
from dash_app.readouts.every_column import every_column
from dash_app.readouts.internals import Internal
from dash_app.readouts.numbers import Stat
from dash_app.readouts.tables import TableFunction
from engine.cache.analytics import Analytics
from engine.datasets import catalogue

NumbersFunction = Callable[[Columns, View], tuple[Stat, ...]]
CHART, NUMBERS, TABLE = "chart", "numbers", "table"


@dataclass(frozen=True)
class Card:
    """One card: what it shows and how. ``width`` is in twelfths of a wide page, ``height`` in pixels.

    Either ``dataset`` names a dataset of the catalogue and ``show`` turns its columns into a figure,
    numbers or a table, or ``internal`` says what of the dashboard itself it shows. A title of None
    is the dataset's own.
    """

    kind: str
    name: str
    dataset: str | None = None
    show: FigureFunction | NumbersFunction | TableFunction | None = None
    internal: Internal | None = None
    width: int = 12
    height: int = 300
    title: str | None = None

    @property
    def heading(self) -> str:
        """Return the card's title."""
        if self.title is not None or self.dataset is None:
            return self.title or self.name
        return catalogue()[self.dataset].title

    @property
    def key(self) -> str | None:
        """Return the cache key of its dataset; None for a card about the dashboard itself."""
        return None if self.dataset is None else catalogue()[self.dataset].key


@dataclass(frozen=True)
class Page:
    """One page: ``name`` is part of its element ids, ``lead`` the sentence below its title."""

    name: str
    path: str
    title: str
    icon: str
    lead: str
    cards: tuple[Card, ...]

    @property
    def datasets(self) -> tuple[str, ...]:
        """Return the datasets its cards show, each once."""
        return tuple(dict.fromkeys(card.dataset for card in self.cards if card.dataset is not None))

    @property
    def has_internals(self) -> bool:
        """Tell whether a card of it is about the dashboard itself."""
        return any(card.internal is not None for card in self.cards)

    def id(self, part: str, card: Card | None = None) -> str:
        """Return the element id of a part of the page or of one of its cards."""
        return f"{self.name}-{part}" if card is None else f"{self.name}-{card.kind}-{card.name}-{part}"


def chart(
    dataset: str, show: FigureFunction, width: int = 6, height: int = 300, title: str | None = None
) -> Card:
    """Return a card with a chart. Two charts of one dataset on a page differ by their function."""
    return Card(CHART, show.__name__, dataset, show, None, width, height, title)


def figures(dataset: str, show: NumbersFunction, width: int = 12, title: str | None = None) -> Card:
    """Return a card with numbers and their labels."""
    return Card(NUMBERS, show.__name__, dataset, show, None, width, 88, title)


def table(
    dataset: str, show: TableFunction, width: int = 12, height: int = 320, title: str | None = None
) -> Card:
    """Return a card with a table."""
    return Card(TABLE, show.__name__, dataset, show, None, width, height, title)


def internal_chart(show: Callable[[Analytics, View], Figure], width: int, height: int, title: str) -> Card:
    """Return a card with a chart of the cache's own work."""
    internal = analytics.of_the_cache(show)
    return Card(CHART, show.__name__, internal=internal, width=width, height=height, title=title)


PAGES: tuple[Page, ...] = (
    Page("overview", "/", "Overview", "speedometer2", "Key figures.", (
        figures("pipeline_funnel", numbers.sites_in_pipeline, 3, "Sites"),
        figures("conversation_stats", numbers.unread_messages, 3, "Inbox"),
        figures("active_errors_count", numbers.active_errors_in_short, 3, "Errors"),
        figures("cron_job_summary", numbers.jobs_in_short, 3, "Jobs"),
        figures("hourly_throughput_48h", numbers.throughput_48h, 4, "Outreach"),
        figures("llm_daily_costs_30d", numbers.cost_today, 4, "LLM cost"),
        figures("unit_economics_30d", numbers.unit_costs, 4, "Unit cost, 30 days"),
        chart("hourly_throughput_48h", overview.hourly_throughput, 12, 380),
        chart("pipeline_funnel", pipeline.pipeline_funnel, 5, 380),
        chart("unit_economics_30d", overview.unit_economics, 7, 380),
        Card(TABLE, "activity_now", "activity_now", every_column),
        Card(TABLE, "activity_rolling", "activity_rolling", every_column),
    )),
    Page("pipeline", "/pipeline", "Pipeline", "funnel", "Sites on their way from found to contacted.", (
        figures("daily_throughput", numbers.throughput_24h, 9, "Last 24 hours"),
        figures("excluded_sites_count", numbers.excluded_sites, 3, "Off the pipeline"),
        chart("pipeline_funnel", pipeline.pipeline_funnel, 6, 360),
        chart("pipeline_funnel", pipeline.sites_by_stage, 6, 360, "Where the sites are now"),
        chart("hourly_status_breakdown_48h", pipeline.hourly_status_breakdown, 12, 380),
        chart("daily_throughput", pipeline.daily_throughput, 12, 400),
        Card(TABLE, "pipeline_losses", "pipeline_losses", every_column),
        Card(TABLE, "stage_flow", "stage_flow", every_column),
    )),
    Page("outreach", "/outreach", "Outreach", "send", "Messages sent, delivered and answered.", (
        figures("outreach_funnel", numbers.outreach_totals),
        chart("outreach_funnel", outreach.outreach_funnel, 6, 300),
        chart("response_rates", outreach.response_rates, 6, 300, "Response rate by channel"),
        chart("outreach_daily_30d", outreach.outreach_daily, 12, 320),
        table("response_rates", tables.response_rates, 12, 260),
        Card(TABLE, "delivery_by_channel_30d", "delivery_by_channel_30d", every_column),
        Card(TABLE, "reply_cohorts_8w", "reply_cohorts_8w", every_column),
    )),
    Page("conversations", "/conversations", "Conversations", "chat-dots", "Messages in and out.", (
        figures("conversation_stats", numbers.conversation_totals),
        chart("conversations_daily_30d", conversations.conversations_daily, 8, 340),
        chart("conversation_stats", conversations.sentiments, 4, 340, "Sentiment of inbound messages"),
        Card(TABLE, "waiting_replies", "waiting_replies", every_column),
    )),
    Page("llm", "/llm", "LLM", "cpu", "Calls, tokens and cost of language models.", (
        figures("llm_daily_costs_30d", numbers.cost_totals, 12, "Cost and use"),
        chart("llm_daily_costs_30d", llm.daily_costs, 6, 300, "LLM cost by day, 30 days"),
        chart("llm_cost_by_stage_30d", llm.cost_by_stage, 6, 300),
        table("llm_usage_by_stage", tables.llm_usage_by_stage, 7, 300),
        chart("llm_cost_by_model_30d", llm.cost_by_model, 5, 300),
        Card(TABLE, "cost_by_outcome_30d", "cost_by_outcome_30d", every_column),
    )),
    Page("errors", "/errors", "Errors", "exclamation-triangle", "What fails, and since when.", (
        figures("active_errors_count", numbers.active_errors),
        chart("http_errors_30d", errors.http_errors, 12, 320),
        table("error_breakdown", tables.error_breakdown, 12, 560),
        Card(TABLE, "error_groups_30d", "error_groups_30d", every_column),
    )),
    Page("cron", "/jobs", "Jobs", "clock-history", "The pipeline's scheduled jobs.", (
        figures("cron_job_summary", numbers.job_totals, 12, "Jobs"),
        table("cron_job_summary", tables.cron_job_summary, 12, 420),
        chart("cron_timeline_24h", cron.cron_timeline, 12, 440),
        chart("cron_daily_history_7d", cron.cron_daily_history, 12, 260),
        Card(TABLE, "job_health", "job_health", every_column),
        Card(TABLE, "job_hours_24h", "job_hours_24h", every_column),
    )),
    Page("system", "/system", "System", "hdd-stack", "The machine and the database.", (
        figures("database_health", numbers.database_health),
        chart("system_metrics_24h", system.system_metrics, 12, 360),
        Card(NUMBERS, "replica", internal=replica.REPLICA, height=88, title="Replica"),
        Card(TABLE, "replica_tables", internal=replica.REPLICA_TABLES, height=330, title="Replica by table"),
        Card(TABLE, "unreadable", internal=internals.UNREADABLE, height=180, title="Unreadable values"),
    )),
    Page("cache", "/cache", "Cache", "lightning-charge", "Reads, entries and runs of the dashboard itself.", (
        Card(NUMBERS, "hits", internal=analytics.HIT_NUMBERS, height=88, title="Reads"),
        internal_chart(cache.reads_by_hour, 12, 380, "Reads by hour, 48 hours"),
        Card(TABLE, "outcomes", internal=analytics.OUTCOMES, width=6, height=260, title="Outcomes, 7 days"),
        Card(TABLE, "causes", internal=analytics.CAUSES, width=6, height=260, title="Misses, 7 days"),
        internal_chart(cache.misses_by_local_hour, 6, 300, "Misses by hour of the day, 7 days"),
        internal_chart(cache.spent_and_saved, 6, 300, "Computing time spent and saved, 7 days"),
        Card(TABLE, "pages", internal=analytics.PAGES_READ, height=300, title="Reads by their page, 7 days"),
        Card(TABLE, "keys", internal=analytics.KEYS, height=640, title="What each entry is worth, 7 days"),
        Card(TABLE, "lifetimes", internal=analytics.LIFETIMES, height=420, title="Suggested lifetimes"),
        Card(NUMBERS, "totals", internal=analytics.ENTRY_TOTALS, height=88, title="Entries"),
        Card(TABLE, "entries", internal=analytics.ENTRIES, height=640, title="Entries by key"),
        Card(NUMBERS, "run_totals", internal=analytics.RUN_NUMBERS, height=88, title="Runs"),
        Card(TABLE, "runs", internal=analytics.RUNS, height=420, title="Recent runs"),
    )),
)  # fmt: skip

NOT_FOUND = Page(
    "missing",
    "/not-found",
    "Page not found",
    "",
    "No such page.",
    (),
)
