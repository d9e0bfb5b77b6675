"""Checks the table of pages against the datasets and the style sheet before any page is served."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

import dash_app.pages
from dash_app.built_files import style_sheet
from dash_app.pages import PAGES, Page
from engine.model.catalogue.datasets import Dataset, catalogue
from engine.model.errors import DashboardError, DatasetFileError, nearest

PAGES_FILE = Path(dash_app.pages.__file__)
_ICON = re.compile(r"\.icon-([a-z0-9-]+)\{--icon:")


def check_pages(
    pages: Collection[Page] = PAGES,
    datasets: Mapping[str, Dataset] | None = None,
    icons: Collection[str] | None = None,
) -> None:
    """Raise DashboardError if a dataset, a card or an icon names something that does not exist.

    The error names the file to correct and the nearest valid name. None means the product's own
    datasets and icons.
    """
    datasets = catalogue() if datasets is None else datasets
    icons = icon_names() if icons is None else icons
    names = [page.name for page in pages]
    for dataset in datasets.values():
        if dataset.page not in names:
            raise DatasetFileError(
                dataset.path, f"there is no page {dataset.page!r}", nearest(dataset.page, names)
            )
    for page in pages:
        for name in page.datasets:
            if name not in datasets:
                raise DashboardError(
                    PAGES_FILE,
                    f"a card of page {page.name!r} shows the unknown dataset {name!r}",
                    nearest(name, datasets),
                )
        _check_cards(page)
        if page.icon not in icons:
            raise DashboardError(
                PAGES_FILE,
                f"page {page.name!r} has the unknown icon {page.icon!r}",
                nearest(page.icon, icons),
            )


def _check_cards(page: Page) -> None:
    """Raise DashboardError if two cards of a page would have the same element ids."""
    seen = set()
    for card in page.cards:
        if (card.kind, card.name) in seen:
            raise DashboardError(
                PAGES_FILE,
                f"page {page.name!r} has the {card.kind} {card.name!r} twice",
                "remove one of the two, or give one a function of its own",
            )
        seen.add((card.kind, card.name))


def icon_names() -> frozenset[str]:
    """Return the icons that the built style sheet has. Raises DashboardError if it is not built."""
    return frozenset(_ICON.findall(style_sheet()))
