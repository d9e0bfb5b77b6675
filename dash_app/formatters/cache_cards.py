"""The cards of the Cache page, which share one read of the cache's analytics."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from dash_app.figures import hit_rate
from dash_app.formatters.cache_entries import cache_table
from dash_app.formatters.cache_runs import run_table
from dash_app.formatters.system_cards import SystemCard
from engine.model.settings import Settings
from engine.model.values.fingerprint import fingerprints
from engine.store import Analytics, read_analytics


def read_cache(settings: Settings, now: datetime) -> Analytics:
    """Return the analytics as of *now*. Raises SourceError."""
    expected = fingerprints(settings.time_zone)
    return read_analytics(settings.store, now, settings.precompute_interval_seconds, expected)


def entries_card(title_of: Callable[[str], str]) -> SystemCard:
    """Return the table of keys; ``title_of`` returns the title of a page by its name."""
    return SystemCard(read_cache, cache_table(title_of))


HOURS = SystemCard(read_cache, hit_rate.hits_and_misses)
RUNS = SystemCard(read_cache, run_table)
