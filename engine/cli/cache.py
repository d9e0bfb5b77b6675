"""``dashboard cache``: what is in the cache."""

from __future__ import annotations

from pathlib import Path

import click

from engine.cli.options import db_option, json_option, settings_for
from engine.cli.terminal_text import print_json, say
from engine.model.clock import wall_clock
from engine.model.errors import DashboardError, nearest


@click.group("cache")
def cache_group() -> None:
    """Look into the cache, or empty it."""


@cache_group.command()
@db_option
@json_option
def stats(db: Path | None, as_json: bool) -> None:
    """Show entries, hits and misses, costs, suggested lifetimes and runs."""
    from zoneinfo import ZoneInfo

    from engine.cli.cache_json import stats_as_json
    from engine.cli.cache_stats import print_stats
    from engine.model.fingerprint import fingerprints
    from engine.store import list_entries, read_analytics

    settings, now = settings_for(db), wall_clock()
    # Raises an error if the dashboard's tables are missing, because the figures would be empty then.
    list_entries(settings.db, now)
    expected = fingerprints(settings.time_zone)
    analytics = read_analytics(settings.db, now, settings.precompute_interval_seconds, expected)
    zone = ZoneInfo(settings.time_zone)
    if as_json:
        print_json(stats_as_json(analytics, zone))
    else:
        print_stats(analytics, zone)


@cache_group.command()
@db_option
def clear(db: Path | None) -> None:
    """Delete every entry of the cache."""
    from engine.store.writes import clear_entries

    say(f"Deleted {clear_entries(settings_for(db).db)} entries.")


@cache_group.command()
@click.argument("key")
@db_option
def show(key: str, db: Path | None) -> None:
    """Print the value stored under KEY, expired or not, as JSON."""
    from engine.model.datasets import dataset_of_key
    from engine.model.malformation import malformation
    from engine.model.payload import count_entries
    from engine.store import EntryState, list_entries, read_entries

    settings, now = settings_for(db), wall_clock()
    entry = read_entries(settings.db, [key], now)[key]
    if entry.state is EntryState.MISSING:
        keys = [info.key for info in list_entries(settings.db, now)]
        remedy = nearest(key, keys) if keys else "run `dashboard precompute`"
        raise DashboardError(key, "no such entry in the cache", remedy)
    if entry.state is EntryState.DAMAGED:
        raise DashboardError(key, "the entry is damaged", "run `dashboard precompute`")
    dataset = dataset_of_key(key)
    if dataset is not None and (fault := malformation(dataset, entry.value)) is not None:
        say(f"dashboard: warning: {key}: pages show it as damaged: {fault}", err=True)
    rows = count_entries(entry.value)
    if entry.rows_found is not None and entry.rows_found > rows:
        say(f"dashboard: warning: {key}: cut at {rows:,} of {entry.rows_found:,} rows", err=True)
    print_json(entry.value)
