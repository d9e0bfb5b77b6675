"""Charts of odd values: one row, all zeros, all nulls, names of five hundred letters."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dash_app.figures.style import empty_note, with_legend_below
from dash_app.pages import CHART, PAGES, Card
from engine.model.catalogue.datasets import Dataset, catalogue
from tests.dash_app.given import nulls_of, values_of, view

Columns = dict[str, list[Any]]
CARDS = [
    pytest.param(card, id=f"{page.name}-{card.name}")
    for page in PAGES
    for card in page.cards
    if card.kind == CHART and card.dataset is not None
]
LONGEST = "\u202e<b>x</b>\u200b\U0001f469\u200d\U0001f469\u200d\U0001f467" + "w" * 480


def _numbers(dataset: Dataset) -> list[str]:
    names = [column.name for column in dataset.columns if column.type in ("integer", "number")]
    return [name for name in names if name != "window_hours"]


def one_row(dataset: Dataset) -> Columns:
    return {name: column[:1] for name, column in values_of(dataset.name).items()}


def zeros(dataset: Dataset) -> Columns:
    value = values_of(dataset.name)
    return value | {name: [0] * len(value[name]) for name in _numbers(dataset)}


def nulls(dataset: Dataset) -> Columns:
    return nulls_of(dataset.name)


def long_names(dataset: Dataset) -> Columns:
    value = values_of(dataset.name)
    free = [
        name for name in ("model", "provider", "job_name", "name", "task_key", "message") if name in value
    ]
    return value | {name: [f"{LONGEST}{row}" for row in range(len(value[name]))] for name in free}


ODD: dict[str, Callable[[Dataset], Columns]] = {
    "one row": one_row, "zeros": zeros, "nulls": nulls, "long names": long_names,
}  # fmt: skip


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for each in value.values():
            yield from leaves(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from leaves(each)
    else:
        yield value


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("card", CARDS)
def test_a_chart_of_odd_values_is_drawn_or_says_that_there_is_nothing(card: Card, odd: str) -> None:
    dataset = catalogue()[card.dataset or ""]
    shown: Any = card.show(ODD[odd](dataset), view())  # type: ignore[misc]
    figure = with_legend_below(shown)
    numbers = [leaf for leaf in leaves(figure) if isinstance(leaf, float)]
    assert all(math.isfinite(number) for number in numbers)
    assert figure["data"] or empty_note(figure)
    assert figure["layout"]["showlegend"] is False, "the browser shows it as buttons"
    for name, axis in figure["layout"].items():
        if name.startswith(("xaxis", "yaxis")) and "range" in axis:
            low, high = axis["range"]
            assert low != high, f"{name} has no length"


@pytest.mark.parametrize("card", CARDS)
def test_no_label_of_a_chart_is_longer_than_a_card_is_wide(card: Card) -> None:
    dataset = catalogue()[card.dataset or ""]
    figure: Any = card.show(long_names(dataset), view())  # type: ignore[misc]
    labels = [trace["name"] for trace in figure["data"] if trace.get("name")]
    for axis in (figure["layout"].get("yaxis", {}), figure["layout"].get("xaxis", {})):
        labels += [text for text in axis.get("ticktext", ()) if text]
    shown = [label.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") for label in labels]
    assert all(len(label) < 60 for label in shown), [label for label in shown if len(label) >= 60]
