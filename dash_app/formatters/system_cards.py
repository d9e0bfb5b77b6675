"""System cards: the dashboard's own state as KPIs and tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dash_app.figures.style import Figure, View
from dash_app.formatters.formats import number, percent
from dash_app.formatters.kpi import Kpi
from dash_app.formatters.tables import Cell, Order, Table, figure_cell, headings
from engine.model.settings import Settings
from engine.store.quality import Quality, read_quality


@dataclass(frozen=True)
class SystemCard:
    """What a system card reads and shows; ``read`` blocks."""

    read: Callable[[Settings, datetime], Any]
    show: Callable[[Any, View], tuple[Kpi, ...] | Table | Figure]


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
    return read_quality(settings.store)


UNREADABLE = SystemCard(_read_quality, unreadable_table)
UNRECOGNISED = SystemCard(_read_quality, unrecognised_table)
