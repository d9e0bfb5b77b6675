"""Finds the unreadable and unrecognised values that concern a dataset: those of the columns it reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from engine.model.catalogue.datasets import Dataset
from engine.model.catalogue.staging import TYPES, staging


class OfAColumn(Protocol):
    """What is counted of one source column."""

    @property
    def table(self) -> str:
        """Return the source table."""
        ...

    @property
    def column(self) -> str:
        """Return the source column."""
        ...


Count = TypeVar("Count", bound=OfAColumn)


def source_columns(dataset: Dataset) -> frozenset[tuple[str, str]]:
    """Return the source tables and columns that a dataset reads."""
    tables = staging()
    found = set()
    for read in dataset.reads:
        name, _, column = read.partition(".")
        if read == "source_tables.last_write_at":
            # The newest stamp of the source may be in any column of instants.
            found |= {
                (table.source_table, reading.source_column)
                for table in tables.values()
                for stamp in table.columns
                if stamp.type == TYPES["instant"]
                for reading in stamp.readings
            }
        elif name in tables:
            table = tables[name]
            staged = next(each for each in table.columns if each.name == column)
            # Unreadable values are counted by source column, unrecognised words by the column's origin.
            names = {staged.origin, *(reading.source_column for reading in staged.readings)}
            found |= {(table.source_table, each) for each in names}
    return frozenset(found)


def concerning(dataset: Dataset, counts: Iterable[Count]) -> tuple[Count, ...]:
    """Return those of the counts, of unreadable or unrecognised values, whose column a dataset reads."""
    columns = source_columns(dataset)
    return tuple(count for count in counts if (count.table, count.column) in columns)
