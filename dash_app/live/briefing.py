"""What is told beside the values: how the source has gone on since, and what is amiss with the whole.

It is read from the database some seconds apart, by a few short statements, and blocks meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from dash_app.pages import PAGES, Page
from engine.cache import Entry
from engine.cache.news import NewsReport, read_news, stalled_line
from engine.datasets import catalogue
from engine.errors import DashboardError
from engine.plain_text import plain_text
from engine.runs.lateness import (
    read_failed_run,
    read_late_run,
    read_newest_start,
    unstored_failure_line,
)
from engine.runs.unstored import UnstoredFailures
from engine.settings import Settings


@dataclass(frozen=True)
class Briefing:
    """``news`` says of each page, by name, what its values do not include; ``alerts`` are for all pages.

    ``late_run`` is one more alert, for as long as no run is under way; None where none is late.
    """

    news: dict[str, str] = field(default_factory=dict)
    alerts: tuple[str, ...] = ()
    late_run: str | None = None


NO_BRIEFING = Briefing()


def read_briefing(
    settings: Settings, entries: Mapping[str, Entry], now: datetime, failures: UnstoredFailures
) -> Briefing:
    """Return what is to be told now, of entries by key.

    Where the source cannot be read that is the failure that could not be stored, and no more.
    """
    zone = ZoneInfo(settings.time_zone)
    try:
        newest_start = read_newest_start(settings.db)
    except DashboardError:
        newest_start = None
    unstored = failures.latest(settings, newest_start)
    unstored_line = None if unstored is None else unstored_failure_line(unstored, now, zone)
    try:
        report = read_news(settings.db, now)
        stalled = stalled_line(report.newest_row_at, now, settings.stalled_after_minutes)
        failed = read_failed_run(settings.db, now, zone)
        late = read_late_run(settings.db, now, settings.precompute_interval_seconds, zone)
    except DashboardError:
        return Briefing(alerts=_present(unstored_line))
    news = {page.name: _news(page, entries, report) for page in PAGES}
    return Briefing(news, _present(stalled, unstored_line or failed), late)


def _present(*lines: str | None) -> tuple[str, ...]:
    return tuple(plain_text(line) for line in lines if line is not None)


def _news(page: Page, entries: Mapping[str, Entry], report: NewsReport) -> str:
    """Return what the oldest value of a page does not include; of all values for a page without any."""
    keys = [catalogue()[name].key for name in page.datasets] or list(entries)
    times = [entries[key].computed_at for key in keys if key in entries]
    oldest = min((time for time in times if time is not None), default=None)
    news = None if oldest is None else report.by_time.get(oldest)
    return "" if news is None else news.described
