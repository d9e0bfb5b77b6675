"""What a page's address selects, and what each of the page's cards takes of that.

A part of an address that says what cannot be is left out, and a line says why: no address breaks a page.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from urllib.parse import parse_qsl, quote

from dash_app.figures.period import Period, titled
from dash_app.pages import Card, Page
from engine.model.catalogue.datasets import Dataset, catalogue
from engine.model.errors import DashboardError
from engine.model.selections.selected import (
    as_read,
    previous_of,
    restricted,
    selected,
    takes_filter,
    takes_range,
)
from engine.model.selections.selection import MOST_FILTERS, NO_SELECTION, Selection, parse_selection

MOST_CHARACTERS = 4_000
MOST_LINES = 3

OWN_WINDOWS = {
    "activity_rolling": "last 24 h and 7 d",
    "daily_throughput": "last 24 h",
    "error_groups_30d": "last 30 days",
    "stage_flow": "now and last 24 h",
    "conversation_stats": "all time",
    "error_breakdown": "all time",
    "outreach_funnel": "all time",
    "pipeline_losses": "all time",
    "response_rates": "all time",
}
"""What the datasets without a range of their own cover; all others describe one moment."""


@dataclass(frozen=True)
class Asked:
    """What an address asks of a page: the selection, and a line for each part that cannot be taken."""

    selection: Selection = NO_SELECTION
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class SelectedDataset:
    """A dataset as a page shows it, and the period before; None if that is not compared."""

    dataset: Dataset
    previous: Dataset | None = None


def asked_of(page: Page, search: str, today: date) -> Asked:
    """Return what the query of an address asks of a page, ``?range=7d&compare=1&filter=model:gpt-4o``."""
    if len(search) > MOST_CHARACTERS:
        return Asked(NO_SELECTION, ("the address is too long, and nothing of it is taken",))
    found: dict[str, Selection] = {}
    refused: list[str] = []
    for name, text in parse_qsl(search.removeprefix("?"), keep_blank_values=True, errors="replace"):
        if name not in ("range", "compare", "filter"):
            continue
        try:
            part = parse_selection(f"{name}={quote(text)}", today)
        except DashboardError as error:
            refused.append(str(error))
            continue
        if name == "filter":
            ((column, value),) = part.filters
            own = _filtered_by(page, column)
            if own is None:
                refused.append(f"filter={column}: no card of this page takes it")
                continue
            found[f"filter {column}"] = Selection(filters=((column, as_read(own, column, value)),))
        else:
            found.setdefault(name, part)
    filters = sorted(cell for part in found.values() for cell in part.filters)
    if len(filters) > MOST_FILTERS:
        refused.append(f"filter: the page takes {MOST_FILTERS} at most")
    ranges = [part.range for part in found.values() if part.range is not None]
    selection = Selection(ranges[0] if ranges else None, "compare" in found, tuple(filters[:MOST_FILTERS]))
    return Asked(selection, tuple(refused[:MOST_LINES]))


def _filtered_by(page: Page, column: str) -> Dataset | None:
    """Return a dataset of a page that takes a filter; None if none does."""
    return next((catalogue()[name] for name in page.datasets if column in _filters_on(page, name)), None)


@lru_cache(maxsize=64)
def filters_of(page: Page) -> tuple[str, ...]:
    """Return the columns that one or more cards of a page can be filtered by."""
    return tuple(dict.fromkeys(column for name in page.datasets for column in _filters_on(page, name)))


@lru_cache(maxsize=512)
def _filters_on(page: Page, name: str) -> tuple[str, ...]:
    """Return the columns by which a page filters a dataset.

    What stands beside a card's own dataset, or is needed with it, has no filter that the own one does not
    take, because a card must not count some rows in one column and all in the next.
    """
    taken: list[str] = []
    for card in page.cards:
        if card.dataset == name:
            taken += catalogue()[name].filters
        elif card.dataset is not None and name in (card.beside, *card.needs):
            own = catalogue()[card.dataset].filters
            taken += [column for column in catalogue()[name].filters if column in own]
    return tuple(dict.fromkeys(taken))


@lru_cache(maxsize=64)
def is_ranged(page: Page) -> bool:
    """Return whether a card of a page takes a range."""
    return any(takes_range(catalogue()[name]) for name in page.datasets)


@lru_cache(maxsize=512)
def selected_datasets(page: Page, selection: Selection) -> dict[str, SelectedDataset]:
    """Return the datasets of a page that a selection changes, by their name in the catalogue."""
    found = {}
    for name in page.datasets:
        dataset = catalogue()[name]
        allowed = tuple(cell for cell in selection.filters if cell[0] in _filters_on(page, name))
        if (taken := restricted(dataset, replace(selection, filters=allowed))) != NO_SELECTION:
            chosen = selected(dataset, taken)
            found[name] = SelectedDataset(chosen, previous_of(chosen))
    return found


@lru_cache(maxsize=512)
def selected_keys(page: Page, selection: Selection) -> tuple[str, ...]:
    """Return the cache keys of what a page selects, and of the periods before."""
    pairs = selected_datasets(page, selection).values()
    return tuple(each.key for pair in pairs for each in (pair.dataset, pair.previous) if each is not None)


def keys_of(page: Page, card: Card, selection: Selection) -> tuple[str, ...]:
    """Return the cache keys that a card of a page shows: its value's, and the period before's."""
    pair = selected_datasets(page, selection).get(card.dataset or "")
    if pair is None:
        return () if card.key is None else (card.key,)
    return tuple(each.key for each in (pair.dataset, pair.previous) if each is not None)


def beside_key_of(page: Page, card: Card, selection: Selection) -> str | None:
    """Return the cache key of the dataset that a card shows beside its own; None if it shows none."""
    if card.beside is None:
        return None
    pair = selected_datasets(page, selection).get(card.beside)
    return (catalogue()[card.beside] if pair is None else pair.dataset).key


def heading_of(card: Card, selection: Selection) -> str:
    """Return a card's title, which names the range if it is another than that of the dataset's name."""
    if card.dataset is None or selection.range is None:
        return card.heading
    taken = restricted(catalogue()[card.dataset], selection).range
    return card.heading if taken is None else titled(card.heading, Period(taken))


def scope_of(card: Card, selection: Selection) -> str:
    """Return what a card shows in place of what was selected; the empty text if it takes all of it."""
    if card.dataset is None:
        return ""
    dataset = catalogue()[card.dataset]
    parts = []
    if selection.range is not None and not takes_range(dataset, selection.range):
        own = dataset.range
        parts.append(OWN_WINDOWS.get(dataset.name, "now") if own is None else f"last {Period(own).words}")
    left_out = [column for column, _ in selection.filters if not takes_filter(dataset, column)]
    if left_out and len(left_out) == len(selection.filters):
        parts.append("not filtered")
    elif left_out:
        parts.append(f"not filtered by {', '.join(column.replace('_', ' ') for column in left_out)}")
    return ", ".join(parts)
