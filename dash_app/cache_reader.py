"""Reading for pages and the API: from memory, else by one query; nothing here waits for a run.

What is due is asked for at the queue, and what there is comes back at once. Nothing raises for what is
wrong with the source: the last good values come back, and the reason beside them.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from dash_app.digest import digest_of
from dash_app.pages import Page
from engine.model.clock import wall_clock
from engine.model.colours import NO_PLACES, ColourPlaces
from engine.model.datasets import catalogue
from engine.model.errors import DashboardError
from engine.model.fingerprint import fingerprints
from engine.model.settings import Settings
from engine.runs.queue import RunQueue
from engine.store import CacheState, Entry, EntryMemory, EntryState, FoundEntries, ReadLog, state_of
from engine.store.entries import as_catalogued, entry_at
from engine.store.quality import Quality, quality_by_key, read_quality
from engine.store.reads import Outcome, ReadKind, read_kind
from engine.store.sqlite.source_keeper import keep_source, release_source

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class CacheView:
    """Entries by key; ``is_computing``: what is due among them is being computed.

    ``trouble`` is the one line that says why the cache cannot be read, None where it can; the entries
    are then the last good ones. ``version`` tells what is shown from what will be. ``colours`` has the
    places of names in charts, ``quality`` the values that datasets could not take, by key.
    """

    now: datetime
    entries: dict[str, Entry]
    is_computing: bool
    version: str
    trouble: str | None
    colours: ColourPlaces = NO_PLACES
    quality: Mapping[str, Quality] = field(default_factory=dict)


@dataclass(frozen=True)
class PageData:
    """What a page has to show.

    ``system`` has the value of each card about the dashboard itself by the card's name, None for
    one that cannot be read; ``state`` is None when the cache cannot be read.
    """

    view: CacheView
    system: dict[str, Any]
    state: CacheState | None


MOST_SELECTIONS = 200
CLOSING_BUSY_TIMEOUT_SECONDS = 2.0


def unreadable_version(error: DashboardError) -> str:
    """Return the version of what is shown while the cache cannot be read for this reason."""
    return f"unreadable.{digest_of(str(error).encode())}"


@dataclass(frozen=True)
class _Selected:
    """Some of the entries found, how their reads ended, and which datasets are due.

    What was made of it is kept with it: readers of one second get one object.
    """

    known: FoundEntries
    entries: dict[str, Entry]
    kinds: dict[str, ReadKind]
    due: tuple[str, ...]
    made: dict[tuple[datetime, bool, str], CacheView]

    def view(
        self, now: datetime, is_computing: bool, version: str, quality: Mapping[str, Quality]
    ) -> CacheView:
        """Return the entries as a reading."""
        place = (now, is_computing, version)
        if place not in self.made:
            colours = self.known.colours
            self.made[place] = CacheView(now, self.entries, is_computing, version, None, colours, quality)
        return self.made[place]


class CacheReader:
    """Reads for one web process; thread-safe. Remembers the last good entry of each key."""

    def __init__(self, settings: Settings, queue: RunQueue) -> None:
        self.settings = settings
        self.queue = queue
        self.read_log = ReadLog()
        self.memory = EntryMemory(
            settings.db, settings.cache_ttl_seconds, as_catalogued, fingerprints(settings.time_zone)
        )
        self.keeper = keep_source(settings)
        self.keeper.add(self.memory.version_reader)
        self.keys = tuple(dataset.key for dataset in catalogue().values())
        self._names = {dataset.key: dataset.name for dataset in catalogue().values()}
        self._latest: dict[tuple[str, ...], _Selected] = {}
        self._state_made: tuple[FoundEntries, CacheState] | None = None
        self._due_counted: tuple[FoundEntries, int] | None = None
        self._last_good: dict[str, Entry] = {}
        self._last_colours = NO_PLACES
        self._quality: Mapping[str, Quality] = {}
        self._lock = threading.Lock()

    async def read_page(self, page: Page, now: datetime, in_view: Iterable[str] = ()) -> PageData:
        """Return what a page shows, and have what is due computed: cards ``in_view`` first."""
        seen = set(in_view)
        cards = sorted(page.cards, key=lambda card: card.name not in seen)
        keys = tuple(dict.fromkeys(card.key for card in cards if card.key is not None))
        view = await self.read(keys, now)
        system = await asyncio.to_thread(self._read_system_cards, page, now) if page.has_system_cards else {}
        return PageData(view, system, None if view.trouble else self._state(now))

    async def read(self, keys: tuple[str, ...], now: datetime) -> CacheView:
        """Return the entries of these keys, and have those that are due computed, the first ones first."""
        started = time.perf_counter()
        try:
            known = self.memory.known(self.keys, now)
            if known is None:
                known = await asyncio.to_thread(self.read_ahead, now)
        except DashboardError as error:
            self._note(dict.fromkeys(keys, ReadKind(Outcome.ERROR)), started, now)
            remembered = self._remembered(keys, now)
            version = unreadable_version(error)
            last = (self._last_colours, self._quality)
            return CacheView(now, remembered, False, version, str(error), *last)
        selected = self._selected(keys, known)
        self._note(selected.kinds, started, now)
        # Before the queue is asked: should the run fail meanwhile, what is shown is of an older version.
        version = self.version(known)
        is_computing = bool(selected.due) and self.queue.submit_due(selected.due)
        return selected.view(now, is_computing, version, self._quality)

    def version(self, known: FoundEntries) -> str:
        """Return a text that differs whenever a page has something else to show, or to ask for.

        It changes with the version, with what is due, after a failed run, and when such a run's rest is over.
        """
        if self._due_counted is None or self._due_counted[0] is not known:
            self._due_counted = (known, sum(entry.due for entry in known.entries.values()))
        return f"{known.version.text}.{self._due_counted[1]}.{self.queue.version}"

    def _selected(self, keys: tuple[str, ...], known: FoundEntries) -> _Selected:
        """Return some of the entries found; for the latest found of all, which most reads have, once."""
        latest = self._latest.get(keys)
        if latest is None or latest.known is not known:
            entries = {key: known.entries[key] for key in keys}
            kinds = {key: read_kind(entry, known.tiers[key]) for key, entry in entries.items()}
            due = tuple(self._names[key] for key, entry in entries.items() if entry.due)
            latest = _Selected(known, entries, kinds, due, {})
            if len(self._latest) > MOST_SELECTIONS:
                self._latest.clear()
            self._latest[keys] = latest
        return latest

    def read_ahead(self, now: datetime) -> FoundEntries:
        """Read all entries that memory lacks, and remember them as good. Raises SourceError; not counted."""
        found = self.memory.read(self.keys, now)
        good = {key: entry for key, entry in found.entries.items() if entry.value is not None}
        quality = quality_by_key(read_quality(self.settings.db))
        with self._lock:
            self._last_good.update(good)
            self._last_colours = found.colours
            self._quality = quality
        return found

    def _note(self, kinds: dict[str, ReadKind], started: float, now: datetime) -> None:
        self.read_log.count(kinds, (time.perf_counter() - started) * 1e6, now)

    def _remembered(self, keys: tuple[str, ...], now: datetime) -> dict[str, Entry]:
        """Return the last good entries, in the state they have now."""
        with self._lock:
            known = dict(self._last_good)
        entries = {}
        for key in keys:
            entry = entry_at(known.get(key, Entry(key, EntryState.MISSING)), now)
            entries[key] = replace(entry, due=False)
        return entries

    def _state(self, now: datetime) -> CacheState | None:
        try:
            known = self.memory.known(self.keys, now)
        except DashboardError:
            return None
        if known is None:
            return None
        if self._state_made is None or self._state_made[0] is not known:
            self._state_made = (known, state_of(known.entries.values(), known.version.generation))
        return self._state_made[1]

    def _read_system_cards(self, page: Page, now: datetime) -> dict[str, Any]:
        """Return what each card about the dashboard itself shows; cards that read alike share one reading."""
        self.read_log.flush(self.settings.db, now)
        values: dict[Any, Any] = {}
        system: dict[str, Any] = {}
        for card in page.cards:
            if card.system is None:
                continue
            if card.system.read not in values:
                try:
                    values[card.system.read] = card.system.read(self.settings, now)
                except DashboardError:
                    values[card.system.read] = None
                except Exception:
                    log.exception("card %s cannot be read", card.name)
                    values[card.system.read] = None
            system[card.name] = values[card.system.read]
        return system

    def warm(self) -> None:
        """Read all entries, and have what is due computed before anyone has asked; blocking."""
        now = wall_clock()
        try:
            found = self.read_ahead(now)
        except DashboardError:
            return
        due = [self._names[key] for key, entry in found.entries.items() if entry.due]
        if due:
            self.queue.submit_warm_up(due)

    def close(self) -> None:
        """Write the counts of reads, and let go of the database; blocking."""
        self.read_log.flush(self.settings.db, wall_clock(), CLOSING_BUSY_TIMEOUT_SECONDS)
        self.memory.close()
        release_source(self.keeper)
