"""``dashboard cache``: what is in the cache."""

from __future__ import annotations

from typing import Any

import click

from engine.cli.options import db_option, json_option, settings_for
from engine.cli.terminal_text import print_json, say
from engine.model.clock import parse_now, wall_clock
from engine.model.places.postgres_address import SourceAddress
from engine.model.text.in_words import counted


@click.group("cache")
def cache_group() -> None:
    """Look into the cache, or empty it."""


@cache_group.command()
@db_option
@json_option
def stats(db: SourceAddress | None, as_json: bool) -> None:
    """Show entries, hits and misses, costs, suggested lifetimes and runs."""
    from zoneinfo import ZoneInfo

    from engine.cli.cache_json import stats_as_json
    from engine.cli.cache_stats import print_stats
    from engine.model.values.fingerprint import fingerprints
    from engine.store import list_entries, read_analytics

    settings, now = settings_for(db), wall_clock()
    # Raises an error if the dashboard's tables are missing, because the figures would be empty then.
    list_entries(settings.store, now)
    expected = fingerprints(settings.time_zone)
    analytics = read_analytics(settings.store, now, settings.precompute_interval_seconds, expected)
    zone = ZoneInfo(settings.time_zone)
    if as_json:
        print_json(stats_as_json(analytics, zone))
    else:
        print_stats(analytics, zone)


@cache_group.command()
@db_option
def clear(db: SourceAddress | None) -> None:
    """Delete every entry of the cache."""
    from engine.store.sqlite.store_file import missing_in_store
    from engine.store.writes import clear_entries

    settings = settings_for(db)
    deleted = 0 if missing_in_store(settings) else clear_entries(settings.store)
    say(f"Deleted {counted(deleted, 'entry', 'entries')}.")


@cache_group.command()
@click.argument("key")
@click.option("--range", "range_", metavar="R", help="Another range, e.g. 7d or 2026-11-01..2026-11-09.")
@click.option(
    "--filter",
    "filters",
    metavar="COLUMN:VALUE",
    multiple=True,
    help="Only these rows; COLUMN alone: those without a value.",
)
@click.option("--compare", is_flag=True, help="Print value and previous: the period before beside it.")
@click.option("--now", "now_text", metavar="ISO", help="Compute it as of this instant, and store nothing.")
@db_option
def show(key: str, now_text: str | None, db: SourceAddress | None, **selection: Any) -> None:
    """Print the value stored under KEY, expired or not, as JSON.

    One with a range, a filter or a comparison is computed first if it is not stored.
    """
    from engine.cli.cache_show import (
        AskedSelection,
        computed_values,
        parse_asked,
        stored_value,
        stored_values,
    )

    settings, asked = settings_for(db), AskedSelection(**selection)
    if asked == AskedSelection() and now_text is None:
        print_json(stored_value(settings, key, wall_clock()))
        return
    now = wall_clock() if now_text is None else parse_now(now_text)
    datasets = parse_asked(settings, key, asked, now)
    find = stored_values if now_text is None else computed_values
    value, *before = find(settings, datasets, now)
    print_json({"value": value, "previous": before[0]} if before else value)
