"""``dashboard cache``: what is in the cache."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from engine.cli.options import db_option, json_option, print_json, print_table, settings_for
from engine.clock import to_iso, wall_clock
from engine.errors import DashboardError, nearest


@click.group("cache")
def cache_group() -> None:
    """Look into the cache, or empty it."""


@cache_group.command()
@db_option
@json_option
def stats(db: Path | None, as_json: bool) -> None:
    """Show each entry: size, age, expiry, computing time."""
    from engine.cache import count_entries, list_entries

    now = wall_clock()
    infos = list_entries(settings_for(db).db, now)
    if as_json:
        times = ("computed_at", "as_of", "expires_at")
        print_json(
            [
                {**asdict(info), **{name: to_iso(getattr(info, name)) for name in times}, "problem": (
                    info.problem.reason if info.problem else None
                )}
                for info in infos
            ]
        )  # fmt: skip
        return
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
                None if info.compute_ms is None else f"{info.compute_ms:.1f}",
            )
            for info in infos
        ],
    )
    totals = count_entries(infos)
    click.echo(
        f"{totals.total} entries, {totals.fresh} fresh, {totals.expired} expired;"
        f" {totals.raw_bytes} bytes stored as {totals.stored_bytes}"
    )


@cache_group.command()
@db_option
def clear(db: Path | None) -> None:
    """Delete every entry of the cache."""
    from engine.cache.store import clear_entries

    click.echo(f"Deleted {clear_entries(settings_for(db).db)} entries.")


@cache_group.command()
@click.argument("key")
@db_option
def show(key: str, db: Path | None) -> None:
    """Print the value stored under KEY, expired or not, as JSON."""
    from engine.cache import EntryState, list_entries, read_entries

    settings, now = settings_for(db), wall_clock()
    entry = read_entries(settings.db, [key], now)[key]
    if entry.state is EntryState.MISSING:
        keys = [info.key for info in list_entries(settings.db, now)]
        remedy = nearest(key, keys) if keys else "run `dashboard precompute`"
        raise DashboardError(key, "no such entry in the cache", remedy)
    if entry.state is EntryState.DAMAGED:
        raise DashboardError(key, "the entry is damaged", "run `dashboard precompute`")
    print_json(entry.value)
