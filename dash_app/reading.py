"""Reading for the pages: entries from the cache, a run for what is due, else the last good values.

Every function here blocks and belongs into a thread of its own. None raises for what is wrong with
the source: the reason comes back beside what there is to show.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dash_app.cards import well_formed
from dash_app.pages import Page
from engine.cache import CacheState, Entry, EntryMemory, EntryState, cache_state
from engine.clock import wall_clock
from engine.datasets import catalogue
from engine.errors import DashboardError
from engine.runs import Runner, RunRequest, Trigger
from engine.settings import Settings


@dataclass(frozen=True)
class Reading:
    """What a page has to show. ``trouble`` is the one line that says why it is not newer; None if it is.

    ``internals`` has the value of each card about the dashboard itself by the card's name, None for
    one that cannot be read; ``state`` is None when the cache cannot be read.
    """

    now: datetime
    entries: dict[str, Entry]
    internals: dict[str, Any]
    state: CacheState | None
    trouble: str | None


class Reader:
    """Reads for one web process; thread-safe. Remembers the last good entry of each key."""

    def __init__(self, settings: Settings, runner: Runner) -> None:
        self.settings = settings
        self._runner = runner
        self._memory = EntryMemory(settings.cache_ttl_seconds)
        self._last_good: dict[str, Entry] = {}
        self._lock = threading.Lock()

    def read_page(self, page: Page, now: datetime) -> Reading:
        """Return what a page shows; what is missing, expired or damaged is computed first."""
        names = page.datasets
        trouble: str | None = None
        try:
            entries = self._read(names, now)
            due = tuple(name for name in names if entries[catalogue()[name].key].due)
            if due:
                try:
                    self._runner.run(RunRequest(Trigger.READ, now, due))
                except DashboardError as error:
                    trouble = str(error)
                now = max(now, wall_clock())
                entries = self._read(names, now)
        except DashboardError as error:
            trouble = str(error)
            entries = self._remembered(names, now)
        internals, state, unreadable = self._read_internals(page, now)
        return Reading(now, entries, internals, state, trouble or unreadable)

    def run(self, trigger: Trigger, datasets: Iterable[str] | None, now: datetime) -> str | None:
        """Compute datasets, all where None; return the one line that says why that failed, else None."""
        try:
            self._runner.run(RunRequest(trigger, now, None if datasets is None else tuple(datasets)))
        except DashboardError as error:
            return str(error)
        return None

    def remember_all(self, now: datetime) -> None:
        """Read every entry once, so that there are last good values from the start."""
        try:
            self._read(tuple(catalogue()), now)
        except DashboardError:
            return

    def _read(self, names: tuple[str, ...], now: datetime) -> dict[str, Entry]:
        keys = [catalogue()[name].key for name in names]
        entries = self._memory.read(self.settings.db, keys, now) if keys else {}
        for name in names:
            entry = entries[catalogue()[name].key]
            if entry.value is not None and not well_formed(catalogue()[name], entry.value):
                due = entry.problem is None or entry.due
                entries[entry.key] = Entry(entry.key, EntryState.DAMAGED, problem=entry.problem, due=due)
        with self._lock:
            self._last_good.update({key: entry for key, entry in entries.items() if entry.value is not None})
        return entries

    def _remembered(self, names: tuple[str, ...], now: datetime) -> dict[str, Entry]:
        """Return the last good entries, in the state they have now."""
        with self._lock:
            known = dict(self._last_good)
        entries = {}
        for key in (catalogue()[name].key for name in names):
            entry = known.get(key, Entry(key, EntryState.MISSING))
            if entry.expires_at is not None and entry.expires_at <= now:
                entry = replace(entry, state=EntryState.EXPIRED)
            entries[key] = entry
        return entries

    def _read_internals(
        self, page: Page, now: datetime
    ) -> tuple[dict[str, Any], CacheState | None, str | None]:
        internals: dict[str, Any] = {card.name: None for card in page.cards if card.internal is not None}
        try:
            for card in page.cards:
                if card.internal is not None:
                    internals[card.name] = card.internal.read(self.settings.db, now)
            return internals, cache_state(self.settings.db, now), None
        except DashboardError as error:
            return internals, None, str(error)
