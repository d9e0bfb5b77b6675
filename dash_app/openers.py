"""What opens the rows behind a number: the one place where KPIs, cells of tables and traces get their opener.

A formatter says which number of which row of the value it shows. It gets an opener only if the dataset's
header declares the rows of that number, so nothing else looks as if it could be opened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from dash_app.login.contacts import HIDDEN
from engine.model.catalogue.counted_rows import CountedRows
from engine.model.catalogue.datasets import Dataset
from engine.model.catalogue.page_parts import is_other


@dataclass(frozen=True)
class Openers:
    """The numbers of one dataset that can be opened, by column; ``by`` is the column of its page groups."""

    rows: Mapping[str, CountedRows] = field(default_factory=dict)
    by: str | None = None

    def of(self, column: str, row: Mapping[str, Any]) -> str:
        """Return what opens a number of a row, as JSON; the empty text if nothing does."""
        if row.get(column) is None:
            return ""
        cells = self._cells(column, row)
        return "" if cells is None else _opener(column, cells)

    def total(self, column: str) -> str:
        """Return what opens the rows behind the sum of a column; the empty text if nothing does."""
        counted = self.rows.get(column)
        return "" if counted is None or counted.total is None else _opener(column, {})

    def trace(self, column: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return what a trace gets to open the rows behind its points; empty if none opens any.

        ``rows`` has the row of the value for each point, or as many of its cells as the rows depend on.
        """
        return self.points([column] * len(rows), rows)

    def points(self, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return the same for points that are numbers of different columns."""
        cells = [self._cells(*pair) for pair in zip(columns, rows, strict=True)]
        if all(one is None for one in cells):
            return {}
        opened = [None if one is None else [column, one] for column, one in zip(columns, cells, strict=True)]
        return {"meta": {"opens": opened}}

    def _cells(self, column: str, row: Mapping[str, Any]) -> dict[str, Any] | None:
        counted = self.rows.get(column)
        if counted is None or is_other(row.get(self.by or "")):
            return None
        if not row.keys() >= set(counted.cells):
            return None
        cells = {name: row[name] for name in counted.cells}
        if counted.of(cells) is None or HIDDEN in cells.values():
            return None
        return cells


def _opener(column: str, cells: Mapping[str, Any]) -> str:
    return orjson.dumps({"column": column, "cells": cells}).decode()


NO_OPENERS = Openers()


def bars_open(figure: dict[str, Any], opens: Mapping[str, Any]) -> dict[str, Any]:
    """Return a figure of one series whose bars open what ``Openers`` has made for them."""
    first, *others = figure["data"]
    first = first | ({"meta": first.get("meta", {}) | opens["meta"]} if opens else {})
    return figure | {"data": [first, *others]}


def from_point(trace: Mapping[str, Any], first: int) -> dict[str, Any]:
    """Return what a trace keeps of its openers if its points before the ``first`` are left out."""
    meta = trace.get("meta", {})
    return {"meta": meta | {"opens": meta["opens"][first:]}} if "opens" in meta else {}


def openers_of(dataset: Dataset) -> Openers:
    """Return what opens the numbers of a dataset."""
    groups = dataset.page_groups
    return Openers(dataset.rows, None if groups is None else groups.by)
