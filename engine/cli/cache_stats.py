"""``dashboard cache stats``: the analytics of the cache as tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from engine.cli.terminal_text import print_table, say
from engine.store.analytics import DAY_HOURS, Analytics
from engine.store.analytics.entry_figures import EntryFigures
from engine.store.analytics.tallies import Tally


def print_stats(analytics: Analytics, zone: ZoneInfo) -> None:
    """Print the figures in sections: entries, reads, misses, what each entry is worth, runs."""
    _print_entries(analytics)
    if analytics.all_reads.reads:
        _print_reads(analytics)
        _print_misses(analytics, zone)
    else:
        say()
        say("Nothing was read in the last 7 days.")
    if analytics.entries:
        _print_worth(analytics.entries)
    _print_runs(analytics)


def _section(title: str, headers: list[str], rows: Iterable[Sequence[Any]]) -> None:
    say()
    say(title)
    print_table(headers, rows)


def _print_entries(analytics: Analytics) -> None:
    say("Entries")
    print_table(
        ["key", "state", "entries", "JSON bytes", "stored bytes", "computed (UTC)", "expires (UTC)", "ms"],
        [
            (
                info.key,
                info.state.value,
                info.entries,
                info.raw_bytes,
                info.stored_bytes,
                f"{info.computed_at:%Y-%m-%d %H:%M:%S}",
                f"{info.expires_at:%Y-%m-%d %H:%M:%S}",
                _decimal(info.compute_ms),
            )
            for info in analytics.infos
        ],
    )
    totals, selections = analytics.stored, sum(info.selections for info in analytics.infos)
    say(
        f"{totals.total} entries, {totals.fresh} fresh, {totals.expired} expired;"
        f" {totals.raw_bytes} bytes stored as {totals.stored_bytes}"
    )
    if selections:
        say(f"{selections} of them have a range or a filter: one line for each dataset, which ends in ?")


_TALLY_HEADERS = ["reads", "hits", "hit rate", "served at once", "stale", "misses", "errors"]


def _tally_cells(tally: Tally) -> tuple[Any, ...]:
    rates = (_percent(tally.hit_rate), _percent(tally.served_rate))
    return (tally.reads, tally.hits, *rates, tally.stale, tally.miss, tally.error)


def _print_reads(analytics: Analytics) -> None:
    windows = (
        ("this hour", analytics.this_hour),
        ("24 hours", analytics.last_24_hours),
        ("7 days", analytics.last_7_days),
    )
    _section("Hit rate", ["over", *_TALLY_HEADERS], [(name, *_tally_cells(tally)) for name, tally in windows])
    _section(
        "Reads by hour, 24 hours (UTC)",
        ["hour", *_TALLY_HEADERS],
        [
            (f"{hour.starts_at:%Y-%m-%d %H:00}", *_tally_cells(hour.tally))
            for hour in analytics.hours[-DAY_HOURS:]
            if hour.tally.reads
        ],
    )
    _section(
        "Reads by outcome, 7 days",
        ["outcome", "reads", "share", "median ms", "p95 ms", "mean ms"],
        [
            (
                times.outcome.value if times.outcome else "all",
                times.reads,
                _percent(times.share),
                *(_milliseconds(value) for value in (times.median_us, times.p95_us, times.mean_us)),
            )
            for times in (*analytics.outcomes, analytics.all_reads)
        ],
    )
    _section(
        "Reads by their page, 7 days",
        ["page", *_TALLY_HEADERS],
        [(page.page or None, *_tally_cells(page.tally)) for page in analytics.pages],
    )


def _print_misses(analytics: Analytics, zone: ZoneInfo) -> None:
    misses = analytics.misses
    total = sum(misses.values())
    _section(
        "What misses come from, 7 days",
        ["cause", "reads", "share"],
        [(cause.value, count, _percent(count / total if total else None)) for cause, count in misses.items()],
    )
    if total:
        _section(
            f"Misses by hour of the day, 7 days ({zone.key})",
            ["hour", *(cause.value for cause in misses)],
            [
                (f"{hour:02}:00", *counts.values())
                for hour, counts in enumerate(analytics.misses_by_local_hour(zone))
                if any(counts.values())
            ],
        )


def _print_worth(entries: tuple[EntryFigures, ...]) -> None:
    _section(
        "What each entry is worth, 7 days",
        [
            "key", "reads", "hit rate", "computed", "changed", "spent ms", "saved ms", "ratio",
            "lifetime min", "suggested min", "why",
        ],
        [
            (
                entry.key,
                "never read" if entry.is_never_read else entry.tally.reads,
                _percent(entry.tally.hit_rate),
                entry.spending.computations,
                entry.spending.changed,
                _milliseconds(entry.spending.compute_us),
                _milliseconds(entry.saved_us),
                _decimal(entry.compression),
                entry.lifetime_minutes,
                entry.suggestion.minutes,
                entry.suggestion.why,
            )
            for entry in entries
        ],
    )  # fmt: skip


def _print_runs(analytics: Analytics) -> None:
    runs = analytics.runs
    if not runs.recent:
        say()
        say("No run yet.")
        return
    _section(
        "Recent runs",
        ["started (UTC)", "trigger", "scope", "status", "ms", "datasets", "entries", "error"],
        [
            (
                f"{run.started_at:%Y-%m-%d %H:%M:%S}",
                run.trigger,
                run.scope,
                run.status,
                run.duration_ms,
                run.datasets,
                run.entries,
                run.error,
            )
            for run in runs.recent
        ],
    )
    _section(
        "Runs by trigger, 7 days",
        ["trigger", "runs", "failed", "mean ms"],
        [
            (
                started.trigger,
                started.totals.runs,
                started.totals.failures,
                _decimal(started.mean_duration_ms),
            )
            for started in runs.triggers
        ],
    )
    say(
        f"{runs.last_24_hours.runs} runs in 24 hours, {runs.last_24_hours.failures} failed;"
        f" {runs.last_7_days.runs} in 7 days, {runs.last_7_days.failures} failed"
    )


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share * 100:.1f} %"


def _decimal(value: float | None) -> str | None:
    return None if value is None else f"{value:.1f}"


def _milliseconds(microseconds: float | None) -> str | None:
    return None if microseconds is None else f"{microseconds / 1000:.2f}"
