"""What cannot exist on this source, summed up: cards and pages whose tables the source lacks.

A card is unavailable if its dataset has no value and never can have one here. Nothing is hidden unless
``DASHBOARD_HIDE_UNAVAILABLE`` says so; the style sheet then hides what these elements name.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from dash import html

from dash_app.page_text import page_text
from dash_app.pages import ATTENTION, PAGES, Page
from engine.store import Entry

MOST_REASONS = 5


def hidden_cards_line(page: Page, entries: Mapping[str, Entry]) -> Any:
    """Return one line about the page's unavailable cards, with the reasons; None if there is none."""
    hidden = [
        card
        for card in page.cards
        if card.key is not None and card.kind != ATTENTION and entries[card.key].is_unavailable
    ]
    if not hidden:
        return None
    names = ", ".join(f"“{card.heading}”" for card in hidden)
    reasons = dict.fromkeys(
        problem.reason for card in hidden if (problem := entries[card.key or ""].problem) is not None
    )
    listed = ", ".join([*list(reasons)[:MOST_REASONS], *(["…"] if len(reasons) > MOST_REASONS else [])])
    count = "1 card is" if len(hidden) == 1 else f"{len(hidden)} cards are"
    return html.P(page_text(f"{count} hidden: {names}. Reason: {listed}."), className="hidden-cards")


def hidden_pages_line(unavailable: Set[str]) -> Any:
    """Return one line about the pages all of whose datasets are unavailable, by cache key; None if none is.

    Its class names the pages, by which the style sheet hides their links.
    """
    hidden = [page for page in PAGES if is_page_hidden(page, unavailable)]
    if not hidden:
        return None
    names = ", ".join(page.title for page in hidden)
    return html.P(f"Hidden: {names}", className=" ".join(f"hides-{page.name}" for page in hidden))


def is_page_hidden(page: Page, unavailable: Set[str]) -> bool:
    """Return whether all cards of a page show datasets, and all of these that are its own are unavailable.

    A dataset of several pages may have what another page shows, and nothing of this one.
    """
    keys = {card.key for card in page.cards}
    own = {key for key in keys if key is not None and key.startswith(f"{page.name}/")}
    return bool(own) and None not in keys and own <= unavailable


def hiding_rules() -> str:
    """Return the style rules by which the line about hidden pages hides the links to them."""
    return "".join(
        f".sidebar:has(.hides-{page.name}) .nav-{page.name} {{ display: none; }}\n" for page in PAGES
    )
