"""The search: pages and datasets from this process, all else from the process that holds the replica.

What a visitor may not see is not asked for. If the process of the replica does not answer, the visitor gets
what this process knows, and one line that says so.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dash_app.http.unstored import unstored_json
from dash_app.login.visitors import current_visitor
from dash_app.pages import PAGES, Card, Page
from dash_app.things.addresses import error_path, job_path, site_path
from engine.model.access import Right
from engine.model.errors import DashboardError
from engine.model.questions import (
    KINDS,
    MOST_HITS,
    PUBLIC_KINDS,
    Kind,
    SearchAnswer,
    SearchHit,
    SearchQuestion,
)
from engine.model.selections.selection import range_in_words
from engine.model.text.plain_text import plain_text, shortened
from engine.model.text.without_paths import without_paths
from engine.runs.computing import Ask
from engine.runs.questions import NoWorker

log = logging.getLogger(__name__)

MOST_TEXT = 200
MOST_SHOWN = 240
FEW = 8
"""As many hits of a kind as one search shows, if it finds others too."""

_RANGES = {
    "24h": "24h", "48h": "48h", "7d": "7d", "30d": "30d", "90d": "90d", "365d": "365d",
    "yesterday": "24h", "week": "7d", "month": "30d", "quarter": "90d", "year": "365d",
}  # fmt: skip
"""The words that ask for a page with a range; the range ends the text, as in ``cost week``."""

AWAY = "Sites, contacts, jobs, models and errors cannot be searched at present"


@dataclass(frozen=True)
class Found:
    """One hit as the browser gets it. ``path`` is where it leads, below the base path."""

    kind: str
    text: str
    detail: str
    path: str


def search_routes(ask: Ask) -> list[Route]:
    """Return the route of the search; ``ask`` blocks, and raises DashboardError."""

    async def search(request: Request) -> Response:
        text = request.query_params.get("q", "")[:MOST_TEXT].strip()
        limit = _limit(request.query_params.get("limit", ""))
        kinds = KINDS if current_visitor().may(Right.CONTACTS) else PUBLIC_KINDS
        trouble, hits = "", []
        if text:
            try:
                answer = await asyncio.to_thread(ask, SearchQuestion(text, limit, kinds))
                assert isinstance(answer, SearchAnswer)
                hits = _found_of(answer, kinds)
            except DashboardError as error:
                log.info("a search is not answered: %s", without_paths(str(error)))
                trouble = error.line if isinstance(error, NoWorker) else AWAY
        hits += _own_hits(text)
        return unstored_json({"hits": hits, "kinds": [*kinds, "page", "dataset"], "trouble": trouble or None})

    return [Route("/api/search", search)]


def _limit(text: str) -> int:
    return (
        min(max(int(text), 1), MOST_HITS)
        if text.isascii() and text.isdigit() and len(text) < 5
        else MOST_HITS
    )


def _found_of(answer: SearchAnswer, kinds: tuple[Kind, ...]) -> list[Found]:
    """Return the hits of an answer that lead somewhere."""
    found: dict[str, list[Found]] = {}
    for hit in answer.hits:
        path = path_of(hit)
        if path is not None and hit.kind in kinds:
            text, detail = _shown(hit.text), _shown(hit.detail or "")
            found.setdefault(hit.kind, []).append(Found(hit.kind, text or "(empty)", detail, path))
    most = FEW if len(found) > 1 else MOST_HITS
    return [hit for hits in found.values() for hit in hits[:most]]


def _shown(text: str) -> str:
    return shortened(plain_text(text), MOST_SHOWN)


def path_of(hit: SearchHit) -> str | None:
    """Return where a hit leads; None if it has no page."""
    first, *more = hit.key
    match hit.kind:
        case "site":
            return None if first is None else site_path(first)
        case "contact":
            return None if first is None else site_path(first, more[0])
        case "job":
            return job_path(first)
        case "model":
            return None if first is None else f"/llm?filter=model:{quote(first, safe='')}"
        case "error":
            stage, message = more
            return error_path(first, stage, message)


def _own_hits(text: str) -> list[Found]:
    """Return the pages and the cards that have a text in their names; all pages for no text."""
    pages = [(_place(text, page.title, page.name), _page_hit(page)) for page in PAGES]
    if not text:
        return [hit for _, hit in pages]
    ranged = _ranged_hits(text)
    if ranged:
        return ranged
    cards = [
        (_place(text, card.heading, *(filter(None, (card.dataset, card.key)))), _card_hit(page, card))
        for page in PAGES
        for card in page.cards
    ]
    return _nearest(pages) + _nearest(cards)


def _ranged_hits(text: str) -> list[Found]:
    """Return pages with a range and its comparison, if the last word of a text asks for one."""
    name, _, last = text.lower().rpartition(" ")
    if last not in _RANGES:
        return []
    words = [word for word in name.split() if word not in ("this", "last")]
    sought = " ".join(words)
    return [
        _ranged_hit(page, _RANGES[last])
        for page in PAGES
        if page.keys and _place(sought, page.title, page.name) is not None
    ]


def _ranged_hit(page: Page, name: str) -> Found:
    words = range_in_words(name)
    path = f"{page.path}?range={name}&compare=1"
    return Found("page", f"{page.title}, {words}", f"compared with the {words} before", path)


def _nearest(placed: list[tuple[int | None, Found]]) -> list[Found]:
    """Return the first few that have a place: those that begin with the text first."""
    found = [(place, hit) for place, hit in placed if place is not None]
    return [hit for _, hit in sorted(found, key=lambda pair: pair[0])[:FEW]]


def _place(text: str, *names: str) -> int | None:
    """Return the place of a text in the first name that has it, in any case; None if none has it.

    >>> _place("cost", "LLM cost by day")
    4
    """
    sought = text.lower()
    for number, name in enumerate(names):
        at = name.lower().find(sought)
        if at >= 0:
            return at + 1_000 * number
    return None


def _page_hit(page: Page) -> Found:
    return Found("page", page.title, page.group, page.path)


def _card_hit(page: Page, card: Card) -> Found:
    detail = page.title if card.key is None else f"{page.title} · {card.key}"
    return Found("dataset", card.heading, detail, f"{page.path}#{card_fragment(card)}")


def card_fragment(card: Card) -> str:
    """Return the fragment of an address that shows a page at one of its cards."""
    return f"card={card.name}"
