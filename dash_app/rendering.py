"""What a page's callback returns: its cards rendered once for all who read the same, as plain values.

Rendering is kept until what it shows has changed. Each card's values have a digest, and a browser
that says which it holds is sent those alone that differ: nothing it shows is drawn again for nothing.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from plotly.io.json import to_json_plotly

from dash_app.cache_reader import CacheView, PageData
from dash_app.cards import CardContent, fill, fill_system_card
from dash_app.digest import digest_of
from dash_app.pages import TABLE, Card, Page
from dash_app.shell import cache_state_element
from dash_app.windows import FIRST_WINDOW, Window
from engine.store import CacheState
from engine.store.quality import GOOD_QUALITY

MOST_KEPT = 64


@dataclass(frozen=True)
class RenderedCard:
    """A card's content, note and class as plain JSON values, and the digests of content and of the rest."""

    name: str
    content: Any
    note: Any
    body_class: str
    content_digest: str
    rest_digest: str


class Renderer:
    """Renders pages in one time zone; thread-safe. ``hides``: what is unavailable is hidden."""

    def __init__(self, zone: ZoneInfo, *, hides: bool = False) -> None:
        self._zone = zone
        self._hides = hides
        self._lock = threading.Lock()
        self._kept: OrderedDict[object, tuple[RenderedCard, ...]] = OrderedDict()
        self._sidebar: tuple[CacheState | None, Any] | None = None
        # Readers of one second share what was found, and so the cards, without comparing what they show.
        self._latest: dict[str, tuple[CacheView, tuple[RenderedCard, ...]]] = {}

    def cards(self, page: Page, data: PageData) -> tuple[RenderedCard, ...]:
        """Return the page's cards as they are for a data, in the order of the page."""
        if page.has_system_cards:
            return tuple(self._rendered(card, data) for card in page.cards)
        view, latest = self._latest.get(page.name, (None, ()))
        if view is data.view:
            return latest
        cards = self._looked_up(page, data)
        self._latest[page.name] = (data.view, cards)
        return cards

    def _looked_up(self, page: Page, data: PageData) -> tuple[RenderedCard, ...]:
        key = (page.name, _day(data.view.now, self._zone), *_seen(data))
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
                return kept
        cards = tuple(self._rendered(card, data) for card in page.cards)
        with self._lock:
            self._kept[key] = cards
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return cards

    def kept(self, page: Page, data: PageData) -> tuple[RenderedCard, ...] | None:
        """Return the page's cards if they have been rendered for this very reading; None if not."""
        view, latest = self._latest.get(page.name, (None, ()))
        return latest if view is data.view and not page.has_system_cards else None

    def in_windows(
        self,
        page: Page,
        data: PageData,
        cards: tuple[RenderedCard, ...],
        windows: Mapping[str, Window],
    ) -> tuple[RenderedCard, ...]:
        """Return rendered cards, those of long tables with the rows that one reader has turned to."""
        return tuple(
            self._rendered(card, data, windows[card.name])
            if card.kind == TABLE and card.name in windows
            else rendered
            for card, rendered in zip(page.cards, cards, strict=True)
        )

    def sidebar(self, data: PageData) -> Any:
        """Return the state of the cache as the sidebar tells it."""
        if self._sidebar is None or self._sidebar[0] != data.state:
            element = cache_state_element(data.state, self._zone, hides=self._hides)
            self._sidebar = (data.state, plain(element))
        return self._sidebar[1]

    def _rendered(self, card: Card, data: PageData, window: Window = FIRST_WINDOW) -> RenderedCard:
        shown = self._content(card, data, window)
        content, note = plain(shown.content), plain(shown.note)
        return RenderedCard(
            card.name,
            content,
            note,
            shown.body_class,
            digest_of(orjson.dumps(content)),
            digest_of(orjson.dumps((note, shown.body_class))),
        )

    def _content(self, card: Card, data: PageData, window: Window) -> CardContent:
        view = data.view
        if card.key is None:
            return fill_system_card(card, data.system[card.name], self._zone, view.now, window)
        return fill(
            card,
            view.entries[card.key],
            self._zone,
            view.now,
            is_computing=view.is_computing,
            colours=view.colours,
            quality=view.quality.get(card.key, GOOD_QUALITY),
            window=window,
        )


def _seen(data: PageData) -> Iterable[object]:
    """Return all of a reading that its cards depend on, entries by their identity in this process."""
    yield data.view.is_computing
    # Of the places only what they are counts, and they are one object for as long as that is the same.
    yield id(data.view.colours)
    for key, entry in data.view.entries.items():
        # The blob is of one value only, and is kept by the entry: comparing it is comparing an address.
        blobs = (entry.blob, entry.page_blob)
        yield (
            key,
            entry.state,
            entry.reason,
            entry.due,
            blobs,
            entry.rows_found,
            entry.as_of,
            entry.computed_at,
            entry.problem,
            data.view.quality.get(key),
        )


def _day(now: datetime, zone: ZoneInfo) -> str:
    return now.astimezone(zone).date().isoformat()


def plain(value: Any) -> Any:
    """Return components and figures as plain JSON values, which Dash sends on without a walk through them."""
    return orjson.loads(to_json_plotly(value))
