"""The cache by key: what is wrong with an entry, how it is read, what it costs and how long it lives.

Keys with something wrong stand first, then those read most. All selections of a dataset are one row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dash_app.figures.style import View
from dash_app.formatters.formats import (
    NOTHING,
    counted,
    duration,
    microseconds,
    milliseconds,
    minutes,
    number,
    percent,
    size,
    stamp,
)
from dash_app.formatters.kpis import BAD, GOOD, WARN
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
from engine.model.catalogue.datasets import SELECTS, catalogue
from engine.model.values.results import UNAVAILABLE
from engine.store import Analytics, EntryInfo, EntryState, Problem
from engine.store.analytics.entry_figures import EntryFigures
from engine.store.analytics.tallies import Tally
from engine.store.reads import Outcome

GOOD_HIT_RATE, POOR_HIT_RATE = 0.95, 0.8
FAILED, UNAVAILABLE_HERE, SELECTIONS = "failed", "unavailable", "ranges and filters"

_RANKS = {FAILED: 0, "damaged": 1, "missing": 2, "expired": 3, UNAVAILABLE_HERE: 4}
_TONES = {FAILED: BAD, "damaged": BAD, "missing": WARN, "expired": WARN, "fresh": GOOD}
_OUTCOMES = {
    Outcome.MEMORY: "fresh, from memory",
    Outcome.CACHE: "fresh, from the table",
    Outcome.STALE: "expired, shown all the same",
    Outcome.MISS: "no value",
    Outcome.ERROR: "unreadable database",
}


@dataclass(frozen=True)
class CacheRow:
    """One key of the cache: ``figures`` is None if it was not stored, computed or read.

    ``problem`` is why it has no newer value, None if nothing is wrong.
    """

    key: str
    figures: EntryFigures | None
    problem: Problem | None

    @property
    def info(self) -> EntryInfo | None:
        """Return the stored entry; None if there is none."""
        return None if self.figures is None else self.figures.info

    @property
    def tally(self) -> Tally:
        """Return its reads."""
        return Tally() if self.figures is None else self.figures.tally

    @property
    def is_selections(self) -> bool:
        """Return whether it stands for the selected values of a dataset."""
        return self.key.endswith(SELECTS)

    @property
    def state(self) -> str:
        """Return ``failed``, ``unavailable``, ``missing``, ``expired`` or ``fresh``.

        Selected values are those words for none of them, because they may expire and be dropped.
        """
        if self.is_selections:
            return SELECTIONS
        if self.problem is not None:
            return UNAVAILABLE_HERE if self.problem.kind == UNAVAILABLE else FAILED
        return str(EntryState.MISSING if self.info is None else self.info.state)

    @property
    def suggested_minutes(self) -> int | None:
        """Return the suggested lifetime if it is another one than its own; None if there is none."""
        if self.figures is None:
            return None
        suggested = self.figures.suggestion.minutes
        return None if suggested == self.figures.lifetime_minutes else suggested


def cache_rows(analytics: Analytics) -> tuple[CacheRow, ...]:
    """Return all keys of the catalogue and of the cache: what is wrong first, then by reads."""
    figures = {entry.key: entry for entry in analytics.entries}
    known = {dataset.key for dataset in catalogue().values()}
    rows = [
        CacheRow(key, figures.get(key), analytics.problems.get(key)) for key in sorted(known | set(figures))
    ]
    return tuple(sorted(rows, key=lambda row: (_rank(row), -row.tally.reads, row.key)))


def _rank(row: CacheRow) -> int:
    return _RANKS.get(row.state, len(_RANKS))


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
        return _details(row, view, title_of(page), pages.get(page, Tally()))

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
                figure_cell(_lifetime(row), minutes(_lifetime(row))),
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
        return Cell(stored, _rank(row), badge=True)
    reason = row.problem.reason if row.problem else row.info.reason if row.info else ""
    return Cell(row.state, _rank(row), _TONES.get(row.state, ""), reason, badge=True)


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


def _lifetime(row: CacheRow) -> int | None:
    dataset = next((each for each in catalogue().values() if each.key == row.key), None)
    return None if dataset is None else dataset.ttl_minutes


def _totals(analytics: Analytics) -> str:
    stored, times, selections = (
        analytics.stored,
        analytics.all_reads,
        sum(info.selections for info in analytics.infos),
    )
    computing = sum(info.compute_ms or 0 for info in analytics.infos)
    parts = [
        f"{counted(stored.total, 'entry').replace('entrys', 'entries')}, {size(stored.stored_bytes)} stored"
        f" of {size(stored.raw_bytes)}",
        f"{counted(selections, 'value')} with a range or a filter" if selections else "",
        f"{duration(computing / 1000)} to compute all" if computing else "",
        f"median read {microseconds(times.median_us)}, 95% within {microseconds(times.p95_us)}"
        if times.reads
        else "",
    ]
    return " · ".join(part for part in parts if part)


def _details(row: CacheRow, view: View, page: str, of_page: Tally) -> Details:
    """Return what the row has no column for, in sections of labels and texts."""
    sections = (
        ("Now", _state_lines(row, view)),
        ("Reads, 7 days", _read_lines(row)),
        ("Causes of misses", _cause_lines(row)),
        ("What it is worth, 7 days", _worth_lines(row)),
        ("Size", _size_lines(row)),
        ("TTL", _lifetime_lines(row)),
        (
            "Page",
            (
                ("Belongs to", page),
                ("Hit rate of its keys", f"{percent(of_page.hit_rate)} of {number(of_page.reads)}"),
            ),
        ),
    )
    return tuple((title, tuple(lines)) for title, lines in sections if lines)


Lines = Iterable[tuple[str, str]]


def _state_lines(row: CacheRow, view: View) -> Lines:
    lines = [("State", row.state)]
    if row.is_selections:
        lines = [
            ("Values", number(row.info.selections if row.info else 0)),
            ("Kept", "for 24 h after the last reader"),
        ]
    if row.problem is not None:
        error = "Lacks" if row.problem.kind == UNAVAILABLE else "Last error"
        lines += [(error, row.problem.reason), ("Since", stamp(row.problem.at, view.zone))]
    if row.info is not None:
        lines += [("Because", row.info.reason)] if row.info.reason else []
        lines += [
            ("As of", stamp(row.info.as_of, view.zone)),
            ("Expires", stamp(row.info.expires_at, view.zone)),
        ]
    return lines


def _read_lines(row: CacheRow) -> Lines:
    reads = row.tally.reads
    return [
        (_OUTCOMES[outcome], f"{number(count)}, {percent(count / reads)}")
        for outcome in Outcome
        if (count := row.tally.of(outcome))
    ]


def _cause_lines(row: CacheRow) -> Lines:
    misses = {} if row.figures is None else row.figures.misses
    return [(str(cause), number(count)) for cause, count in misses.items() if count]


def _worth_lines(row: CacheRow) -> Lines:
    if row.figures is None:
        return []
    spending, saved = row.figures.spending, row.figures.saved_us
    return [
        ("Computed", f"{number(spending.computations)}, changed {number(spending.changed)}"),
        ("Time spent", microseconds(spending.compute_us)),
        ("Time saved", microseconds(saved)),
    ]


def _size_lines(row: CacheRow) -> Lines:
    info = row.info
    if info is None or row.figures is None:
        return []
    ratio = row.figures.compression
    return [
        ("Rows", number(info.entries)),
        ("Stored", size(info.stored_bytes)),
        ("Before compression", size(info.raw_bytes)),
        ("Ratio", NOTHING if ratio is None else f"{ratio:.1f}×"),
        ("Computed last in", milliseconds(info.compute_ms)),
    ]


def _lifetime_lines(row: CacheRow) -> Lines:
    if row.figures is None:
        return []
    suggestion = row.figures.suggestion
    suggested = minutes(suggestion.minutes) if suggestion.minutes is not None else "none"
    return [("Own", minutes(_lifetime(row))), ("Suggested", suggested), ("Based on", suggestion.why)]
