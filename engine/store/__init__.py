"""The cache: zlib-compressed JSON values with a lifetime, in the source, a file of its own or PostgreSQL.

``writes`` stores entries and runs. ``entries``, ``state``, ``runs`` and ``freshness`` read. ``snapshot`` has
what was read while the ``version`` stays the same. ``reads`` counts how reads end, and ``analytics`` computes
figures from the counts. The four functions here are for other programs; they use the database and the
settings in force, at the current time.
"""

from __future__ import annotations

from typing import Any

from engine.model.clock import wall_clock
from engine.model.errors import SettingError
from engine.model.setting_table.loading import load_settings
from engine.model.settings import Settings
from engine.model.values.fingerprint import fingerprints
from engine.store.analytics import Analytics, read_analytics
from engine.store.backend import version_reader
from engine.store.entries import Entry, EntryState, Problem, read_entries
from engine.store.freshness.replica_state import ReplicaState, ReplicaTableState, replica_state
from engine.store.reads import ReadLog, Tier
from engine.store.runs import RunRow, recent_runs
from engine.store.snapshot import CacheSnapshot, SnapshotReader
from engine.store.sqlite.store_file import is_store_prepared, missing_in_store, prepare_store
from engine.store.state import (
    CacheState,
    CacheStats,
    EntryInfo,
    cache_state,
    count_entries,
    list_entries,
    state_of,
)
from engine.store.version import CacheVersion
from engine.store.writes import clear_entries, set_entry

__all__ = [
    "Analytics",
    "CacheSnapshot",
    "CacheState",
    "CacheStats",
    "CacheVersion",
    "Entry",
    "EntryInfo",
    "EntryState",
    "Problem",
    "ReadLog",
    "ReplicaState",
    "ReplicaTableState",
    "RunRow",
    "SnapshotReader",
    "Tier",
    "cache_state",
    "clear_all_cache",
    "count_entries",
    "get_cache_stats",
    "get_from_cache",
    "list_entries",
    "read_analytics",
    "read_entries",
    "recent_runs",
    "replica_state",
    "set_cache",
    "state_of",
    "version_reader",
]


def _settings_of(source: str | None) -> Settings:
    """Return the settings of a source by its name; None if there is one source. Raises SettingError."""
    settings = load_settings()
    if source is not None:
        return settings.for_source(source)
    if settings.sources:
        names = " or ".join(repr(one.name) for one in settings.sources)
        raise SettingError("source", "there are several", f"give source={names}")
    return settings


def get_from_cache(key: str, *, source: str | None = None) -> Any:
    """Return the value stored under a key; None if there is none, or if it has expired or is damaged.

    A value that was computed in another time zone, or by another version, counts as expired. ``source`` is
    the name of one of several, here and below.
    """
    settings = _settings_of(source)
    if {"dashboard_cache", "dashboard_problems"} & set(missing_in_store(settings)):
        return None
    entry = read_entries(settings.store, [key], wall_clock(), fingerprints(settings.time_zone))[key]
    return entry.value if entry.state is EntryState.FRESH else None


def set_cache(key: str, value: Any, minutes: float, *, source: str | None = None) -> None:
    """Store a JSON-serialisable value under a key for a number of minutes."""
    if not 0 < minutes <= 60 * 24 * 366:
        raise SettingError("minutes", f"{minutes!r} is no lifetime", "give a number of minutes above 0")
    settings = _settings_of(source)
    if settings.is_apart and not is_store_prepared(settings):
        prepare_store(settings)
    set_entry(settings.store, key, value, minutes, wall_clock())


def clear_all_cache(*, source: str | None = None) -> int:
    """Delete every entry; return the number of entries deleted."""
    settings = _settings_of(source)
    return 0 if missing_in_store(settings) else clear_entries(settings.store)


def get_cache_stats(*, source: str | None = None) -> CacheStats:
    """Return the number of entries, fresh and expired, and their sizes."""
    settings = _settings_of(source)
    if missing_in_store(settings):
        return count_entries(())
    return count_entries(list_entries(settings.store, wall_clock(), fingerprints(settings.time_zone)))
