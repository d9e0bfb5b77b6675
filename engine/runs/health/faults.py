"""Faults of the dashboard on its source that show from outside; each fault is one line.

Finding them changes nothing, and works while a run is under way, even if it hangs.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from shlex import quote
from zoneinfo import ZoneInfo

from engine.model.clock import in_words, is_future
from engine.model.private_files import loose_files
from engine.model.settings import Settings
from engine.model.source_file.disk_space import free_bytes
from engine.model.source_file.open_files import holders
from engine.model.values.fingerprint import fingerprints
from engine.store.backend import backend_of, has_table, missing_tables, reading
from engine.store.entries import STAMPED_LATER
from engine.store.freshness.run_health import (
    read_failed_run,
    read_late_run,
    read_newest_start,
    unstored_failure_line,
)
from engine.store.freshness.unstored import UnstoredFailures
from engine.store.sqlite.replaced_file import unchecked_file
from engine.store.state import select_entries

LARGE_LOG_BYTES = 64 << 20
"""SQLite resets a log of 4 MB. A log this large cannot be reset, or holds one huge transaction."""
LITTLE_SPACE_BYTES = 16 << 20


def find_faults(settings: Settings, now: datetime) -> tuple[str, ...]:
    """Return all faults, none if all is well. Raises SourceError if the source cannot be read."""
    outside = (
        *_of_processes(settings),
        *_of_disks(settings),
        *_of_modes(settings),
        *_of_log(settings),
    )
    if settings.is_apart and settings.store_file is not None and not settings.store_file.exists():
        return outside
    return (
        *outside,
        *_of_replaced_file(settings),
        *_of_tables(settings),
        *_of_entries(settings, now),
        *_of_runs(settings, now),
    )


def _of_processes(settings: Settings) -> Iterator[str]:
    files = settings.databases
    beside = [db.with_name(db.name + suffix) for db in files for suffix in ("-wal", "-shm")]
    for holder in holders([*files, *beside, settings.replica_path]):
        who = f"process {holder.pid} ({holder.command})"
        if holder.is_hung:
            yield (
                f"{who} hangs with the source open, which can keep its log growing; continue it with"
                f" `kill -CONT {holder.pid}`, or end it with `kill -KILL {holder.pid}`"
            )
        if holder.replaced:
            names = ", ".join(path.name for path in holder.replaced)
            yield f"{who} has a file open that is no longer the one at its path ({names}); restart it"


def _of_disks(settings: Settings) -> Iterator[str]:
    folders = dict.fromkeys(
        [
            settings.state_dir,
            settings.replica_path.parent,
            *(file.parent for file in settings.databases[1:] or settings.databases),
            Path(tempfile.gettempdir()),
        ]
    )
    for folder in folders:
        free = free_bytes(folder)
        if free is not None and free < LITTLE_SPACE_BYTES:
            yield f"{folder}: {free / 1e6:.1f} MB are free on its disk; free some space"


def _of_modes(settings: Settings) -> Iterator[str]:
    for folder in dict.fromkeys([settings.state_dir, settings.replica_path.parent]):
        for path, mode in loose_files(folder):
            yield f"{path}: other users can reach it (mode {mode}); run `chmod go= {quote(str(path))}`"


def _of_log(settings: Settings) -> Iterator[str]:
    if settings.source_file is None:
        return
    log = settings.db.with_name(settings.db.name + "-wal")
    try:
        size = log.stat().st_size
    except OSError:
        return
    if size > LARGE_LOG_BYTES:
        yield (
            f"{log}: it has {size / 1e6:,.0f} MB, because a long read or one large transaction keeps it from"
            " being reset; end what holds the source open"
        )


def _of_replaced_file(settings: Settings) -> Iterator[str]:
    for db in settings.databases:
        unchecked = unchecked_file(settings, db)
        refusal = None if unchecked is None else unchecked.refusal(db, ZoneInfo(settings.time_zone))
        if refusal is not None:
            yield str(refusal)


def _of_tables(settings: Settings) -> Iterator[str]:
    # A database that was never migrated, or by an older version, is no fault: the next run migrates it.
    store = settings.store
    if not missing_tables(store) and not backend_of(store).is_complete():
        yield (
            f"{store}: it lacks a trigger or the generation of the cache, without which pages miss what"
            " is new; run `dashboard migrate`"
        )


def _of_entries(settings: Settings, now: datetime) -> Iterator[str]:
    with reading(settings.store) as connection:
        if not has_table(connection, "dashboard_cache"):
            return
        infos = list(select_entries(connection, now, fingerprints(settings.time_zone)))
    reasons = Counter(info.reason for info in infos if info.reason)
    for reason, entries in sorted(reasons.items()):
        if reason == STAMPED_LATER:
            newest = f"{max(info.computed_at for info in infos):%Y-%m-%d %H:%M:%S}"
            yield (
                f"{entries} entries are stamped later than the clock, up to {newest} UTC; set the clock if it"
                " is wrong: the next run replaces them"
            )
        else:
            yield f"{entries} entries are not fresh here: {reason}"


def _of_runs(settings: Settings, now: datetime) -> Iterator[str]:
    zone = ZoneInfo(settings.time_zone)
    newest_start = read_newest_start(settings.store)
    if newest_start is not None and is_future(newest_start, now):
        ahead = in_words(newest_start - now)
        yield f"a run is stamped {ahead} later than the clock: the clock has been set back since, or is wrong"
    unstored = UnstoredFailures().latest(settings, newest_start)
    failed = read_failed_run(settings.store, now, zone)
    if unstored is not None:
        yield unstored_failure_line(unstored, now, zone)
    elif failed is not None:
        yield failed
    late = read_late_run(settings.store, now, settings.precompute_interval_seconds, zone)
    if late is not None:
        yield late
