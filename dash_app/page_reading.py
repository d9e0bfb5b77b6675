"""One reading of a page: all that a document, a layout or a callback puts into the page's frames."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from dash import html

from dash_app.cache_reader import CacheReader, PageData
from dash_app.page_answer import NO_ANSWER, AnswerLine
from dash_app.page_text import page_text
from dash_app.pages import Page
from dash_app.rendering import RenderedCard, Renderer, shown_as_of
from dash_app.selections import asked_of
from dash_app.table_windows import Window
from dash_app.unavailable import hidden_cards_line
from engine.model.clock import wall_clock

ANSWER = ""
"""The page's sentence among the digests by card."""


@dataclass(frozen=True)
class PageReading:
    """What a page shows to one visitor: ``cards`` in the order of the page, ``lines`` above them, if any.

    ``version`` is the server's, ``as_of`` the instant that most values describe, in ISO 8601. ``sidebar``
    is the state of the cache as markup, ``answer`` the page's sentence.
    """

    lines: list[Any] | None
    sidebar: str
    version: str
    as_of: str
    answer: AnswerLine
    cards: tuple[RenderedCard, ...]

    @property
    def digests(self) -> dict[str, Any]:
        """Return the digests by which a browser says what it holds: of each card's content and rest."""
        sentence = {ANSWER: self.answer.digest} if self.answer.digest else {}
        return sentence | {card.name: [card.content_digest, card.rest_digest] for card in self.cards}


class PageReadings:
    """Reads pages for the visitor of the request under way."""

    def __init__(self, reader: CacheReader) -> None:
        self._reader = reader
        self._zone = ZoneInfo(reader.settings.time_zone)
        self._hides = reader.settings.hide_unavailable
        self.renderer = Renderer(self._zone, hides=self._hides)

    async def read(
        self,
        page: Page,
        search: str,
        in_view: Iterable[str] = (),
        windows: Mapping[str, Window] | None = None,
    ) -> PageReading:
        """Return what a page shows at the query of an address; what is due of ``in_view`` comes first."""
        now = wall_clock()
        asked = asked_of(page, search, now.astimezone(self._zone).date())
        data = await self._reader.read_page(page, now, in_view, asked.selection)
        if self.renderer.is_rendered(page, data):
            cards = self.renderer.cards(page, data)
        else:
            # A long table takes a while, so it is rendered beside the event loop.
            cards = await asyncio.to_thread(self.renderer.cards, page, data)
        if windows:
            cards = await asyncio.to_thread(self.renderer.in_windows, page, data, cards, windows)
        return PageReading(
            lines=_lines(page, data, asked.refused, hides=self._hides),
            sidebar=self.renderer.sidebar(data),
            version=data.view.version,
            as_of=shown_as_of(page, data),
            answer=NO_ANSWER if page.answer is None else self.renderer.answer(page, data),
            cards=cards,
        )

    async def read_sidebar(self) -> str:
        """Return the state of the cache as the sidebar shows it, as markup."""
        view = await self._reader.read((), wall_clock())
        return self.renderer.sidebar(PageData(view, {}))


def _lines(page: Page, data: PageData, refused: tuple[str, ...], *, hides: bool) -> list[Any] | None:
    """Return the lines above the cards: what is not taken of the address, the hidden cards; None if none."""
    lines = [*refused, *([str(data.view.refusal)] if data.view.refusal is not None else [])]
    hidden = hidden_cards_line(page, data.view.entries) if hides else None
    refused_line = html.P(page_text(" · ".join(lines)), className="refused", role="status")
    return [*([refused_line] if lines else []), *([] if hidden is None else [hidden])] or None
