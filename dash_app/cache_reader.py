"""Reading for pages and the API: from the process's snapshot of the cache. No read waits for a run.

A read submits what is due to the run queue and returns what there is. Nothing here raises for a source that
cannot be read: a view then has the last good values, and the reason.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from dash_app.attention import attention_of, attention_version
from dash_app.live.conditions import Condition
from dash_app.login.contacts import system_value_without_contacts, without_contacts
from dash_app.login.run_gate import Refusal, RunGate
from dash_app.login.selection_limit import SelectionLimit
from dash_app.login.visitors import current_visitor
from dash_app.pages import Card, Page
from dash_app.selections import keys_of, selected_keys
from engine.attention.judging import Attention
from engine.model.access import Right
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import wall_clock
from engine.model.errors import DashboardError
from engine.model.selections.selection import NO_SELECTION, Selection
from engine.model.settings import Settings
from engine.model.trigger import Trigger
from engine.model.values.fingerprint import fingerprints
from engine.runs.health.watch import OwnWatch, Watch
from engine.runs.turns.queued import Submits
from engine.sessions.opened import LoginState, shared_limits
from engine.store import CacheSnapshot, CacheState, Entry, ReadLog, SnapshotReader, Tier, state_of
from engine.store.entries import as_catalogued
from engine.store.reads import Outcome, ReadGroups, ReadKind, grouped, read_kind
from engine.store.sqlite.source_keeper import keep_store, release_source

log = logging.getLogger(__name__)

CLOSING_BUSY_TIMEOUT_SECONDS = 2.0


@dataclass(frozen=True)
class CacheView:
    """What one read sees: ``keys`` of a snapshot at ``now``.

    ``is_computing``: a run computes what is due among them. ``version`` differs whenever a page has something
    else to show. ``refusal`` says why nothing is computed for this visitor, None if he asked for no more than
    he may. ``absence`` says that nobody computes, the empty text if somebody may.
    """

    snapshot: CacheSnapshot
    keys: tuple[str, ...]
    now: datetime
    is_computing: bool
    version: str
    refusal: Refusal | None = None
    absence: str = ""

    @property
    def not_computed(self) -> str:
        """Return why nothing that is due is computed for this visitor; the empty text if it may be."""
        return str(self.refusal or self.absence)

    @property
    def entries(self) -> dict[str, Entry]:
        """Return the entries by key."""
        return {key: self.snapshot.entries[key] for key in self.keys}

    @property
    def trouble(self) -> str | None:
        """Return the line that says why the cache cannot be read; None if it can."""
        return self.snapshot.trouble


@dataclass(frozen=True)
class PageData:
    """All that a page shows of a selection.

    ``system`` has the value of each system card by its name, None for one that cannot be read. ``view``
    has the entries of the page's own datasets too. ``attention`` is what needs attention, None if the page
    does not show it.
    """

    view: CacheView
    system: dict[str, Any]
    selection: Selection = NO_SELECTION
    attention: Attention | None = None

    @property
    def state(self) -> CacheState | None:
        """Return the state of the whole cache; None if it cannot be read."""
        snapshot = self.view.snapshot
        version = snapshot.version
        if version is None:
            return None
        return snapshot.once("state", lambda: state_of(snapshot.whole.values(), version.generation))


@dataclass(frozen=True)
class _Selection:
    """How reads of some keys from memory end, and which of the keys are due."""

    groups: ReadGroups
    due: tuple[str, ...]


class CacheReader:
    """The reads of one web process; thread-safe. ``logins`` is None if the app asks for no login.

    A read returns what the visitor of the request under way may see. ``conditions`` are those that the
    broadcaster has found last. ``watch`` None is that of a process beside the source.
    """

    def __init__(
        self,
        settings: Settings,
        queue: Submits,
        logins: LoginState | None = None,
        watch: Watch | None = None,
    ) -> None:
        self.settings = settings
        self.queue = queue
        self.watch = OwnWatch(settings) if watch is None else watch
        # Opened when it is first needed: a process also starts while its server is away.
        limits = cache(lambda: shared_limits(settings, logins))
        self.gate = RunGate(queue, logins, SelectionLimit(limits, settings.source_name))
        self.read_log = ReadLog()
        self.conditions: tuple[Condition, ...] = ()
        self._zone = ZoneInfo(settings.time_zone)
        self.snapshots = SnapshotReader(
            settings.store,
            tuple(dataset.key for dataset in catalogue().values()),
            settings.cache_ttl_seconds,
            as_catalogued,
            fingerprints(settings.time_zone),
        )
        # A store in PostgreSQL is no file that somebody could replace.
        self.keeper = None if settings.store_file is None else keep_store(settings)
        if self.keeper is not None:
            self.keeper.add(self.snapshots.version_reader)

    async def read_page(
        self,
        page: Page,
        now: datetime,
        in_view: Iterable[str] = (),
        selection: Selection = NO_SELECTION,
    ) -> PageData:
        """Return what a page shows of a selection, and submit what is due: cards ``in_view`` first."""
        seen = set(in_view)
        shown = [key for card in page.cards if card.name in seen for key in keys_of(page, card, selection)]
        first = tuple(dict.fromkeys([*shown, *selected_keys(page, selection)]))
        view = await self.read((*page.keys, *selected_keys(page, selection)), now, first)
        system = (
            await asyncio.to_thread(self._read_system_cards, page.cards, now) if page.has_system_cards else {}
        )
        attention = self.attention(view.snapshot, now) if page.shows_attention else None
        return PageData(view, system, selection, attention)

    def attention(self, snapshot: CacheSnapshot, now: datetime) -> Attention:
        """Return what needs attention by a snapshot, as the visitor may see it."""
        sees_contacts = current_visitor().may(Right.CONTACTS)
        return attention_of(snapshot, now, self._zone, self.conditions, sees_contacts=sees_contacts)

    def latest_attention(self, now: datetime) -> Attention | None:
        """Return what needs attention by the snapshot read last; None before the first."""
        latest = self.snapshots.current(now) or self.snapshots.latest
        return None if latest is None else self.attention(latest, now)

    async def read(self, keys: tuple[str, ...], now: datetime, first: tuple[str, ...] = ()) -> CacheView:
        """Return a view of these keys, and submit those that are due, ``first`` before the others."""
        started = time.perf_counter()
        snapshot, tier = self.snapshots.current(now, keys), Tier.MEMORY
        if snapshot is None:
            snapshot, tier = await asyncio.to_thread(self.snapshots.read, now, keys), Tier.CACHE
        if not current_visitor().may(Right.CONTACTS):
            snapshot = without_contacts(snapshot)
        selection = _selection(snapshot, keys)
        groups = selection.groups if tier is Tier.MEMORY else _groups(snapshot, keys, tier)
        self.read_log.count_groups(groups, (time.perf_counter() - started) * 1e6, now)
        # The version comes before the submission, because the run may fail at once: it then differs.
        version = self.version(snapshot, now)
        try:
            is_computing = bool(selection.due) and await self._submit(selection.due, first)
        except Refusal as refusal:
            return CacheView(snapshot, keys, now, False, version, refusal)
        # Also a refresh is refused then, so a page must not advise one.
        absence = "" if is_computing else self.watch.trouble() or ""
        return CacheView(snapshot, keys, now, is_computing, version, absence=absence)

    async def _submit(self, due: tuple[str, ...], first: tuple[str, ...]) -> bool:
        ordered = dict.fromkeys([*(key for key in first if key in due), *due])
        return await self.gate.submit_due(tuple(map(_name_of, ordered)))

    def version(self, snapshot: CacheSnapshot, now: datetime) -> str:
        """Return a text that differs whenever a page has something else to show, or to submit.

        It changes with the cache's version, with what is due or needs attention, after a failed run, and when
        the backoff after one ends.
        """
        needs = attention_version(snapshot, now, self._zone, self.conditions)
        if snapshot.version is None:
            return f"{snapshot.version_text}.{needs}"
        due = snapshot.once("due", lambda: sum(entry.due for entry in snapshot.entries.values()))
        return f"{snapshot.version_text}.{due}.{self.queue.version}.{needs}"

    async def read_system_card(self, card: Card, now: datetime) -> Any:
        """Return the value of a system card as the visitor may see it; None if it cannot be read."""
        return (await asyncio.to_thread(self._read_system_cards, (card,), now))[card.name]

    def _read_system_cards(self, cards: Iterable[Card], now: datetime) -> dict[str, Any]:
        """Return the value of each system card; cards with one source share one read."""
        self.read_log.flush(self.settings.store, now)
        values: dict[Any, Any] = {}
        system: dict[str, Any] = {}
        for card in cards:
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
            value = values[card.system.read]
            sees_all = current_visitor().may(Right.CONTACTS)
            system[card.name] = value if sees_all else system_value_without_contacts(value)
        return system

    def warm(self) -> None:
        """Read the first snapshot, and submit what is due before a page asks; blocking, not counted."""
        snapshot = self.snapshots.read(wall_clock())
        due = [_name_of(key) for key, entry in snapshot.entries.items() if entry.due]
        if due:
            self.queue.submit(Trigger.WARM, due)

    def close(self) -> None:
        """Write the counts of reads, and close the connections to the database; blocking."""
        self.read_log.flush(self.settings.store, wall_clock(), CLOSING_BUSY_TIMEOUT_SECONDS)
        self.snapshots.close()
        if self.keeper is not None:
            release_source(self.keeper)


def _name_of(key: str) -> str:
    """Return the name of the dataset, or of the selection, whose key this is."""
    return key.partition("/")[2]


def _selection(snapshot: CacheSnapshot, keys: tuple[str, ...]) -> _Selection:
    def select() -> _Selection:
        due = tuple(key for key in keys if snapshot.entries[key].due)
        return _Selection(_groups(snapshot, keys, Tier.MEMORY), due)

    return snapshot.once(("selection", keys), select)


def _groups(snapshot: CacheSnapshot, keys: tuple[str, ...], tier: Tier) -> ReadGroups:
    if snapshot.trouble is not None:
        return grouped(dict.fromkeys(keys, ReadKind(Outcome.ERROR)))
    return grouped({key: read_kind(snapshot.entries[key], tier) for key in keys})
