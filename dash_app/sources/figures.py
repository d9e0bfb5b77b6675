"""The key figures of each source, side by side, and the totals of those that are exact sums."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dash_app.cache_reader import CacheReader
from dash_app.figures.style import rows_in
from dash_app.formatters.comparison import per
from dash_app.live.conditions import Condition, Kind
from dash_app.login.visitors import current_visitor
from engine.model.access import Right
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import to_iso
from engine.runs.health.standstill import ACTIVITY, Pace, last_entry_at, pace_of, quiet_line
from engine.store import CacheSnapshot, Entry
from engine.store.entries import entry_at

KEY_FIGURES = "key_figures_7d"


@dataclass(frozen=True)
class SourceFigures:
    """The figures of one source. None means that there is no value: of a rate also that nothing was sent.

    ``as_of`` is the instant of the values. ``trouble`` says why the cache, or the source, cannot be read.
    ``pace`` is how the pipeline goes on; ``is_quiet``: entries are missing that earlier weeks had at this
    time. ``all_clear``: everything was judged, and nothing needs attention.
    """

    name: str
    path: str
    as_of: datetime | None = None
    trouble: str | None = None
    sent: int | None = None
    replies: int | None = None
    positive: int | None = None
    cost_usd: float | None = None
    reply_rate: float | None = None
    critical: int | None = None
    warning: int | None = None
    all_clear: bool = False
    last_entry_at: datetime | None = None
    pace: Pace = Pace.UNKNOWN
    is_quiet: bool | None = None

    @property
    def cost_per_positive_usd(self) -> float | None:
        """Return the LLM cost for each positive reply; None without one."""
        return per(self.cost_usd, self.positive)


@dataclass(frozen=True)
class Total:
    """The sum of a figure, and over how many sources: those that have a value."""

    value: float
    sources: int


SUMMED: dict[str, Callable[[SourceFigures], float | None]] = {
    "outreaches_sent_7d": lambda one: one.sent,
    "replies_7d": lambda one: one.replies,
    "positive_replies_7d": lambda one: one.positive,
    "llm_cost_usd_7d": lambda one: one.cost_usd,
    "critical": lambda one: one.critical,
    "warning": lambda one: one.warning,
}
"""What has a total. A rate has none, nor has what is divided by something else."""


def figures_of(reader: CacheReader, now: datetime) -> SourceFigures:
    """Return the figures of a source by the snapshot read last; nothing is read for it."""
    settings, snapshot = reader.settings, reader.snapshots.latest
    path = f"{settings.base_path}/"
    if snapshot is None:
        return SourceFigures(settings.source_name, path)
    attention = reader.attention(snapshot, now)
    key_figures = _entry(snapshot, KEY_FIGURES)
    measures = _measures(key_figures)
    # The snapshot may be older than the lifetime of its entries: nothing is read for this page.
    activity = entry_at(snapshot.entries[catalogue()[ACTIVITY].key], now)
    pace, is_quiet = pace_of(activity), quiet_line(activity) is not None
    has_values = any(entry.value is not None for entry in snapshot.whole.values())
    # What is wrong with its runs is known before the first value.
    is_judged = has_values or bool(attention.critical or attention.warning)
    return SourceFigures(
        settings.source_name,
        path,
        as_of=None if key_figures is None else key_figures.as_of,
        trouble=_trouble(snapshot, reader.conditions),
        sent=_whole(measures.get("outreaches_sent")),
        replies=_whole(measures.get("replies")),
        positive=_whole(measures.get("positive_replies")),
        cost_usd=measures.get("llm_cost_usd"),
        reply_rate=per(measures.get("cohort_replied"), measures.get("cohort_sent")),
        critical=attention.critical if is_judged else None,
        warning=attention.warning if is_judged else None,
        all_clear=attention.is_all_clear,
        last_entry_at=last_entry_at(activity),
        pace=pace,
        is_quiet=None if pace is Pace.UNKNOWN and not is_quiet else is_quiet,
    )


def totals_of(figures: Iterable[SourceFigures]) -> dict[str, Total]:
    """Return the totals by their names in the API; those without any value are left out."""
    found = tuple(figures)
    values = {name: [value for one in found if (value := of(one)) is not None] for name, of in SUMMED.items()}
    return {name: Total(sum(each), len(each)) for name, each in values.items() if each}


def figures_json(figures: tuple[SourceFigures, ...], now: datetime) -> dict[str, Any]:
    """Return the figures as the API answers."""
    return {
        "as_of": to_iso(now),
        "sources": [_json(one) for one in figures],
        "totals": {
            name: {"value": total.value, "sources": total.sources}
            for name, total in totals_of(figures).items()
        },
    }


def _json(one: SourceFigures) -> dict[str, Any]:
    return {
        "name": one.name,
        "path": one.path,
        "values_as_of": None if one.as_of is None else to_iso(one.as_of),
        "trouble": one.trouble,
        **{name: of(one) for name, of in SUMMED.items()},
        "all_clear": one.all_clear,
        "reply_rate_3w": one.reply_rate,
        "cost_per_positive_reply_usd_7d": one.cost_per_positive_usd,
        "last_entry_at": None if one.last_entry_at is None else to_iso(one.last_entry_at),
        "is_quiet": one.is_quiet,
    }


def _entry(snapshot: CacheSnapshot, name: str) -> Entry | None:
    entry = snapshot.entries.get(catalogue()[name].key)
    return entry if entry is not None and entry.value is not None else None


def _measures(entry: Entry | None) -> dict[str, float]:
    """Return the measures in their whole window."""
    if entry is None:
        return {}
    return {row["measure"]: row["current"] for row in rows_in(entry.value) if row["first_day"] is None}


def _whole(count: float | None) -> int | None:
    return None if count is None else round(count)


def _trouble(snapshot: CacheSnapshot, conditions: tuple[Condition, ...]) -> str | None:
    """Return why cache or source cannot be read, in the words that the visitor may see; None if both can."""
    unreadable = next((one.text for one in conditions if one.kind is Kind.UNREADABLE), None)
    trouble = snapshot.trouble or unreadable
    if trouble is None or current_visitor().may(Right.CONTACTS):
        return trouble
    return "it cannot be read"
