"""The lines about the dashboard's own runs: late, failed, the clock set back; the pill says the same."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from engine.attention.line import Kind, Level, Line, reason_text
from engine.model.settings import Settings
from engine.model.text.without_paths import without_paths
from engine.runs import read_progress
from engine.store import Entry
from engine.store.freshness.run_health import (
    clock_line,
    read_failed_run,
    read_late_run,
    read_newest_start,
)

UNREADABLE = "The database cannot be read"
CLOCK = "The clock was set back"
FAILED = "The latest run failed"
LATE = "The scheduled run is late"


def run_line(title: str, text: str, since: datetime | None = None) -> Line:
    """Return the line of a condition of the dashboard's runs, by its short title and its text."""
    return Line(Kind.RUN, Level.CRITICAL, title, reason_text(text), "cache", since)


def read_run_lines(settings: Settings, entries: Iterable[Entry], now: datetime) -> list[Line]:
    """Return the lines about the runs that the database knows of. Raises SourceError."""
    zone = ZoneInfo(settings.time_zone)
    began = read_newest_start(settings.store)
    late = read_late_run(
        settings.store,
        now,
        settings.precompute_interval_seconds,
        zone,
        is_under_way=read_progress(settings, now) is not None,
    )
    found = (
        (CLOCK, clock_line([began, *(entry.computed_at for entry in entries)], now), None),
        (FAILED, read_failed_run(settings.store, now, zone), began),
        (LATE, late, None),
    )
    return [run_line(title, without_paths(text), since) for title, text, since in found if text is not None]
