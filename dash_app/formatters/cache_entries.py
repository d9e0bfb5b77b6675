"""The table of the cache by key: what is wrong with an entry, how it is read, its cost and lifetime."""

from __future__ import annotations

from collections.abc import Callable

from dash_app.figures.style import View
from dash_app.formatters.cache_entry_details import entry_details
from dash_app.formatters.cache_rows import FAILED, SELECTIONS, CacheRow, cache_rows
from dash_app.formatters.formats import duration, microseconds, minutes, number, percent, size
from dash_app.formatters.tables import (
    Cell,
    Details,
    Table,
    explained,
    figure_cell,
    headings,
    measured,
    moment_cell,
)
from dash_app.formatters.tones import BAD, GOOD, WARN
from engine.model.catalogue.datasets import SELECTS
from engine.model.text.in_words import counted
from engine.store import Analytics
from engine.store.analytics.tallies import Tally

GOOD_HIT_RATE, POOR_HIT_RATE = 0.95, 0.8
_TONES = {FAILED: BAD, "damaged": BAD, "missing": WARN, "expired": WARN, "fresh": GOOD}


def cache_table(title_of: Callable[[str], str]) -> Callable[[Analytics, View], Table]:
    """Return what makes the table; ``title_of`` returns the title of a page by its name."""
    return lambda analytics, view: _table(analytics, view, title_of)


def _table(analytics: Analytics, view: View, title_of: Callable[[str], str]) -> Table:
    rows = cache_rows(analytics)
    most = max((row.tally.reads for row in rows), default=0)
    slowest = max((_compute_us(row) or 0 for row in rows), default=0)
    pages = {page.page: page.tally for page in analytics.pages}

    def details(row: CacheRow) -> Details:
        page = row.key.partition("/")[0]
        return entry_details(row, view, title_of(page), pages.get(page, Tally()))

    return Table(
        headings(
            "Key",
            "State",
            explained("Age", "Since the instant that the value describes"),
            explained("# Reads 7 d", "Values that pages and the API have read in 7 days"),
            explained("# Hit rate", "Reads that found a fresh value, of all in 7 days"),
            explained("# Compute", "Mean time of computing it in 7 days", "µs"),
            measured("# TTL", "min"),
            explained("# Suggested TTL", "What fits how often the value changes, if it is another", "min"),
        ),
        tuple(
            (
                Cell(
                    row.key.removesuffix(SELECTS),
                    after=f"with {SELECTIONS}" if row.is_selections else "",
                    details=details(row),
                ),
                _state_cell(row),
                moment_cell(None if row.info is None else row.info.as_of, view),
                _reads_cell(row, most),
                figure_cell(row.tally.hit_rate, percent(row.tally.hit_rate), tone=_rate_tone(row.tally)),
                figure_cell(_compute_us(row), microseconds(_compute_us(row)), slowest),
                figure_cell(row.lifetime_minutes, minutes(row.lifetime_minutes)),
                figure_cell(
                    row.suggested_minutes,
                    minutes(row.suggested_minutes),
                    tone=WARN if row.suggested_minutes is not None else "",
                ),
            )
            for row in rows
        ),
        "nothing is stored, was computed or was read yet; a full refresh fills the cache",
        remark=_totals(analytics),
        main="State",
    )


def _state_cell(row: CacheRow) -> Cell:
    if row.is_selections:
        stored = counted(row.info.selections, "value") if row.info else "none stored"
        return Cell(stored, row.rank, badge=True)
    reason = row.problem.reason if row.problem else row.info.reason if row.info else ""
    return Cell(row.state, row.rank, _TONES.get(row.state, ""), reason, badge=True)


def _reads_cell(row: CacheRow, most: int) -> Cell:
    if row.figures is not None and row.figures.is_never_read:
        return Cell("never read", 0.0, note="computed in the last 7 days, and read by nobody")
    return figure_cell(row.tally.reads, number(row.tally.reads), most)


def _rate_tone(tally: Tally) -> str:
    if tally.hit_rate is None or tally.hit_rate >= GOOD_HIT_RATE:
        return ""
    return WARN if tally.hit_rate >= POOR_HIT_RATE else BAD


def _compute_us(row: CacheRow) -> float | None:
    return None if row.figures is None else row.figures.mean_compute_us


def _totals(analytics: Analytics) -> str:
    stored, times = analytics.stored, analytics.all_reads
    selections = sum(info.selections for info in analytics.infos)
    computing = sum(info.compute_ms or 0 for info in analytics.infos)
    parts = [
        f"{counted(stored.total, 'entry', 'entries')}, {size(stored.stored_bytes)} stored"
        f" of {size(stored.raw_bytes)}",
        f"{counted(selections, 'value')} with a range or a filter" if selections else "",
        f"{duration(computing / 1000)} to compute all" if computing else "",
        f"median read {microseconds(times.median_us)}, 95% within {microseconds(times.p95_us)}"
        if times.reads
        else "",
    ]
    return " · ".join(part for part in parts if part)
