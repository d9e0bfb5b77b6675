"""Decoded entries in a process's memory, in front of the cache table.

What is served from memory was read at the version that the database has now, and not longer ago
than ``ttl_seconds``; so it is never older than what the table holds.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from engine.model.colours import NO_PLACES, ColourPlaces
from engine.model.fingerprint import Fingerprints
from engine.store.colours import read_colours
from engine.store.entries import Entry, entry_at, read_entries
from engine.store.version import CacheVersion, VersionReader


class Tier(StrEnum):
    """Where an entry was found."""

    MEMORY = "memory"
    CACHE = "cache"


@dataclass(frozen=True)
class FoundEntries:
    """Entries by key, in the state they have now, as of one version; ``tiers`` says where each was found.

    ``colours`` has the places of the names in their charts.
    """

    version: CacheVersion
    entries: dict[str, Entry]
    tiers: dict[str, Tier]
    colours: ColourPlaces = NO_PLACES


class EntryMemory:
    """Entries of one database, each as ``checked`` returns it; thread-safe.

    An entry with another fingerprint than ``expected`` is not fresh; None accepts every fingerprint.
    """

    def __init__(
        self,
        db: Path,
        ttl_seconds: int,
        checked: Callable[[Entry], Entry] = lambda entry: entry,
        expected: Fingerprints | None = None,
    ) -> None:
        self.version_reader = VersionReader(db)
        self._checked = checked
        self._expected = expected
        self._db = db
        self._ttl = timedelta(seconds=ttl_seconds)
        self._lock = threading.Lock()
        self._fetching = threading.Lock()
        self._contents: object = None
        self._entries: dict[str, tuple[Entry, datetime]] = {}
        self._colours = NO_PLACES
        self._latest: tuple[tuple[str, ...], datetime, FoundEntries] | None = None

    def known(self, keys: tuple[str, ...], now: datetime) -> FoundEntries | None:
        """Return the entries where all of them are in memory, else None; never waits.

        Who asks for the same in the same second at the same version gets the same object. Raises
        SourceError where the database cannot be asked for its version.
        """
        version = self.version_reader.read()
        if self._latest is not None:
            latest_keys, latest_now, latest = self._latest
            if latest_keys == keys and latest_now == now and latest.version is version:
                return latest
        found = self._held(version, keys, now)
        if len(found) < len(keys):
            return None
        known = FoundEntries(version, found, dict.fromkeys(keys, Tier.MEMORY), self._colours)
        self._latest = (keys, now, known)
        return known

    def read(self, keys: Iterable[str], now: datetime) -> FoundEntries:
        """Return the entry of each key, by one query where memory lacks some. Raises SourceError."""
        wanted = list(keys)
        # Asked for before the entries: should a run end in between, they are newer than their
        # label, and read again at the next call.
        version = self.version_reader.read()
        held = self._held(version, wanted, now)
        read: dict[str, Entry] = {}
        if len(held) < len(wanted):
            # One at a time: those who find a new version together are served by the query of the first.
            with self._fetching:
                held = self._held(version, wanted, now)
                lacking = [key for key in wanted if key not in held]
                read = self._fetch(version, lacking, now) if lacking else {}
        return FoundEntries(
            version,
            {key: held[key] if key in held else read[key] for key in wanted},
            {key: Tier.MEMORY if key in held else Tier.CACHE for key in wanted},
            self._colours,
        )

    def _held(self, version: CacheVersion, keys: Iterable[str], now: datetime) -> dict[str, Entry]:
        with self._lock:
            if version.contents != self._contents:
                self._contents, self._entries = version.contents, {}
            known = [(key, self._entries[key]) for key in keys if key in self._entries]
        return {key: entry_at(entry, now) for key, (entry, at) in known if at <= now < at + self._ttl}

    def _fetch(self, version: CacheVersion, keys: list[str], now: datetime) -> dict[str, Entry]:
        read = read_entries(self._db, keys, now, self._expected)
        found = {key: self._checked(entry) for key, entry in read.items()}
        colours = read_colours(self._db)
        with self._lock:
            # The same object for as long as they are the same: so what was drawn with them is kept.
            if colours != self._colours:
                self._colours = colours
            if version.contents == self._contents:
                self._entries.update({key: (entry, now) for key, entry in found.items()})
        return found

    def close(self) -> None:
        """Let go of the database."""
        self.version_reader.close()
