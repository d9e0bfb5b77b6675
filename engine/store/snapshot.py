"""The snapshot that a process reads from: all entries at one version of the cache, replaced as a whole.

The catalogue's entries are read together. A selected entry is read when it is asked for, and makes a new
snapshot of the same version. A snapshot is never older than the table, because each read compares its
version with the database's. Whatever is made of a snapshot is kept with it, so it goes when the snapshot
does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from engine.model.catalogue.datasets import SELECTS
from engine.model.colours import NO_PLACES, ColourPlaces
from engine.model.errors import DashboardError, SourceError
from engine.model.settings import StorePlace
from engine.model.text.without_paths import without_paths
from engine.model.values.fingerprint import Fingerprints
from engine.model.values.payload import digest
from engine.store.backend import missing_tables, version_reader
from engine.store.colours import read_colours
from engine.store.entries import Entry, EntryState, entry_at, next_change, read_entries
from engine.store.quality import Quality, quality_by_key, read_quality
from engine.store.version import CacheVersion

Made = TypeVar("Made")

MOST_MADE = 512
"""The most values that are kept with a snapshot; the oldest goes first."""


@dataclass(frozen=True, eq=False)
class CacheSnapshot:
    """All entries by key, in the state they have from ``valid_from`` until ``valid_until``; thread-safe.

    ``read_at`` is when the entries were read. ``colours`` has the places of names in charts, ``quality`` the
    values that datasets could not take, by key. If the cache cannot be read, ``trouble`` says why in one
    line, ``version`` is None, and the entries are those of the snapshot before, none of them due.
    """

    version: CacheVersion | None
    entries: Mapping[str, Entry]
    read_at: datetime
    valid_from: datetime
    valid_until: datetime
    colours: ColourPlaces = NO_PLACES
    quality: Mapping[str, Quality] = field(default_factory=dict)
    trouble: str | None = None
    _made: dict[Hashable, Future[Any]] = field(default_factory=dict, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    @property
    def version_text(self) -> str:
        """Return a text that differs whenever an open page has something new to show."""
        if self.version is None:
            return f"unreadable.{digest(str(self.trouble).encode())[:12]}"
        return self.version.text

    @property
    def whole(self) -> Mapping[str, Entry]:
        """Return the entries that are no selections."""
        return self.once("whole", lambda: {k: e for k, e in self.entries.items() if SELECTS not in k})

    def is_valid(self, version: CacheVersion, now: datetime) -> bool:
        """Return whether the entries are those of a version, in the state they have now."""
        # The reader returns the same object as long as the version is the same.
        is_same = self.version is version or self.version == version
        return is_same and self.valid_from <= now < self.valid_until

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return what ``make`` returns: called once for a key, also if several threads ask at once.

        An error of ``make`` goes to all who wait for it, and is not kept.
        """
        made: Future[Made] | None = self._made.get(key)
        if made is None:
            with self._lock:
                made = self._made.get(key)
                is_mine = made is None
                if made is None:
                    made = self._made[key] = Future()
                    if len(self._made) > MOST_MADE:
                        del self._made[next(iter(self._made))]
            if is_mine:
                try:
                    made.set_result(make())
                except BaseException as error:
                    with self._lock:
                        self._made.pop(key, None)
                    made.set_exception(error)
        return made.result()

    def has(self, key: Hashable) -> bool:
        """Return whether ``once`` has a value for a key, and so returns at once."""
        made = self._made.get(key)
        return made is not None and made.done()


class SnapshotReader:
    """The snapshots of one database, with the entries of ``keys`` as ``checked`` returns them; thread-safe.

    A snapshot lives for ``ttl_seconds`` at most. An entry with another fingerprint than ``expected`` is not
    fresh; None accepts every fingerprint. Nothing here raises for a database that cannot be read.
    """

    def __init__(
        self,
        store: StorePlace,
        keys: tuple[str, ...],
        ttl_seconds: int,
        checked: Callable[[Entry], Entry] = lambda entry: entry,
        expected: Fingerprints | None = None,
    ) -> None:
        self.version_reader = version_reader(store)
        self._store = store
        self._keys = keys
        self._ttl = timedelta(seconds=ttl_seconds)
        self._checked = checked
        self._expected = expected
        self._reading = threading.Lock()
        self._latest: CacheSnapshot | None = None

    @property
    def latest(self) -> CacheSnapshot | None:
        """Return the snapshot read last, whether or not it is still valid; None before the first."""
        return self._latest

    def current(self, now: datetime, keys: Iterable[str] = ()) -> CacheSnapshot | None:
        """Return the snapshot as of now, which has the entries of these selections too. Never waits.

        None if the table has to be read for it.
        """
        snapshot = self._current(now)
        return None if snapshot is None or _lacking(snapshot, keys) else snapshot

    def _current(self, now: datetime) -> CacheSnapshot | None:
        try:
            version = self.version_reader.read()
        except DashboardError as error:
            return self._in_trouble(without_paths(str(error)), now)
        latest = self._latest
        if latest is None or latest.is_valid(version, now):
            return latest
        if latest.version != version or not latest.read_at <= now < latest.read_at + self._ttl:
            return None
        # Only the time has moved on: entries expire, or may be computed again after a failure.
        return self._moved(latest, {key: entry_at(entry, now) for key, entry in latest.entries.items()}, now)

    def read(self, now: datetime, keys: Iterable[str] = ()) -> CacheSnapshot:
        """Return the snapshot as of now with these selections, read by one query if need be; blocking."""
        # One at a time, because those who find a new version together need one query.
        with self._reading:
            snapshot = self._read_whole(now)
            lacking = _lacking(snapshot, keys)
            if not lacking:
                return snapshot
            if snapshot.trouble is None:
                try:
                    found = read_entries(self._store, lacking, now, self._expected)
                except DashboardError as error:
                    snapshot = self._in_trouble(without_paths(str(error)), now)
                else:
                    checked = {key: self._checked(found[key]) for key in lacking}
                    return self._moved(snapshot, {**snapshot.entries, **checked}, now)
            missing = {key: Entry(key, EntryState.MISSING) for key in lacking}
            return replace(snapshot, entries={**snapshot.entries, **missing})

    def _read_whole(self, now: datetime) -> CacheSnapshot:
        """Return the snapshot as of now, of the catalogue's entries if it has to be read."""
        snapshot = self._current(now)
        if snapshot is None:
            try:
                # The version comes before the entries: if a run ends in between, the entries are newer than
                # their version, and the next read replaces them.
                version = self.version_reader.read()
                found = read_entries(self._store, self._keys, now, self._expected)
                entries = {key: self._checked(found[key]) for key in self._keys}
                colours, quality = read_colours(self._store), _read_quality(self._store)
            except DashboardError as error:
                return self._in_trouble(without_paths(str(error)), now)
            read = CacheSnapshot(version, entries, now, now, now, colours, quality)
            return self._moved(read, entries, now)
        return snapshot

    def _in_trouble(self, trouble: str, now: datetime) -> CacheSnapshot:
        latest = self._latest
        if latest is None:
            missing = {key: Entry(key, EntryState.MISSING) for key in self._keys}
            latest = CacheSnapshot(None, missing, now, now, now)
        elif latest.trouble == trouble and latest.valid_from <= now < latest.valid_until:
            return latest
        entries = {key: replace(entry_at(entry, now), due=False) for key, entry in latest.entries.items()}
        return self._moved(replace(latest, version=None, trouble=trouble), entries, now)

    def _moved(self, snapshot: CacheSnapshot, entries: Mapping[str, Entry], now: datetime) -> CacheSnapshot:
        """Return a snapshot with its entries in the state they have now, and keep it as the latest one."""
        until = self._valid_until(entries, snapshot.read_at, now)
        self._latest = replace(snapshot, entries=entries, valid_from=now, valid_until=until)
        return self._latest

    def _valid_until(self, entries: Mapping[str, Entry], read_at: datetime, now: datetime) -> datetime:
        changes = [next_change(entry, now) for entry in entries.values()]
        # Without its source a process shows the last values for as long as that takes.
        ends = [end for end in (read_at + self._ttl, *changes) if end is not None and end > now]
        return min(ends, default=now + self._ttl)

    def close(self) -> None:
        """Close the connection to the database."""
        self.version_reader.close()


def _lacking(snapshot: CacheSnapshot, keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(key for key in keys if key not in snapshot.entries)


def _read_quality(store: StorePlace) -> Mapping[str, Quality]:
    try:
        return quality_by_key(read_quality(store))
    except SourceError:
        # The first run makes the tables, and entries are due before that.
        if not missing_tables(store):
            raise
        return {}
