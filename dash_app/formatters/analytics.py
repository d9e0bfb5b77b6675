"""The work of the cache as KPIs and tables; all cards of the Cache page share one read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from dash_app.figures.style import View
from dash_app.formatters.formats import (
    NOTHING,
    counted,
    duration,
    microseconds,
    minutes,
    number,
    percent,
    size,
)
from dash_app.formatters.kpis import BAD, GOOD, WARN, Kpi
from dash_app.formatters.system_cards import SystemCard, entry_table, entry_totals, run_table
from dash_app.formatters.tables import Cell, Order, Table, explained, figure_cell, headings
from engine.model.fingerprint import fingerprints
from engine.model.settings import Settings
from engine.store.analytics import Analytics, read_analytics
from engine.store.analytics.entry_figures import EntryFigures
from engine.store.analytics.tallies import ReadTimes, Tally
from engine.store.reads import Cause, Outcome
from engine.store.runs import RunTotals

NO_READS = "nothing was read in the last 7 days"
GOOD_HIT_RATE, POOR_HIT_RATE = 0.95, 0.8

READS = explained("# Reads", "Values that pages and the API have read in 7 days")
HIT_RATE = explained("# Hit rate", "Reads that found a fresh value, of all")
SERVED = explained("# Served at once", "Reads that got a value without waiting, expired ones too, of all")
MISSES = explained("# Misses", "Reads that found no value")

OUTCOME_NOTES = {
    Outcome.MEMORY: "a fresh value from the web process's memory",
    Outcome.CACHE: "a fresh value from the table",
    Outcome.STALE: "an expired value, shown while a newer one is computed",
    Outcome.MISS: "no value",
    Outcome.ERROR: "the database could not be read",
}
CAUSE_NOTES = {
    Cause.NEVER: "no run has stored the entry yet",
    Cause.EXPIRED: "the value was past its lifetime; it was shown all the same",
    Cause.DAMAGED: "the stored value could not be decoded",
    Cause.CLEARED: "the entry was there before and has been deleted",
}


def read_cache(settings: Settings, now: datetime) -> Analytics:
    """Return the analytics as of *now*. Raises SourceError."""
    expected = fingerprints(settings.time_zone)
    return read_analytics(settings.db, now, settings.precompute_interval_seconds, expected)


def hit_numbers(analytics: Analytics, view: View) -> tuple[Kpi, ...]:
    """Return hit rates and read times."""
    week, times = analytics.last_7_days, analytics.all_reads
    if not week.reads:
        return (Kpi(NOTHING, "hit rate", f"{NO_READS}; opening a page reads its entries"),)
    return (
        _hit_rate(analytics.this_hour, "hits this hour"),
        _hit_rate(analytics.last_24_hours, "hits in 24 h"),
        _hit_rate(week, "hits in 7 days"),
        Kpi(percent(week.served_rate), "served at once", "in 7 days, expired values included"),
        Kpi(microseconds(times.median_us), "median read", f"of {counted(times.reads, 'read')} in 7 days"),
        Kpi(microseconds(times.p95_us), "95th percentile", "of all reads in 7 days"),
        Kpi(
            number(week.miss + week.error),
            "served nothing",
            f"in 7 days; {number(week.stale)} more were expired",
            WARN if week.miss + week.error else GOOD,
        ),
    )


def _hit_rate(tally: Tally, label: str) -> Kpi:
    return Kpi(percent(tally.hit_rate), label, f"of {counted(tally.reads, 'read')}", _rate_tone(tally))


def _rate_tone(tally: Tally) -> str:
    if tally.hit_rate is None:
        return ""
    return GOOD if tally.hit_rate >= GOOD_HIT_RATE else WARN if tally.hit_rate >= POOR_HIT_RATE else BAD


def outcome_table(analytics: Analytics, view: View) -> Table:
    """Return the reads by outcome with their times; the last row is all reads."""
    rows = [times for times in analytics.outcomes if times.reads]
    return Table(
        headings("Outcome", READS, "# Share", "# Median", "# 95th percentile", "# Mean"),
        tuple(_outcome_row(times) for times in [*rows, analytics.all_reads]) if rows else (),
        NO_READS,
    )


def _outcome_row(times: ReadTimes) -> tuple[Cell, ...]:
    name = Cell("all") if times.outcome is None else Cell(times.outcome, note=OUTCOME_NOTES[times.outcome])
    return (
        name,
        figure_cell(times.reads, number(times.reads)),
        figure_cell(times.share, percent(times.share), 1),
        figure_cell(times.median_us, microseconds(times.median_us)),
        figure_cell(times.p95_us, microseconds(times.p95_us)),
        figure_cell(times.mean_us, microseconds(times.mean_us)),
    )


def cause_table(analytics: Analytics, view: View) -> Table:
    """Return the misses by cause."""
    misses, reads = analytics.misses, analytics.all_reads.reads
    total = sum(misses.values())
    return Table(
        headings("Cause", "# Reads", "# Share of misses", "# Share of all reads"),
        tuple(
            (
                Cell(cause, note=CAUSE_NOTES[cause]),
                figure_cell(count, number(count)),
                figure_cell(count, percent(count / total), total),
                figure_cell(count, percent(count / reads if reads else None)),
            )
            for cause, count in sorted(misses.items(), key=lambda pair: -pair[1])
            if count
        ),
        "every read of the last 7 days found a fresh value" if reads else NO_READS,
    )


def page_table(analytics: Analytics, title_of: Callable[[str], str]) -> Table:
    """Return the reads of each page, most read first; ``title_of`` returns the title of a page's name."""
    most = max((page.tally.reads for page in analytics.pages), default=0)
    return Table(
        headings("Page", READS, "# Hits", HIT_RATE, SERVED, "# Stale", MISSES),
        tuple(
            (
                Cell(title_of(page.page) if page.page else "no page"),
                figure_cell(page.tally.reads, number(page.tally.reads), most),
                figure_cell(page.tally.hits, number(page.tally.hits)),
                _rate_cell(page.tally),
                figure_cell(page.tally.served_rate, percent(page.tally.served_rate)),
                figure_cell(page.tally.stale, number(page.tally.stale)),
                figure_cell(page.tally.miss, number(page.tally.miss)),
            )
            for page in analytics.pages
        ),
        NO_READS,
        main="Hit rate",
        order=Order("Reads", descending=True),
    )


def _rate_cell(tally: Tally) -> Cell:
    tone = _rate_tone(tally)
    return figure_cell(tally.hit_rate, percent(tally.hit_rate), tone="" if tone == GOOD else tone)


def key_table(analytics: Analytics, view: View) -> Table:
    """Return the reads, costs and savings of each entry."""
    most = max((entry.tally.reads for entry in analytics.entries), default=0)
    return Table(
        headings(
            "Key",
            READS,
            HIT_RATE,
            explained("# Computed", "Values that runs have computed in 7 days"),
            explained("# Changed", "Computed values that differ from the value before"),
            explained("# Time spent", "Computing time in 7 days"),
            explained("# Time saved", "Computing time that stored values have saved, less that spent"),
            explained("# Raw", "Size before compression"),
            explained("# Stored", "Size in the table"),
            explained("# Ratio", "Size before compression, over that in the table"),
        ),
        tuple(_key_row(entry, most) for entry in analytics.entries),
        "nothing was computed or read yet; a full refresh fills the cache",
    )


def _key_row(entry: EntryFigures, most_reads: int) -> tuple[Cell, ...]:
    spending, info = entry.spending, entry.info
    raw = None if info is None else info.raw_bytes
    stored = None if info is None else info.stored_bytes
    reads = figure_cell(entry.tally.reads, number(entry.tally.reads), most_reads)
    if entry.is_never_read:
        reads = Cell("never read", 0, WARN, "computed in the last 7 days, and read by nobody", badge=True)
    return (
        Cell(entry.key),
        reads,
        _rate_cell(entry.tally),
        figure_cell(spending.computations, number(spending.computations)),
        figure_cell(spending.changed, number(spending.changed)),
        figure_cell(spending.compute_us, microseconds(spending.compute_us)),
        _saved_cell(entry.saved_us),
        figure_cell(raw, size(raw)),
        figure_cell(stored, size(stored)),
        figure_cell(entry.compression, NOTHING if entry.compression is None else f"{entry.compression:.1f}×"),
    )


def _saved_cell(saved_us: float | None) -> Cell:
    return figure_cell(saved_us, microseconds(saved_us))


def lifetime_table(analytics: Analytics, view: View) -> Table:
    """Return each entry's lifetime, the suggested one, and its reason."""
    return Table(
        headings("Key", "# TTL", "# Suggested TTL", "Based on"),
        tuple(_lifetime_row(entry) for entry in analytics.entries),
        "nothing was computed or read yet; a full refresh fills the cache",
    )


def _lifetime_row(entry: EntryFigures) -> tuple[Cell, ...]:
    suggested = entry.suggestion
    differs = suggested.minutes not in (None, entry.lifetime_minutes)
    return (
        Cell(entry.key),
        figure_cell(entry.lifetime_minutes, minutes(entry.lifetime_minutes)),
        figure_cell(suggested.minutes, minutes(suggested.minutes), tone=WARN if differs else ""),
        Cell(suggested.why),
    )


def run_numbers(analytics: Analytics, view: View) -> tuple[Kpi, ...]:
    """Return the number of runs and failures, and the mean duration by trigger."""
    runs = analytics.runs
    if not runs.last_7_days.runs:
        return (Kpi("0", "runs in 7 days", "the schedule or a refresh starts one"),)
    return (
        _run_totals(runs.last_24_hours, "in 24 h"),
        _run_totals(runs.last_7_days, "in 7 days"),
        *(
            Kpi(
                duration(started.mean_duration_ms / 1000),
                f"mean by {started.trigger}",
                f"{counted(started.totals.runs, 'run')} in 7 days",
            )
            for started in runs.triggers
        ),
    )


def _run_totals(totals: RunTotals, when: str) -> Kpi:
    label = f"{'run' if totals.runs == 1 else 'runs'} {when}"
    if not totals.failures:
        return Kpi(number(totals.runs), label, "all went well" if totals.runs else "")
    return Kpi(number(totals.runs), label, f"{number(totals.failures)} failed, all or in part", WARN)


def of_the_cache(show: Callable[[Analytics, View], Any]) -> SystemCard:
    """Return the system card for a function of the analytics."""
    return SystemCard(read_cache, show)


HIT_NUMBERS, RUN_NUMBERS = of_the_cache(hit_numbers), of_the_cache(run_numbers)
OUTCOMES, CAUSES = of_the_cache(outcome_table), of_the_cache(cause_table)
KEYS = of_the_cache(key_table)
LIFETIMES = of_the_cache(lifetime_table)
ENTRY_TOTALS = of_the_cache(lambda analytics, view: entry_totals(analytics.infos, view))
ENTRIES = of_the_cache(lambda analytics, view: entry_table(analytics.infos, view))
RUNS = of_the_cache(lambda analytics, view: run_table(analytics.runs.recent, view))
