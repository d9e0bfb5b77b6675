"""System cards: the dashboard's own state as KPIs and tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dash_app.figures.style import Figure, View
from dash_app.formatters.formats import NOTHING, counted, duration, milliseconds, number, percent, size
from dash_app.formatters.kpis import BAD, GOOD, WARN, Kpi
from dash_app.formatters.tables import Cell, Order, Table, figure_cell, headings, moment_cell
from engine.model.datasets import catalogue
from engine.model.settings import Settings
from engine.model.text.without_paths import without_paths
from engine.store import (
    EntryInfo,
    EntryState,
    RunRow,
)
from engine.store.quality import Quality, read_quality

_RUN_TONES = {"success": GOOD, "partial": WARN, "failed": BAD}


@dataclass(frozen=True)
class SystemCard:
    """What a system card reads and shows; ``read`` blocks."""

    read: Callable[[Settings, datetime], Any]
    show: Callable[[Any, View], tuple[Kpi, ...] | Table | Figure]


def entry_totals(infos: tuple[EntryInfo, ...], view: View) -> tuple[Kpi, ...]:
    """Return the totals of the cache; selected values are counted by themselves."""
    selections = [info for info in infos if info.selections]
    infos = tuple(info for info in infos if not info.selections)
    raw, stored = sum(info.raw_bytes for info in infos), sum(info.stored_bytes for info in infos)
    fresh = sum(info.state is EntryState.FRESH for info in infos)
    times = [info.compute_ms for info in infos if info.compute_ms is not None]
    known = {dataset.key for dataset in catalogue().values()}
    missing = len(known - {info.key for info in infos})
    return (
        Kpi(
            number(fresh),
            "fresh",
            f"of {number(len(infos))} entries",
            GOOD if fresh == len(infos) and infos else WARN,
        ),
        Kpi(number(missing), "missing", f"of {number(len(known))} datasets", WARN if missing else GOOD),
        Kpi(number(sum(info.entries for info in infos)), "rows", "in all entries"),
        Kpi(size(stored), "stored", f"{size(raw)} before compression"),
        Kpi(f"{raw / stored:.1f}×" if stored else NOTHING, "compression", "before to after"),
        Kpi(duration(sum(times) / 1000) if times else NOTHING, "computing time", "of all entries together"),
        *((_selections_kpi(selections),) if selections else ()),
    )


def _selections_kpi(infos: list[EntryInfo]) -> Kpi:
    stored = size(sum(info.stored_bytes for info in infos))
    return Kpi(number(sum(info.selections for info in infos)), "ranges and filters", f"{stored} stored")


def entry_table(infos: tuple[EntryInfo, ...], view: View) -> Table:
    """Return the size, age and cost of each entry."""
    slowest = max((info.compute_ms or 0 for info in infos), default=0)
    return Table(
        headings("Key", "State", "# Rows", "# Raw", "# Stored", "# Ratio", "Age", "Expires", "# Computed in"),
        tuple(
            (
                Cell(info.key, note=_note(info)),
                _state_cell(info),
                figure_cell(info.entries, number(info.entries)),
                figure_cell(info.raw_bytes, size(info.raw_bytes)),
                figure_cell(info.stored_bytes, size(info.stored_bytes)),
                figure_cell(*_ratio(info)),
                moment_cell(info.as_of, view),
                moment_cell(info.expires_at, view),
                figure_cell(info.compute_ms, milliseconds(info.compute_ms), slowest),
            )
            for info in infos
        ),
        "the cache is empty; a full refresh fills it",
        main="State",
    )


def _note(info: EntryInfo) -> str:
    if info.selections:
        return f"{counted(info.selections, 'value')} with another range, a filter or the period before"
    return info.problem.reason if info.problem else ""


def _state_cell(info: EntryInfo) -> Cell:
    if info.problem is not None:
        return Cell(f"{info.state}, {info.problem.kind}", tone=BAD, note=info.problem.reason, badge=True)
    tone = GOOD if info.state is EntryState.FRESH else WARN
    return Cell(str(info.state), tone=tone, note=info.reason, badge=True)


def _ratio(info: EntryInfo) -> tuple[float | None, str]:
    if not info.stored_bytes:
        return None, NOTHING
    ratio = info.raw_bytes / info.stored_bytes
    return ratio, f"{ratio:.1f}×"


def run_table(runs: tuple[RunRow, ...], view: View) -> Table:
    """Return the latest runs, newest first."""
    slowest = max((run.duration_ms for run in runs), default=0)
    return Table(
        headings("Started", "Trigger", "Scope", "Status", "# Duration", "# Datasets", "# Rows", "Error"),
        tuple(
            (
                moment_cell(run.started_at, view),
                Cell(run.trigger),
                _scope_cell(run.scope),
                Cell(run.status, tone=_RUN_TONES.get(run.status, ""), badge=True),
                figure_cell(run.duration_ms, milliseconds(run.duration_ms), slowest),
                figure_cell(run.datasets, number(run.datasets)),
                figure_cell(run.entries, number(run.entries)),
                Cell(without_paths(run.error or NOTHING)),
            )
            for run in runs
        ),
        "no run yet",
        main="Status",
        order=Order("Started", descending=True),
    )


def _scope_cell(scope: str) -> Cell:
    names = scope.split(",")
    return Cell(scope) if len(names) == 1 else Cell(f"{len(names)} datasets", note=scope.replace(",", ", "))


def unreadable_table(quality: Quality, view: View) -> Table:
    """Return the source columns with unreadable values."""
    return Table(
        headings("Table", "Column", "# Unreadable values", "# Share of rows"),
        tuple(
            (
                Cell(count.table),
                Cell(count.column),
                figure_cell(count.values, number(count.values)),
                figure_cell(count.share, percent(count.share, 3)),
            )
            for count in quality.unreadable
        ),
        "every value of the source can be read",
        order=Order("Unreadable values", descending=True),
    )


def unrecognised_table(quality: Quality, view: View) -> Table:
    """Return the words that the schema does not know, which no figure counts."""
    return Table(
        headings("Table", "Column", "Word", "# Values"),
        tuple(
            (
                Cell(count.table),
                Cell(count.column),
                Cell(count.word or "(empty)"),
                figure_cell(count.values, number(count.values)),
            )
            for count in quality.unrecognised
        ),
        "every word of the source is recognised",
        order=Order("Values", descending=True),
    )


def _read_quality(settings: Settings, now: datetime) -> Quality:
    return read_quality(settings.db)


UNREADABLE = SystemCard(_read_quality, unreadable_table)
UNRECOGNISED = SystemCard(_read_quality, unrecognised_table)
