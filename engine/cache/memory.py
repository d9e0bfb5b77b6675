"""Decoded entries in a process's memory, in front of the cache table.

What is served from memory was read at the generation that the database has now, and not longer
ago than ``ttl_seconds``; so it is never older than what the table holds.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from engine.cache.entries import Entry, current_generation, entry_at, read_entries


class EntryMemory:
    """Entries of one database; thread-safe."""

    def __init__(self, ttl_seconds: int) -> None:
        self._ttl = timedelta(seconds=ttl_seconds)
        self._lock = threading.Lock()
        self._generation: int | None = None
        self._entries: dict[str, tuple[Entry, datetime]] = {}

    def read(self, db: Path, keys: Iterable[str], now: datetime) -> dict[str, Entry]:
        """Return the entry of each key in its present state, from memory where that is allowed.

        Raises SourceError where the database cannot be asked for its generation.
        """
        wanted = list(keys)
        # Asked for before the entries: should a run end in between, they are newer than their
        # label, and read again at the next call.
        generation = current_generation(db)
        with self._lock:
            if generation != self._generation:
                self._generation, self._entries = generation, {}
            known = {
                key: entry
                for key in wanted
                if key in self._entries
                for entry, read_at in [self._entries[key]]
                if read_at <= now < read_at + self._ttl
            }
        unknown = [key for key in wanted if key not in known]
        found = read_entries(db, unknown, now) if unknown else {}
        with self._lock:
            if generation == self._generation:
                self._entries.update({key: (entry, now) for key, entry in found.items()})
        return {key: entry_at(known[key], now) if key in known else found[key] for key in wanted}

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._generation, self._entries = None, {}
