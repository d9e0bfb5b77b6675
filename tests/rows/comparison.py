"""Compares the numbers of a dataset with the rows that they open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isclose
from random import Random
from typing import Any

import duckdb

from engine.model.catalogue.datasets import Dataset
from engine.model.clock import Clock, to_iso
from engine.model.values.payload import Columns
from engine.replica.counted import CountedIds, counted_ids
from engine.replica.evaluate import evaluate
from engine.replica.selections import selecting
from tests.rows.other_numbers import MEASURES, measure


@dataclass
class Comparison:
    """Compares at most ``most`` numbers of each column, and keeps what differs and which columns had rows."""

    rng: Random
    differences: list[str] = field(default_factory=list)
    with_rows: set[str] = field(default_factory=set)
    compared: int = 0
    totals: set[str] = field(default_factory=set)

    def compare(
        self, connection: duckdb.DuckDBPyConnection, dataset: Dataset, clock: Clock, most: int
    ) -> Columns:
        """Compare one dataset, which may be a selected one, on an open replica; return its value."""
        value = evaluate(connection, dataset, clock)
        with selecting(connection, dataset, clock):
            for column in dataset.rows:
                for place in self._places(value[column], most):
                    cells = {name: cells[place] for name, cells in value.items()}
                    self.compared += 1
                    for difference in self._differences(connection, dataset, column, cells):
                        self.differences.append(f"{dataset.key} {column} of {cells}: {difference}")
                self._compare_total(connection, dataset, column, value[column])
        return value

    def _compare_total(
        self, connection: duckdb.DuckDBPyConnection, dataset: Dataset, column: str, numbers: list[Any]
    ) -> None:
        """Compare the sum of a column with the rows behind it, if it has any."""
        if not dataset.rows[column].cells or dataset.rows[column].total is None:
            return
        ids = counted_ids(dataset, column, {})
        assert ids is not None
        self.totals.add(f"{dataset.base_name}.{column}")
        _, _, _, expected = _counted(connection, f"{dataset.base_name}.{column}", ids)
        number = sum(each or 0 for each in numbers)
        is_same = isclose(number, expected or 0, abs_tol=1e-9) if ids.sums else number == expected
        if not is_same:
            self.differences.append(f"{dataset.key} {column} of all: {number}, {expected} by its rows")

    def _places(self, numbers: list[object], most: int) -> list[int]:
        """Return the places of some numbers: those that are not zero above all, and one of the others."""
        some = [place for place, number in enumerate(numbers) if number]
        others = [place for place, number in enumerate(numbers) if not number]
        return self.rng.sample(some, min(most, len(some))) + self.rng.sample(others, min(1, len(others)))

    def _differences(
        self, connection: duckdb.DuckDBPyConnection, dataset: Dataset, column: str, cells: dict[str, object]
    ) -> Iterator[str]:
        ids = counted_ids(dataset, column, cells)  # type: ignore[arg-type]
        name, number = f"{dataset.base_name}.{column}", cells[column]
        if ids is None:
            # It is of another source than those whose rows the column opens.
            if number is not None:
                yield "it opens nothing"
            return
        rows, distinct, found, expected = _counted(connection, name, ids)
        if rows:
            self.with_rows.add(name)
        if not rows == distinct == found:
            yield f"{rows} ids, {distinct} of them distinct, {found} in {ids.table}"
        if not ids.is_count and not ids.sums and (name not in MEASURES or not (rows or number)):
            # It has the rows of another column, or is 0 over rows that it does not open.
            return
        if expected != number:
            yield f"{number} counted, {expected} by its {rows} rows"


def _counted(connection: duckdb.DuckDBPyConnection, name: str, ids: CountedIds) -> tuple[int, int, int, Any]:
    """Return how many ids there are, distinct ids, and rows with them; and the number that the rows make."""
    if ids.sums:
        number = f"select {' + '.join(f'exact_sum({column})' for column in ids.sums)} from counted"
    elif ids.is_count or name not in MEASURES:
        number = "select count(*) from counted"
    else:
        number = measure(name, ids.table)
    found = connection.execute(
        f"with ids as ({ids.sql}),"
        f" counted as (select own.* from ids join {ids.table} as own using (source_rowid))"
        " select (select count(*) from ids), (select count(distinct source_rowid) from ids),"
        f" (select count(*) from counted), ({number})"
    ).fetchone()
    assert found is not None
    rows, distinct, present, made = found
    made = to_iso(made.replace(tzinfo=UTC)) if isinstance(made, datetime) else made
    return rows, distinct, present, made
