"""The table of pages against the catalogue of datasets."""

from __future__ import annotations

import pytest

from dash_app.pages import NOT_FOUND, PAGES, Page
from engine.model.datasets import catalogue


def test_every_dataset_stands_on_its_own_page() -> None:
    shown = {page.name: set(page.datasets) for page in PAGES}
    for dataset in catalogue().values():
        assert dataset.name in shown[dataset.page], dataset.key


def test_no_card_names_a_dataset_that_does_not_exist() -> None:
    assert {name for page in PAGES for name in page.datasets} <= set(catalogue())


@pytest.mark.parametrize("page", [*PAGES, NOT_FOUND], ids=lambda page: page.name)
def test_the_element_ids_of_a_page_are_distinct_and_have_no_dots(page: Page) -> None:
    ids = [page.id(part, card) for card in page.cards for part in ("content", "note", "body", "heading")]
    assert len(ids) == len(set(ids))
    assert not any("." in name for name in ids)


def test_pages_have_distinct_addresses() -> None:
    addresses = [page.path for page in PAGES]
    assert len(addresses) == len(set(addresses))
    assert addresses[0] == "/"
