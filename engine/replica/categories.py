"""Finds the names that a dataset's charts show by colour, because each of them gets a colour."""

from __future__ import annotations

from engine.model.catalogue.datasets import Dataset
from engine.model.catalogue.page_parts import is_other
from engine.model.colours import is_fixed
from engine.model.values.payload import Columns
from engine.model.values.results import CategoryNames


def categories_shown(dataset: Dataset, columns: Columns) -> tuple[CategoryNames, ...]:
    """Return the names without a fixed colour in what pages get: by column, in order of appearance."""
    found = []
    for column in dataset.columns:
        if column.category is None:
            continue
        names = tuple(
            name
            for name in dict.fromkeys(columns[column.name])
            if name is not None and not is_other(name) and not is_fixed(column.category, name)
        )
        if names:
            found.append(CategoryNames(column.category, names))
    return tuple(found)
