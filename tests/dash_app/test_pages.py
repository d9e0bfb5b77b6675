"""The table of pages against the catalogue of datasets, and what is said of one that does not fit."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from dash_app.figures import llm
from dash_app.page_check import check_pages
from dash_app.pages import NOT_FOUND, PAGES, Page, chart
from engine.model.catalogue.datasets import catalogue
from engine.model.errors import DashboardError


def test_every_dataset_stands_on_a_page() -> None:
    shown = {name for page in PAGES for name in page.datasets}
    assert sorted(set(catalogue()) - shown) == []


def test_the_products_own_pages_are_sound() -> None:
    check_pages()


def mistaken(page: str, **changes: Any) -> list[Page]:
    """Return the pages with other values in one of them."""
    return [replace(one, **changes) if one.name == page else one for one in PAGES]


@pytest.mark.parametrize(
    ("pages", "message"),
    [
        (
            mistaken("llm", cards=(chart("llm_cost_by_modle_30d", llm.cost_by_model),)),
            "pages.py: a card of page 'llm' shows the unknown dataset 'llm_cost_by_modle_30d';"
            " did you mean 'llm_cost_by_model_30d'?",
        ),
        (
            mistaken("llm", cards=(chart("llm_cost_by_model_30d", llm.cost_by_model),) * 2),
            "pages.py: page 'llm' has the chart 'cost_by_model' twice; remove one of the two",
        ),
        (
            mistaken("llm", icon="spedometer2"),
            "pages.py: page 'llm' has the unknown icon 'spedometer2'; did you mean 'speedometer2'?",
        ),
        (
            [page for page in PAGES if page.name != "llm"],
            ".sql: there is no page 'llm'; valid names: cache, conversations, cron",
        ),
        (mistaken("llm", name="llms"), ".sql: there is no page 'llm'; did you mean 'llms'?"),
    ],
)
def test_what_does_not_fit_is_told_with_its_file_and_the_nearest_name(
    pages: list[Page], message: str
) -> None:
    with pytest.raises(DashboardError, match=re.escape(message)):
        check_pages(pages)


def test_an_unknown_page_is_told_with_the_file_of_its_dataset() -> None:
    dataset = replace(catalogue()["pipeline_funnel"], page="pipelin")
    with pytest.raises(DashboardError) as failure:
        check_pages(PAGES, {dataset.name: dataset})
    assert str(failure.value).startswith(
        f"{dataset.path}: there is no page 'pipelin'; did you mean 'pipeline'?"
    )


@pytest.mark.parametrize("page", [*PAGES, NOT_FOUND], ids=lambda page: page.name)
def test_the_element_ids_of_a_page_are_distinct_and_have_no_dots(page: Page) -> None:
    ids = [page.id(part, card) for card in page.cards for part in ("content", "note", "body", "heading")]
    assert len(ids) == len(set(ids))
    assert not any("." in name for name in ids)


def test_pages_have_distinct_addresses() -> None:
    addresses = [page.path for page in PAGES]
    assert len(addresses) == len(set(addresses))
    assert addresses[0] == "/"
