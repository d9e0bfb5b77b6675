"""What a page's callback returns: its cards as plain JSON values, rendered once for each snapshot.

Each card's values have a digest. A browser says which digests it holds, and gets the cards alone that
differ, so nothing on its page is drawn again without a change.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from dash import html
from plotly.io.json import to_json_plotly

from dash_app.attention_card import fill_attention
from dash_app.cache_reader import PageData
from dash_app.card_frames import CardRest
from dash_app.card_notes import page_as_of
from dash_app.cards import CardContent, fill, fill_system_card
from dash_app.comparing import ShownDataset
from dash_app.digest import digest_of
from dash_app.markup import markup_of, plain
from dash_app.page_answer import AnswerLine, answer_line
from dash_app.pages import ATTENTION, CHART, TABLE, Card, Page
from dash_app.selections import beside_key_of, heading_of, keys_of, scope_of, selected_datasets
from dash_app.sidebar import cache_state_element
from dash_app.table_windows import FIRST_WINDOW, Window
from engine.model.clock import to_iso
from engine.model.selections.selection import Selection
from engine.store.quality import GOOD_QUALITY


@dataclass(frozen=True)
class RenderedCard:
    """A card's content as JSON text, its rest as plain JSON values, and the digests of both."""

    name: str
    content: str
    rest: CardRest
    content_digest: str
    rest_digest: str


class Renderer:
    """Renders pages in one time zone; thread-safe. ``hides``: what is unavailable is hidden."""

    def __init__(self, zone: ZoneInfo, *, hides: bool = False) -> None:
        self._zone = zone
        self._hides = hides

    def cards(self, page: Page, data: PageData) -> tuple[RenderedCard, ...]:
        """Return the page's cards in the order of the page; system cards are rendered for each read."""
        if page.has_system_cards:
            return self._render(page, data)
        return data.view.snapshot.once(self._key(page, data), lambda: self._render(page, data))

    def is_rendered(self, page: Page, data: PageData) -> bool:
        """Return whether ``cards`` returns at once."""
        return not page.has_system_cards and data.view.snapshot.has(self._key(page, data))

    def answer(self, page: Page, data: PageData) -> AnswerLine:
        """Return the sentence above the page's cards as plain JSON values, or why there is none."""
        if page.has_system_cards:
            return self._answer(page, data)
        key = ("answer", *self._key(page, data))
        return data.view.snapshot.once(key, lambda: self._answer(page, data))

    def _answer(self, page: Page, data: PageData) -> AnswerLine:
        line = answer_line(page, data, self._zone)
        children = plain(line.children)
        return AnswerLine(children, line.css_class, digest_of(orjson.dumps([children, line.css_class])))

    def _key(self, page: Page, data: PageData) -> tuple[Hashable, ...]:
        # A card names the day of its value if that is not today.
        day = data.view.now.astimezone(self._zone).date()
        refusal = data.view.not_computed
        return ("cards", page.name, data.selection, data.view.is_computing, refusal, day, data.attention)

    def _render(self, page: Page, data: PageData) -> tuple[RenderedCard, ...]:
        return tuple(self._rendered(page, card, data) for card in page.cards)

    def in_windows(
        self,
        page: Page,
        data: PageData,
        cards: tuple[RenderedCard, ...],
        windows: Mapping[str, Window],
    ) -> tuple[RenderedCard, ...]:
        """Return rendered cards, with the rows of long tables that one browser has turned to."""
        return tuple(
            self._rendered(page, card, data, windows[card.name])
            if card.kind == TABLE and card.name in windows
            else rendered
            for card, rendered in zip(page.cards, cards, strict=True)
        )

    def sidebar(self, data: PageData) -> str:
        """Return the state of the cache as the sidebar shows it, as markup."""
        return data.view.snapshot.once(
            "sidebar", lambda: markup_of(cache_state_element(data.state, self._zone, hides=self._hides))
        )

    def _rendered(
        self, page: Page, card: Card, data: PageData, window: Window = FIRST_WINDOW
    ) -> RenderedCard:
        keys = keys_of(page, card, data.selection)
        shown = self._content(page, card, data, window)
        # Figures and markup are text to Dash, which then does not walk through them.
        content = to_json_plotly(shown.content) if card.kind == CHART else markup_of(shown.content)
        key = keys[0] if keys else ""
        heading = plain(card_heading(card, data.selection))
        rest = CardRest(plain(shown.note), shown.body_class, shown.answer, key, shown.as_of, heading)
        return RenderedCard(
            card.name, content, rest, digest_of(content.encode()), digest_of(orjson.dumps(tuple(rest)))
        )

    def _content(self, page: Page, card: Card, data: PageData, window: Window) -> CardContent:
        view = data.view
        entries = view.snapshot.entries
        if data.attention is not None and card.kind == ATTENTION:
            as_of = entries[str(card.key)].as_of
            return fill_attention(data.attention, view.now, self._zone, as_of, is_computing=view.is_computing)
        if card.key is None:
            return fill_system_card(card, data.system[card.name], self._zone, view.now, window)
        key, *before = keys_of(page, card, data.selection)
        beside = beside_key_of(page, card, data.selection)
        pair = selected_datasets(page, data.selection).get(card.dataset or "")
        selected = (
            None
            if pair is None
            else ShownDataset(pair.dataset, entries[key], entries[before[0]] if before else None)
        )
        return fill(
            card,
            entries[key],
            self._zone,
            view.now,
            is_computing=view.is_computing,
            colours=view.snapshot.colours,
            quality=view.snapshot.quality.get(card.key, GOOD_QUALITY),
            window=window,
            page_at=view.snapshot.once(("page", view.keys), lambda: _page_at(page, data)),
            selected=selected,
            beside=None if beside is None else entries[beside].value,
            refusal=str(view.refusal or ""),
            absence=view.absence,
        )


def card_heading(card: Card, selection: Selection) -> Any:
    """Return a card's heading: its title, and what it shows in place of what was selected."""
    scope = scope_of(card, selection)
    title = heading_of(card, selection)
    return [title, html.Span(scope, className="card-scope")] if scope else title


def _page_at(page: Page, data: PageData) -> datetime | None:
    """Return the instant that most of the values shown describe."""
    keys = {key for card in page.cards for key in keys_of(page, card, data.selection)}
    return page_as_of(data.view.snapshot.entries[key] for key in keys)


def shown_as_of(page: Page, data: PageData) -> str:
    """Return the instant that most values of a page describe, in ISO 8601; empty without a value.

    A page without datasets shows what it has just read.
    """
    view = data.view
    at = _page_at(page, data) if view.keys else view.now
    return "" if at is None else to_iso(at)
