"""What opens below a row of the cache's table: its state, reads, causes of misses, worth, size, lifetime."""

from __future__ import annotations

from collections.abc import Iterable

from dash_app.figures.style import View
from dash_app.formatters.cache_rows import CacheRow
from dash_app.formatters.formats import (
    NOTHING,
    microseconds,
    milliseconds,
    minutes,
    number,
    percent,
    size,
    stamp,
)
from dash_app.formatters.tables import Details
from engine.model.values.results import UNAVAILABLE
from engine.store.analytics.tallies import Tally
from engine.store.reads import Outcome

_OUTCOMES = {
    Outcome.MEMORY: "fresh, from memory",
    Outcome.CACHE: "fresh, from the table",
    Outcome.STALE: "expired, shown all the same",
    Outcome.MISS: "no value",
    Outcome.ERROR: "unreadable database",
}


def entry_details(row: CacheRow, view: View, page: str, of_page: Tally) -> Details:
    """Return what a row has no column for, in sections of labels and texts."""
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
    return [("Own", minutes(row.lifetime_minutes)), ("Suggested", suggested), ("Based on", suggestion.why)]
